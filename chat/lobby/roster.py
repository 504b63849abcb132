"""Announces arrivals and departures to the clients of the lobby's older conversation."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID
from weakref import WeakSet

from django.utils import timezone

from chat.lobby.events import (
    LobbyNotice,
    LobbyPeople,
    LobbyPerson,
    LobbyUserJoined,
    LobbyUserLeft,
)
from chat.lobby.identities import read_client_ids
from chat.lobby_wire import LOBBY_PROTOCOL, format_moment
from realtime import Hub
from realtime.connection import Connection
from realtime.database import in_database
from realtime.people import user_key
from realtime.presence.batches import Batches
from realtime.presence.protocol import MAX_NAMED_PEOPLE
from realtime.presence.replicas import Entry

# In a larger lobby, somebody comes or leaves all the time.
MAX_ANNOUNCED_PEOPLE = 100
# How long a client may be disconnected before its departure is announced.
GRACE_S = 4.0
# When a client gets the list that it has joined, if nothing has changed by joining.
WELCOME_S = 1.0


class Roster:
    """The people in the lobby, over all processes, as the clients of this process know them."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self._hub = hub
        self._topic = topic
        self._shown: dict[int, LobbyPerson] = {}
        self._order = 0
        # People who were there before the first client of this process are not announced.
        self._known = {*hub.presence.people(topic)}
        # When people left on purpose.
        self._departures: dict[int, float] = {}
        self._served: WeakSet[Connection] = WeakSet()
        self._batches: Batches[int] = Batches(hub, "lobby", self._show)
        self._batches.add(self._known)
        hub.presence.watch(topic, self.update)

    def stop(self) -> None:
        self._hub.presence.unwatch(self._topic)
        self._batches.stop()

    def update(self, people: Iterable[int]) -> None:
        """Shows what has changed of these people, by their keys; those who have gone later."""
        gone = []
        for person in people:
            is_here = self._hub.presence.entry(self._topic, person) is not None
            if is_here or self._has_departed(person):
                self._batches.add([person])
            else:
                gone.append(person)
        if gone:
            self._hub.loop.call_later(GRACE_S, self._batches.add, gone)

    def depart(self, user_id: UUID) -> None:
        """Announces a departure without waiting for the person to reconnect."""
        person, now_s = user_key(user_id), self._hub.now_s()
        self._departures = {
            each: at_s for each, at_s in self._departures.items() if now_s - at_s < GRACE_S
        }
        self._departures[person] = now_s
        # Unless they are still connected, as far as is known: then the change follows.
        if self._hub.presence.entry(self._topic, person) is None:
            self._batches.add([person])

    def welcome(self, connection: Connection) -> None:
        """Sends the list to a client that has joined, unless it has it by then."""
        self._served.discard(connection)
        self._hub.loop.call_later(WELCOME_S, self._serve, connection)

    def _serve(self, connection: Connection) -> None:
        if connection not in self._served and self._topic in connection.topics:
            self._served.add(connection)
            connection.push_event(self._topic, self._list())

    def _has_departed(self, person: int) -> bool:
        at_s = self._departures.get(person)
        return at_s is not None and self._hub.now_s() - at_s < GRACE_S

    async def _show(self, people: list[int]) -> None:
        """Compares people with what is shown, and sends the difference."""
        entries = self._entries(people)
        user_ids = [entry.user_id for entry in entries.values()]
        client_ids = await in_database(read_client_ids, user_ids) if user_ids else {}
        joined: list[LobbyPerson] = []
        left: list[LobbyPerson] = []
        is_changed = False
        for person in people:
            entry = self._hub.presence.entry(self._topic, person)
            if entry is not None and person not in entries:
                # Has come meanwhile.
                self._batches.add([person])
                continue
            before = self._shown.pop(person, None)
            now = None if entry is None else _person(entry, client_ids, before)
            if now is not None:
                self._shown[person] = now
                if before is None and person not in self._known:
                    joined.append(now)
            elif before is not None:
                self._departures.pop(person, None)
                left.append(before)
            self._known.discard(person)
            is_changed |= now != before
        if is_changed:
            self._send(joined, left)

    def _entries(self, people: Iterable[int]) -> dict[int, Entry]:
        found = {each: self._hub.presence.entry(self._topic, each) for each in people}
        return {person: entry for person, entry in found.items() if entry is not None}

    def _send(self, joined: Collection[LobbyPerson], left: Collection[LobbyPerson]) -> None:
        hub, topic = self._hub, self._topic
        count = hub.presence.count(topic)
        if count <= MAX_ANNOUNCED_PEOPLE:
            for each in joined:
                hub.deliver(topic, LobbyUserJoined(user_id=each.user_id, user_name=each.user_name))
                hub.deliver(topic, _notice(f"{each.user_name} joined the chat"))
            for each in left:
                hub.deliver(topic, LobbyUserLeft(user_id=each.user_id, user_name=each.user_name))
                hub.deliver(topic, _notice(f"{each.user_name} left the chat"))
        self._order += 1
        if count <= MAX_NAMED_PEOPLE:
            hub.deliver(topic, self._list())
            self._served.update(
                each for each in hub.subscribers_of(topic) if each.protocol == LOBBY_PROTOCOL
            )

    def _list(self) -> LobbyPeople:
        return LobbyPeople(people=tuple(self._shown.values()), sequence=self._order)


def _notice(text: str) -> LobbyNotice:
    return LobbyNotice(message_body=text, time_stamp=format_moment(timezone.now()))


def _person(
    entry: Entry, client_ids: Mapping[UUID, str], before: LobbyPerson | None
) -> LobbyPerson:
    """Returns a person by the id of their client; later, too, so that who joined also leaves."""
    user_id = client_ids.get(entry.user_id)
    if user_id is None:
        user_id = str(entry.user_id) if before is None else before.user_id
    return LobbyPerson(user_id=user_id, user_name=entry.name)

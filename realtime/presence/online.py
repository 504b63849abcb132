"""Tells people when those related to them come online or go offline, in any process."""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from realtime.database import in_database
from realtime.frames import EncodedEvent
from realtime.people import read_related_people
from realtime.presence.batches import Batches
from realtime.presence.events import PersonOnline, UserOffline, UserOnline
from realtime.presence.local_hub import LocalHub
from realtime.presence.replicas import Entry
from realtime.topics import SITE_TOPIC

# About a millisecond of writing, after which the event loop gets its turn.
SOCKETS_AT_ONCE = 50
# How long somebody must be disconnected before ``user-offline`` is sent.
OFFLINE_AFTER_S = 5.0


class Online:
    """The people online in any process, as last announced in this process.

    ``find_entry`` returns the entry of a person who is online, over all processes.
    """

    def __init__(self, hub: LocalHub, find_entry: Callable[[int], Entry | None]) -> None:
        self._hub = hub
        self._find_entry = find_entry
        self._shown: dict[int, PersonOnline] = {}
        self._batches: Batches[int] = Batches(hub, "online", self._announce)

    def update(self, people: Iterable[int]) -> None:
        """Announces what has changed of these people, by their keys.

        Departures are announced later: a page that is reloaded disconnects for a moment.
        """
        gone = []
        for person in people:
            if self._find_entry(person) is None:
                gone.append(person)
            else:
                self._batches.add([person])
        if gone:
            self._hub.loop.call_later(OFFLINE_AFTER_S, self._batches.add, gone)

    def learn(self, people: Iterable[int]) -> None:
        """Records people who were online before this process started, without announcing them."""
        for person in people:
            self._take_change(person)

    def stop(self) -> None:
        """Stops announcing."""
        self._batches.stop()

    async def _announce(self, people: list[int]) -> None:
        """Reads who is related to people that have changed, and writes the events.

        The state is compared again after the read, so that changes during the read are
        announced in the right order.
        """
        user_ids = [user_id for person in people if (user_id := self._changed_user(person))]
        related = await in_database(read_related_people, user_ids) if user_ids else {}
        for person in people:
            event = self._take_change(person)
            if event is not None:
                await self._write(event, related.get(event.user.id, ()))

    def _changed_user(self, person: int) -> UUID | None:
        """Returns the user's id if what is shown of the person is outdated."""
        before, now = self._shown.get(person), self._now(person)
        either = now or before
        return either.id if either and before != now else None

    def _take_change(self, person: int) -> UserOnline | UserOffline | None:
        """Updates what is shown; returns the event for it, if there is one."""
        before, now = self._shown.pop(person, None), self._now(person)
        if now is not None:
            self._shown[person] = now
            return UserOnline(user=now) if now != before else None
        return UserOffline(user=before) if before is not None else None

    def _now(self, person: int) -> PersonOnline | None:
        entry = self._find_entry(person)
        if entry is None:
            return None
        return PersonOnline(id=entry.user_id, name=entry.name, status=entry.status)

    async def _write(self, event: UserOnline | UserOffline, user_ids: Iterable[UUID]) -> None:
        """Writes the event to the sockets of these users in this process."""
        encoded, written = EncodedEvent(event), 0
        for user_id in user_ids:
            for connection in [*self._hub.connections_of(user_id)]:
                frame = encoded.frame(connection.protocol)
                if frame is not None:
                    connection.push_state(SITE_TOPIC, event.slot, frame)
                    written += 1
                    if written % SOCKETS_AT_ONCE == 0:
                        await asyncio.sleep(0)

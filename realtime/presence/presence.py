"""Presence: who is subscribed to which topic, over all processes."""

from collections.abc import Callable, Collection
from uuid import UUID

from apikit.background import report_failure
from realtime.connection import Connection
from realtime.database import in_database
from realtime.people import has_related_people, read_people, user_key
from realtime.presence.batches import Batches
from realtime.presence.counts import Counts
from realtime.presence.local_hub import LocalHub
from realtime.presence.local_people import LocalPeople
from realtime.presence.online import Online
from realtime.presence.processes import Processes
from realtime.presence.protocol import (
    DEAD_AFTER_S,
    FLUSH_INTERVAL_S,
    AllPeople,
    PeopleChanged,
    PeopleWanted,
    ProcessAlive,
    ProcessGone,
)
from realtime.presence.publisher import Publisher
from realtime.presence.registration import NAMED_PRESENCE, PRESENCE_EVENTS
from realtime.presence.replicas import Entry, Touch
from realtime.presence.rosters import Rosters
from realtime.presence.views import Views
from realtime.presence.watchers import Watcher
from realtime.topics import SITE_TOPIC, topic_prefix

# The interval between two reads of names: a wave of arrivals takes few.
NAMES_INTERVAL_S = 0.15


class Presence:
    """The people of all processes, as known in this one.

    Lives on the hub's event loop. People who are online anywhere are those in the site topic.
    """

    def __init__(self, hub: LocalHub) -> None:
        self.has_started = False
        self._hub = hub
        self._rosters = Rosters()
        self._local = LocalPeople()
        self._publisher = Publisher(hub, self._local)
        self._processes = Processes(hub, self._receive_touch)
        self._counts = Counts(hub, self._rosters)
        self._views = Views(hub, self._rosters, self._find_entry)
        self._online = Online(hub, lambda person: self._find_entry(SITE_TOPIC, person))
        self._names: Batches[UUID] = Batches(
            hub, "read_people", self._read_names, collect_s=NAMES_INTERVAL_S
        )
        # Without anybody to tell, nobody is tracked.
        self._tracks_online = has_related_people()
        self._online_changed: set[int] = set()
        self._learned: set[int] | None = None
        self._watchers: dict[str, Watcher] = {}
        self._started_at_s = hub.now_s()
        self._is_flush_due = False

    # What apps call

    def count(self, topic: str) -> int:
        """Returns how many people are subscribed to ``topic``, in all processes."""
        return self._rosters.count(topic)

    def describe(self, connection: Connection, topic: str, doing: str | None) -> None:
        """Sets what the person behind a socket does in a topic, such as "presents Budget".

        Cut after 160 characters. It ends with None, or when the socket unsubscribes.
        """
        if self._local.describe(topic, connection, doing):
            self._touch(topic, connection.person)

    def online(self, user_ids: Collection[UUID]) -> set[UUID]:
        """Returns those of the users who are online in any process and do not hide it."""
        return {
            user_id
            for user_id in user_ids
            if self._find_entry(SITE_TOPIC, user_key(user_id)) is not None
        }

    def people(self, topic: str) -> list[int]:
        """Returns the keys of the people in a topic, as far as processes name them."""
        return self._rosters.people(topic)

    def entry(self, topic: str, person: int) -> Entry | None:
        """Returns a person of a topic by name, over all processes; None if there is none."""
        return self._find_entry(topic, person)

    def watch(self, topic: str, report: Callable[[Collection[int]], None]) -> None:
        """Reports the keys of people in a topic that may have changed, several at once."""
        self._watchers[topic] = Watcher(report)

    def unwatch(self, topic: str) -> None:
        """Ends :meth:`watch`."""
        self._watchers.pop(topic, None)

    def refresh(self, user_id: UUID) -> None:
        """Reads a user's name and status again, if the user is connected to this process."""
        # Also while the user is being read: that may have begun before the change.
        if self._local.has(SITE_TOPIC, user_key(user_id)):
            self._names.add([user_id])

    def refresh_all(self) -> None:
        """Does the same for all users, in case an event was lost."""
        self._names.add(self._local.users)

    # What the hub calls

    def add(self, topic: str, connection: Connection) -> None:
        """Counts a socket that subscribes to ``topic``."""
        user_id = connection.actor.id
        is_named = self._is_named(topic)
        if topic == SITE_TOPIC and (user_id is None or not is_named):
            return
        if not is_named and topic_prefix(topic) not in PRESENCE_EVENTS:
            return
        is_new = self._local.add(topic, connection, is_named=is_named)
        if is_new:
            self._count(topic, connection.person, 1)
        if is_named and user_id is not None and user_id not in self._local.users:
            if topic != SITE_TOPIC or self._tracks_online:
                self._names.add([user_id])
            return
        self._show_to(topic, connection)
        if is_new:
            self._touch(topic, connection.person)

    def remove(self, topic: str, connection: Connection) -> None:
        """Stops counting a socket that was subscribed to ``topic``."""
        self._views.leave(topic, connection)
        if self._local.remove(topic, connection):
            self._count(topic, connection.person, -1)
            self._touch(topic, connection.person)
            if topic == SITE_TOPIC and connection.actor.id is not None:
                self._local.users.pop(connection.actor.id, None)
        elif self._is_named(topic) and self._local.has(topic, connection.person):
            # What the person did with this socket has ended.
            self._touch(topic, connection.person)

    # What other processes send

    def receive(self, event: object) -> None:
        """Applies an event of another process."""
        match event:
            case PeopleChanged():
                self._processes.receive_changes(event)
            case AllPeople():
                self._receive_all(event)
            case ProcessAlive():
                self._processes.receive_alive(event)
            case ProcessGone():
                self._processes.forget(event.process_id)
            case PeopleWanted() if event.of in {None, self._hub.id}:
                self._publisher.send_all_soon()

    def start(self) -> None:
        """Asks the other processes for their people."""
        self.has_started = True
        self._hub.send_to_others(SITE_TOPIC, PeopleWanted())

    async def stop(self) -> None:
        """Tells the other processes that this one ends, and does nothing any more."""
        for background in (self._online, self._views, self._names):
            background.stop()
        await self._hub.bridge.send_last(SITE_TOPIC, ProcessGone(process_id=self._hub.id))

    def send_alive(self) -> None:
        """Shows the other processes that this one is alive."""
        self._publisher.send_alive()

    def forget_dead(self) -> None:
        """Removes processes that no longer show it, with their people."""
        self._processes.forget_dead()

    def _receive_all(self, event: AllPeople) -> None:
        """Applies the people of a process; nobody who was online before is announced."""
        is_starting = self._hub.now_s() < self._started_at_s + DEAD_AFTER_S
        if is_starting and not self._processes.is_known(event.process_id):
            self._learned = set()
        try:
            self._processes.receive_all(event)
        finally:
            learned, self._learned = self._learned, None
        self._online.learn(learned or ())

    def _receive_touch(self, touch: Touch) -> None:
        if touch.difference:
            self._rosters.change(*touch)
        self._mark(touch.topic, touch.person)

    # Changes in this process

    def _is_named(self, topic: str) -> bool:
        if topic == SITE_TOPIC:
            return self._tracks_online or bool(NAMED_PRESENCE)
        return topic_prefix(topic) in NAMED_PRESENCE

    def _count(self, topic: str, person: int, difference: int) -> None:
        if topic != SITE_TOPIC or self._tracks_online:
            self._rosters.change(topic, person, difference)

    def _touch(self, topic: str, person: int) -> None:
        """Publishes and shows soon what has changed about a person of this process."""
        if topic != SITE_TOPIC or self._tracks_online:
            self._publisher.touch(topic, person)
            self._mark(topic, person)

    def _show_to(self, topic: str, connection: Connection) -> None:
        """Shows soon who is in a topic, if the socket has not been shown it."""
        if topic != SITE_TOPIC and self._is_named(topic):
            self._views.join(topic, connection)
            self._schedule()

    def _mark(self, topic: str, person: int | None) -> None:
        if topic != SITE_TOPIC:
            self._counts.mark(topic)
            self._views.mark(topic, person)
            if topic in self._watchers and person is not None:
                self._watchers[topic].changed.add(person)
        elif person is not None:
            changed = self._online_changed if self._learned is None else self._learned
            changed.add(person)
        self._schedule()

    def _schedule(self) -> None:
        """Sends and shows changes soon, those that come meanwhile together."""
        if not self._is_flush_due:
            self._is_flush_due = True
            self._hub.loop.call_later(FLUSH_INTERVAL_S, self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._publisher.send_changes()
        changed, self._online_changed = self._online_changed, set()
        self._online.update(changed)
        for watcher in [*self._watchers.values()]:
            watcher.flush()
        self._views.show()
        are_all_shown = False
        try:
            are_all_shown = self._counts.show()
        except Exception as error:  # noqa: BLE001 - outermost
            report_failure("presence", error, "number of people not shown")
        if not are_all_shown:
            self._schedule()

    def _find_entry(self, topic: str, person: int) -> Entry | None:
        """Returns the entry of a person over all processes; None if there is none.

        The newest name and status count. All processes come to the same result.
        """
        entries = [*self._processes.entries(topic, person)]
        own = self._local.entry(topic, person)
        if own is not None:
            entries.append(own)
        if not entries:
            return None
        doing = max((entry.doing for entry in entries if entry.doing), default=None)
        newest = max(entries, key=lambda entry: (entry.order, entry.name, entry.status))
        return newest._replace(doing=doing)

    async def _read_names(self, user_ids: list[UUID]) -> None:
        """Reads users who are new here or have changed, and shows them in their topics."""
        people = await in_database(read_people, user_ids)
        for user_id in user_ids:
            person, now = user_key(user_id), people.get(user_id)
            if not self._local.has(SITE_TOPIC, person):
                continue  # gone in the meantime
            is_new = user_id not in self._local.users
            if is_new or self._local.users[user_id] != now:
                self._local.users[user_id] = now
                self._show_person(user_id, person, is_new=is_new)

    def _show_person(self, user_id: UUID, person: int, *, is_new: bool) -> None:
        for connection in self._hub.connections_of(user_id):
            for topic in connection.topics:
                if self._is_named(topic):
                    self._touch(topic, person)
                    if is_new:
                        self._show_to(topic, connection)

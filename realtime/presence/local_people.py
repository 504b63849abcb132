"""The people of this process: who is subscribed to which topic, with how many sockets."""

from collections.abc import Collection
from uuid import UUID

from realtime.connection import Connection
from realtime.people import Person
from realtime.presence.replicas import Entry

MAX_DOING_CHARS = 160


class _Subscriber:
    """A person in a topic. ``doing`` holds what apps said of it, by socket, the latest last."""

    __slots__ = ("doing", "sockets", "user_id")

    def __init__(self, user_id: UUID | None) -> None:
        self.user_id = user_id
        self.sockets = 1
        self.doing: dict[Connection, str] = {}


class LocalPeople:
    """Subscribers by topic and person key, and what is known of the users among them."""

    def __init__(self) -> None:
        # None: a user of whom nothing could be found, who is counted like a visitor.
        self.users: dict[UUID, Person | None] = {}
        self._topics: dict[str, dict[int, _Subscriber]] = {}

    def add(self, topic: str, connection: Connection, *, is_named: bool) -> bool:
        """Adds a socket; returns whether the person is new in the topic."""
        people = self._topics.setdefault(topic, {})
        subscriber = people.get(connection.person)
        if subscriber is not None:
            subscriber.sockets += 1
            return False
        people[connection.person] = _Subscriber(connection.actor.id if is_named else None)
        return True

    def remove(self, topic: str, connection: Connection) -> bool:
        """Removes a socket; returns whether the person has left the topic."""
        people = self._topics.get(topic, {})
        subscriber = people.get(connection.person)
        if subscriber is None:
            return False
        subscriber.doing.pop(connection, None)
        subscriber.sockets -= 1
        if subscriber.sockets:
            return False
        del people[connection.person]
        if not people:
            del self._topics[topic]
        return True

    def has(self, topic: str, person: int) -> bool:
        """Whether the person is in the topic, in this process."""
        return person in self._topics.get(topic, ())

    def describe(self, topic: str, connection: Connection, doing: str | None) -> bool:
        """Sets what the person does there; returns whether the socket is subscribed."""
        subscriber = self._topics.get(topic, {}).get(connection.person)
        if subscriber is None:
            return False
        subscriber.doing.pop(connection, None)
        if doing:
            subscriber.doing[connection] = _shortened(doing)
        return True

    def people(self, topic: str) -> Collection[int]:
        """Returns the keys of the people in a topic."""
        return self._topics.get(topic, {}).keys()

    def entry(self, topic: str, person: int) -> Entry | None:
        """Returns the entry of a person; None if the person is not here or not to be named.

        A user whose name is still being read is counted like a visitor meanwhile.
        """
        subscriber = self._topics.get(topic, {}).get(person)
        if subscriber is None or subscriber.user_id is None:
            return None
        user = self.users.get(subscriber.user_id)
        if user is None or user.is_hidden:
            return None
        doing = next(reversed(subscriber.doing.values()), None)
        return Entry(user.id, user.name, user.status, user.order, doing)


def _shortened(doing: str) -> str:
    text = " ".join(doing.split())
    return text if len(text) <= MAX_DOING_CHARS else f"{text[: MAX_DOING_CHARS - 1]}…"

"""The people of this process: who is subscribed to which topic, with how many sockets."""

from collections.abc import Iterator
from uuid import UUID

from realtime.connection import Connection
from realtime.people import Person
from realtime.presence.replicas import Entry

MAX_DOING_CHARS = 80


class _Subscriber:
    """A person in a topic. ``doing`` holds what apps said of it, by socket, the latest last.

    ``is_visible`` is False until the person's name is known, if it is needed.
    """

    __slots__ = ("doing", "is_visible", "sockets", "user_id")

    def __init__(self, user_id: UUID | None, *, is_visible: bool) -> None:
        self.user_id = user_id
        self.sockets = 0
        self.is_visible = is_visible
        self.doing: dict[Connection, str] = {}


class LocalPeople:
    """Subscribers by topic and person key, and what is known of the users among them."""

    def __init__(self) -> None:
        # None: a user of whom nothing could be found, who is counted like a visitor.
        self.users: dict[UUID, Person | None] = {}
        self._topics: dict[str, dict[int, _Subscriber]] = {}

    def add(self, topic: str, connection: Connection, *, is_named: bool) -> bool:
        """Adds a socket; returns whether a person became visible.

        Where people are named, a user whose name is not known yet becomes visible later.
        """
        people = self._topics.setdefault(topic, {})
        subscriber = people.get(connection.person)
        if subscriber is not None:
            subscriber.sockets += 1
            return False
        user_id = connection.actor.id if is_named else None
        is_visible = user_id is None or user_id in self.users
        subscriber = people[connection.person] = _Subscriber(user_id, is_visible=is_visible)
        subscriber.sockets = 1
        return is_visible

    def remove(self, topic: str, connection: Connection) -> bool:
        """Removes a socket; returns whether it was the person's last."""
        subscriber = self._topics.get(topic, {}).get(connection.person)
        if subscriber is None:
            return False
        subscriber.doing.pop(connection, None)
        subscriber.sockets -= 1
        return not subscriber.sockets

    def drop(self, topic: str, person: int) -> bool:
        """Forgets a person; returns whether the person was visible."""
        people = self._topics[topic]
        subscriber = people.pop(person)
        if not people:
            del self._topics[topic]
        return subscriber.is_visible

    def sockets(self, topic: str, person: int) -> int:
        """Returns the number of the person's sockets."""
        subscriber = self._topics.get(topic, {}).get(person)
        return subscriber.sockets if subscriber else 0

    def show(self, topic: str, person: int) -> bool:
        """Makes a person visible whose name is known now; returns whether that is a change."""
        subscriber = self._topics.get(topic, {}).get(person)
        if subscriber is None or subscriber.is_visible:
            return False
        subscriber.is_visible = True
        return True

    def describe(self, topic: str, connection: Connection, doing: str | None) -> bool:
        """Sets what the person does there; returns whether the socket is subscribed."""
        subscriber = self._topics.get(topic, {}).get(connection.person)
        if subscriber is None:
            return False
        subscriber.doing.pop(connection, None)
        if doing:
            subscriber.doing[connection] = _shortened(doing)
        return True

    def count(self, topic: str) -> int:
        """Returns the number of people, including those that are not visible yet."""
        return len(self._topics.get(topic, ()))

    def visible(self, topic: str) -> Iterator[int]:
        """Yields the keys of the visible people."""
        for person, subscriber in self._topics.get(topic, {}).items():
            if subscriber.is_visible:
                yield person

    def is_visible(self, topic: str, person: int) -> bool:
        subscriber = self._topics.get(topic, {}).get(person)
        return subscriber is not None and subscriber.is_visible

    def entry(self, topic: str, person: int) -> Entry | None:
        """Returns the entry of a visible person; None if the person is not to be named."""
        subscriber = self._topics[topic][person]
        user = None if subscriber.user_id is None else self.users.get(subscriber.user_id)
        if user is None or user.is_hidden:
            return None
        doing = next(reversed(subscriber.doing.values()), None)
        return Entry(user.id, user.name, user.status, user.order, doing)


def _shortened(doing: str) -> str:
    text = " ".join(doing.split())
    return text if len(text) <= MAX_DOING_CHARS else f"{text[: MAX_DOING_CHARS - 1]}…"

"""What a process remembers of a socket in a project that it has joined."""

from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime.connection import Connection
from realtime.topics import topic_prefix
from workspaces.permissions import Action, Role, allows
from workspaces.topics import PROJECT_PREFIX


@dataclass(slots=True)
class Subscription:
    """The role when it was last read, and what the socket said it does there, if anything.

    ``poll_id`` is where it said it does that; None if not at a poll.
    ``name`` is that of the person when they joined; ``unannounced`` are people who had come before
    them, by their keys, but whose names were not known yet.
    """

    name: str = ""
    role: Role | None = None
    doing: str | None = None
    poll_id: UUID | None = None
    unannounced: set[int] = field(default_factory=set)


_subscriptions: WeakKeyDictionary[Connection, dict[str, Subscription]] = WeakKeyDictionary()

# What may be shown with which right.
NEEDED_ACTIONS = {
    "views": Action.VIEW_POLLS,
    "edits": Action.EDIT_POLLS,
    "presents": Action.PRESENT_POLLS,
}


def subscriptions_of(connection: Connection) -> dict[str, Subscription]:
    """Return the subscriptions of a socket by topic, perhaps with some that have ended."""
    return _subscriptions.setdefault(connection, {})


def subscription_of(connection: Connection, topic: str) -> Subscription:
    """Return the subscription of a socket in a project that it joins, a new one if needed."""
    subscriptions = subscriptions_of(connection)
    for left in [each for each in subscriptions if each not in connection.topics]:
        del subscriptions[left]
    return subscriptions.setdefault(topic, Subscription())


def joined_topics(connection: Connection) -> list[str]:
    """Return the topics of the projects that a socket has joined."""
    return [each for each in connection.joined if topic_prefix(each) == PROJECT_PREFIX]


def may_do(connection: Connection, role: Role | None, doing: str) -> bool:
    """Return whether somebody with this role may be shown doing this."""
    return allows(role, NEEDED_ACTIONS[doing], is_staff=connection.actor.is_staff)

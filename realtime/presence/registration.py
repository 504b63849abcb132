"""Which topics have presence, and the events their subscribers are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from apikit.registries import Registry
from realtime.events import StateEvent
from realtime.presence.events import PersonPresent, PresenceDiff, PresenceState
from realtime.presence.replicas import Entry

MakeCountEvent = Callable[[str, int, int, int], StateEvent]
AnyMakeCountEvent = TypeVar("AnyMakeCountEvent", bound=MakeCountEvent)
ViewPerson = Callable[[Entry], PersonPresent]
TopicFields = Callable[[str], Mapping[str, Any]]
AnyTopicFields = TypeVar("AnyTopicFields", bound=TopicFields)


def view_person(entry: Entry) -> PersonPresent:
    """Returns an entry as clients are sent it."""
    return PersonPresent(id=entry.user_id, name=entry.name, status=entry.status, doing=entry.doing)


@dataclass(frozen=True, slots=True)
class NamedPresence:
    """The events of a kind of topic, and the functions that return people and other fields."""

    state: type[PresenceState]
    diff: type[PresenceDiff]
    fields: TopicFields
    view_person: ViewPerson = view_person


# By topic prefix.
PRESENCE_EVENTS: Registry[str, MakeCountEvent] = Registry("presence event")
NAMED_PRESENCE: Registry[str, NamedPresence] = Registry("named presence")


def presence_event(topic_prefix: str) -> Callable[[AnyMakeCountEvent], AnyMakeCountEvent]:
    """Registers the function that makes the event for a changed count of people.

    It is called as ``function(topic, before, now, order)``.
    """

    def register(function: AnyMakeCountEvent) -> AnyMakeCountEvent:
        PRESENCE_EVENTS.register(topic_prefix, function)
        return function

    return register


def named_presence(
    topic_prefix: str,
    state: type[PresenceState],
    diff: type[PresenceDiff],
    view_person: ViewPerson = view_person,
) -> Callable[[AnyTopicFields], AnyTopicFields]:
    """Registers topics whose subscribers see each other by name.

    ``state`` and ``diff`` are subclasses of :class:`PresenceState` and :class:`PresenceDiff` with
    the fields that name the topic; the decorated function returns these fields for a topic.
    ``view_person`` returns a person with what the app's events have besides.
    """

    def register(function: AnyTopicFields) -> AnyTopicFields:
        NAMED_PRESENCE.register(topic_prefix, NamedPresence(state, diff, function, view_person))
        return function

    return register

"""The events by which processes keep each other up to date about their people.

Each process is the only writer of its people. It numbers its changes and sends them to all others;
a process that has missed one asks for everything.
"""

from dataclasses import dataclass
from typing import ClassVar

from realtime.events import ProcessEvent, event
from realtime.presence.replicas import Changes

# How long changes are collected before they are sent, and shown to subscribers.
FLUSH_INTERVAL_S = 0.25
BEAT_INTERVAL_S = 3.0
# A process that has sent nothing for this long is gone.
DEAD_AFTER_S = 10.0
# How often everything is asked for or sent again at most.
RESEND_INTERVAL_S = 1.0
# In one topic: of a process, to name its people to the others; of all, to name them to clients.
MAX_NAMED_PEOPLE = 500
# People are named again once there are no more than this, so that it does not alternate.
NAMED_AGAIN_PEOPLE = 450


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleChanged(ProcessEvent):
    """The change number ``sequence`` of a process."""

    name: ClassVar[str] = "people-changed"

    process_id: str
    sequence: int
    changes: Changes


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class AllPeople(ProcessEvent):
    """All people of a process after its change number ``sequence``, in ``parts`` events.

    ``digest`` is that of all parts together.
    """

    name: ClassVar[str] = "all-people"

    process_id: str
    sequence: int
    digest: int
    part: int
    parts: int
    people: Changes


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWanted(ProcessEvent):
    """Asks a process for everything; without ``of``, all processes."""

    name: ClassVar[str] = "people-wanted"

    of: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessAlive(ProcessEvent):
    """A process is alive; ``digest`` is that of its people after ``sequence``."""

    name: ClassVar[str] = "process-alive"

    process_id: str
    sequence: int
    digest: int


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessGone(ProcessEvent):
    """A process stops, and its people with it."""

    name: ClassVar[str] = "process-gone"

    process_id: str

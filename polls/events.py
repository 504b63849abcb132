"""What happens to polls, as sockets hear of it."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from apikit.wire import Id, Wire, to_wire
from polls.models import PollState
from polls.tally import PollResults, Tally, results_of
from polls.wire import PollHead, PollView
from realtime.events import LogEvent, ProcessEvent, StateEvent, event

# The older door at /ws/<pollId> knows a single kind of frame, its keys in snake_case.
POLL_UPDATE_DIALECT = "poll_update"

Change = Literal["opened", "closed", "edited", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVote(Wire):
    """The latest of the votes a tally was updated for."""

    option_id: Id
    option_text: str


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteUpdate(StateEvent):
    """A newer tally. A client that shows version n ignores any version not above n."""

    name: ClassVar[str] = "vote-update"
    is_repeated: ClassVar[bool] = True

    version: int
    poll: Tally
    new_vote: NewVote | None = None

    @property
    def order(self) -> int:
        return self.version

    def body(self, dialect: str) -> dict[str, Any] | None:
        if dialect == POLL_UPDATE_DIALECT:
            return poll_update_body(results_of(self.poll, self.version))
        return StateEvent.body(self, dialect)


def poll_update_body(results: PollResults) -> dict[str, Any]:
    """A frame of the older door: the whole tally, in snake_case."""
    return {"type": "poll_update", "poll": to_wire(results, by_alias=False)}


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PollUpdate(StateEvent):
    """The poll opened, closed, was edited or deleted; ``poll`` is null once it is deleted.

    Without numbers, which only those get who may see them. ``revision`` rises with each change.
    """

    name: ClassVar[str] = "poll-update"

    poll_id: Id
    change: Change
    revision: int
    poll: PollHead | None

    @property
    def order(self) -> int:
        return self.revision


def update_of(head: PollHead, revision: int) -> PollUpdate:
    """How a poll stands, where it is not known what happened to it last."""
    changes: dict[PollState, Change] = {PollState.OPEN: "opened", PollState.CLOSED: "closed"}
    change = changes.get(head.state, "edited")
    return PollUpdate(poll_id=head.id, change=change, revision=revision, poll=head)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoll(LogEvent):
    """A poll was published that everybody may see."""

    name: ClassVar[str] = "new-poll"

    poll: PollView


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchersChanged(StateEvent):
    """The latest of these replaces the one before, whichever it is."""

    poll_id: Id
    user_count: int
    sequence: Annotated[int, Field(exclude=True)]

    @property
    def order(self) -> int:
        return self.sequence

    @property
    def slot(self) -> str:
        return "watchers"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserJoinedPoll(_WatchersChanged):
    """More sockets watch this poll than before: ``user_count`` of them."""

    name: ClassVar[str] = "user-joined-poll"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeftPoll(_WatchersChanged):
    """Fewer sockets watch this poll than before: ``user_count`` of them."""

    name: ClassVar[str] = "user-left-poll"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class BallotsChanged(ProcessEvent):
    """People voted, or took their votes back, where only voters see the results."""

    name: ClassVar[str] = "ballots-changed"

    poll_id: Id
    voted: frozenset[UUID] = frozenset()
    retracted: frozenset[UUID] = frozenset()

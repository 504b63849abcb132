"""Events about polls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from apikit.wire import Id, Wire
from polls import examples
from polls.models import PollState
from polls.tally import PollResults, Tally, results_of
from polls.wire import PollHead, PollView
from realtime.events import LegacyFrame, LogEvent, ProcessEvent, StateEvent, event

# The legacy endpoint at /ws/<pollId> sends a single kind of frame, with keys in snake_case.
POLL_UPDATE_PROTOCOL = "poll_update"

Change = Literal["opened", "closed", "edited", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVote(Wire):
    """The latest of the votes a tally was updated for."""

    option_id: Id
    option_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollUpdateFrame(LegacyFrame):
    """The whole tally, once at the beginning and whenever it changes."""

    name: ClassVar[str] = "poll_update"
    example: ClassVar[Mapping[str, Any]] = {"poll": examples.RESULTS_IN_SNAKE_CASE}

    poll: PollResults

    @classmethod
    def of(cls, event: "VoteUpdate") -> "PollUpdateFrame":
        return cls(poll=results_of(event.poll, event.version))


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteUpdate(StateEvent):
    """A newer tally. A client that shows version n ignores any version not above n."""

    name: ClassVar[str] = "vote-update"
    example: ClassVar[Mapping[str, Any]] = {
        "version": 3,
        "poll": examples.TALLY,
        "newVote": {"optionId": examples.TEA_ID, "optionText": "Tea"},
    }
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {
        POLL_UPDATE_PROTOCOL: PollUpdateFrame,
    }
    is_repeated: ClassVar[bool] = True

    version: int
    poll: Tally
    new_vote: NewVote | None = None

    @property
    def order(self) -> int:
        return self.version


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PollUpdate(StateEvent):
    """The poll opened, closed, was edited or deleted; ``poll`` is null once it is deleted.

    ``poll`` has no counts, which not everyone may see. ``revision`` rises with each change. A poll
    that you may not see any more is deleted for you: one that a moderator has hidden, or a draft of
    a project that you are not a member of any more.
    """

    name: ClassVar[str] = "poll-update"
    # The second is the name that older clients use.
    socketio_names: ClassVar[tuple[str, ...]] = ("poll-update", "poll-updated")
    example: ClassVar[Mapping[str, Any]] = {
        "pollId": examples.POLL_ID,
        "change": "opened",
        "revision": 2,
        "poll": examples.POLL_HEAD,
    }

    poll_id: Id
    change: Change
    revision: int
    poll: PollHead | None

    @property
    def order(self) -> int:
        return self.revision


def update_of(head: PollHead, revision: int) -> PollUpdate:
    """Return a poll-update with the current state, when the last change is unknown."""
    changes: dict[PollState, Change] = {PollState.OPEN: "opened", PollState.CLOSED: "closed"}
    change = changes.get(head.state, "edited")
    return PollUpdate(poll_id=head.id, change=change, revision=revision, poll=head)


def gone_update(poll_id: UUID, revision: int) -> PollUpdate:
    """Return the poll-update for people who may not see the poll any more."""
    return PollUpdate(poll_id=poll_id, change="deleted", revision=revision, poll=None)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoll(LogEvent):
    """A poll was published that everybody may see."""

    name: ClassVar[str] = "new-poll"
    socketio_names: ClassVar[tuple[str, ...]] = ("new-poll", "new-poll-published")
    example: ClassVar[Mapping[str, Any]] = {"poll": examples.POLL}

    poll: PollView


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchersChanged(StateEvent):
    """The latest of these replaces the one before, whichever it is."""

    example: ClassVar[Mapping[str, Any]] = {"pollId": examples.POLL_ID, "userCount": 12}

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
    """More people watch this poll than before: ``user_count`` of them."""

    name: ClassVar[str] = "user-joined-poll"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeftPoll(_WatchersChanged):
    """Fewer people watch this poll than before: ``user_count`` of them."""

    name: ClassVar[str] = "user-left-poll"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class BallotsChanged(ProcessEvent):
    """People voted, or took their votes back, where only voters see the results."""

    name: ClassVar[str] = "ballots-changed"

    poll_id: Id
    voted: frozenset[UUID] = frozenset()
    retracted: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedSuggestion(Wire):
    id: Id
    author_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionsDecided(ProcessEvent):
    """A host approved these suggestions, or refused them."""

    name: ClassVar[str] = "suggestions-decided"

    poll_id: Id
    suggestions: tuple[DecidedSuggestion, ...]
    state: Literal["shown", "refused"]

"""Response types of votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apikit.pagination import Pagination
from apikit.schema import ErrorBody
from apikit.wire import Id, Wire
from polls.tally import PollResults
from polls.wire import PollHead
from polls.wording import EarlierQuestion, question_as_answered
from votes.ballots import CountedVote, Outcome, Receipt
from votes.models import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenOption(Wire):
    id: Id
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVote(Wire):
    id: Id
    option: ChosenOption
    created_at: datetime

    @classmethod
    def of(cls, vote: Vote) -> "OwnVote":
        option = ChosenOption(id=vote.option_id, text=vote.option.text)
        return cls(id=vote.id, option=option, created_at=vote.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class VotedPoll(Wire):
    """``question`` is the wording you voted on, ``current_question`` the present one."""

    id: Id
    question: str
    current_question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVote(Wire):
    id: Id
    created_at: datetime
    option: ChosenOption
    poll: VotedPoll

    @classmethod
    def of(cls, vote: Vote) -> "PastVote":
        return cls(
            id=vote.id,
            created_at=vote.created_at,
            option=ChosenOption(id=vote.option_id, text=vote.option.text),
            poll=VotedPoll(
                id=vote.poll_id,
                question=question_as_answered(vote.poll, vote.updated_at),
                current_question=vote.poll.question,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint(Wire):
    """A moment at which the results changed, and the totals from then on."""

    at: datetime
    version: int
    ballot_count: int
    total_votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSeries(Wire):
    """The votes of an option, one number for each of the points."""

    id: Id
    text: str
    vote_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Wire):
    """How the results developed; the last point is the present state."""

    poll_id: Id
    question: str
    points: tuple[TimelinePoint, ...]
    options: tuple[OptionSeries, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsExport(Wire):
    """Everything about a poll, except who voted."""

    exported_at: datetime
    poll: PollHead
    opened_at: datetime | None
    closed_at: datetime | None
    ballot_count: int
    earlier_questions: tuple[EarlierQuestion, ...]
    results: PollResults
    timeline: Timeline


# Whole responses


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVoteResponse(Wire):
    """A counted ballot. ``votes`` has one item for each chosen option; ``vote`` is the first."""

    message: str
    vote: CountedVote
    votes: tuple[CountedVote, ...]


def cast_vote_response(receipt: Receipt) -> tuple[CastVoteResponse, int]:
    """The REST response for a receipt, and its status code."""
    is_change = receipt.outcome == Outcome.CHANGED
    message = f"Vote {'updated' if is_change else 'submitted'} successfully"
    body = CastVoteResponse(message=message, vote=receipt.votes[0], votes=receipt.votes)
    return body, 200 if is_change else 201


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVote(ErrorBody):
    """The error of a refused vote, with your existing vote if there is one."""

    vote: CountedVote | None = None
    votes: tuple[CountedVote, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBallot(Wire):
    """Your votes in a poll. ``vote`` is the first of ``votes``, or null if there are none.

    A guest whose account has voted sees that it has voted, but not which option.
    """

    has_voted: bool
    vote: OwnVote | None
    votes: tuple[OwnVote, ...]

    @classmethod
    def of(cls, votes: Sequence[Vote], *, has_voted: bool) -> "OwnBallot":
        shown = tuple(OwnVote.of(vote) for vote in votes)
        return cls(has_voted=has_voted, vote=shown[0] if shown else None, votes=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteHistory(Wire):
    votes: list[PastVote]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeline(Wire):
    timeline: Timeline

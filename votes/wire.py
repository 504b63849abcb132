"""Response types of votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apikit.pagination import Pagination
from apikit.schema import ErrorBody
from apikit.wire import Id, Wire
from polls.all_entries import CountedWord
from polls.kinds.base import SentAnswer
from polls.kinds.hotspot import Spot
from polls.kinds.open_text import Card
from polls.kinds.registry import KindTally
from polls.tally import PollResults
from polls.wire import PollHead
from polls.wording import EarlierQuestion, question_as_answered
from votes.ballots import CountedVote, Outcome, Receipt
from votes.models import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenOption(Wire):
    id: Id
    text: str


def _option_of(vote: Vote) -> ChosenOption | None:
    return None if vote.option is None else ChosenOption(id=vote.option.id, text=vote.option.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVote(Wire):
    """``option`` is null for answers without one, such as a number."""

    id: Id
    option: ChosenOption | None
    created_at: datetime

    @classmethod
    def of(cls, vote: Vote) -> "OwnVote":
        return cls(id=vote.id, option=_option_of(vote), created_at=vote.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class VotedPoll(Wire):
    """``question`` is the wording you voted on, ``current_question`` the present one."""

    id: Id
    question: str
    current_question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVote(Wire):
    """``option`` is null for answers without one, such as a number."""

    id: Id
    created_at: datetime
    option: ChosenOption | None
    poll: VotedPoll

    @classmethod
    def of(cls, vote: Vote) -> "PastVote":
        return cls(
            id=vote.id,
            created_at=vote.created_at,
            option=_option_of(vote),
            poll=VotedPoll(
                id=vote.poll_id,
                question=question_as_answered(vote.poll, vote.updated_at),
                current_question=vote.poll.question,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint(Wire):
    """A moment at which the results changed, and the totals from then on.

    ``tally`` is what people saw then besides the counts of options, in the form of results; null
    for ``single``, ``multiple`` and ``questions``.
    """

    at: datetime
    version: int
    ballot_count: int
    total_votes: int
    # Told apart by `kind`, as in results.
    tally: KindTally | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsFile(ResultsExport):
    """The content of an export as JSON, which is written in parts.

    ``entries`` are all words, texts or places; only where results show the first of them.
    """

    entries: tuple[CountedWord | Card | Spot, ...] = ()


# Whole responses


@dataclass(frozen=True, slots=True, kw_only=True)
class CastChoicesResponse(Wire):
    """A counted ballot. ``votes`` has one item for each answer; ``vote`` is the first."""

    message: str
    vote: CountedVote
    votes: tuple[CountedVote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVoteResponse(CastChoicesResponse):
    """A counted ballot; ``answers`` as they were counted, only where they are more than options."""

    answers: tuple[SentAnswer, ...] | None = None


def cast_vote_response(receipt: Receipt) -> tuple[CastChoicesResponse, int]:
    """The REST response for a receipt, and its status code."""
    is_change = receipt.outcome == Outcome.CHANGED
    message = f"Vote {'updated' if is_change else 'submitted'} successfully"
    status = 200 if is_change else 201
    if receipt.answers is None:
        return CastChoicesResponse(
            message=message, vote=receipt.votes[0], votes=receipt.votes
        ), status
    body = CastVoteResponse(
        message=message, vote=receipt.votes[0], votes=receipt.votes, answers=receipt.answers
    )
    return body, status


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVote(ErrorBody):
    """The error of a refused vote, with your existing vote if there is one.

    ``answers`` only where they are more than options.
    """

    vote: CountedVote | None = None
    votes: tuple[CountedVote, ...] | None = None
    answers: tuple[SentAnswer, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChoices(Wire):
    """Your votes in a poll. ``vote`` is the first of ``votes``, or null if there are none.

    A guest whose account has voted sees that it has voted, but not which option.
    """

    has_voted: bool
    vote: OwnVote | None
    votes: tuple[OwnVote, ...]

    @classmethod
    def of(cls, votes: Sequence[Vote], *, has_voted: bool) -> "OwnChoices":
        shown = tuple(OwnVote.of(vote) for vote in votes)
        return cls(has_voted=has_voted, vote=shown[0] if shown else None, votes=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBallot(OwnChoices):
    """Your votes in a poll. ``vote`` is the first of ``votes``, or null if there are none.

    ``answers`` are what you sent, only where they are more than options. A guest whose account has
    voted sees that it has voted, but not which option.
    """

    answers: tuple[SentAnswer, ...] | None = None


def own_ballot(
    votes: Sequence[Vote], answers: tuple[SentAnswer, ...] | None, *, has_voted: bool
) -> OwnChoices:
    """The REST response for a person's own ballot."""
    ballot = OwnChoices.of(votes, has_voted=has_voted)
    if answers is None:
        return ballot
    return OwnBallot(has_voted=has_voted, vote=ballot.vote, votes=ballot.votes, answers=answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteHistory(Wire):
    votes: list[PastVote]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeline(Wire):
    timeline: Timeline

"""What becomes of a ballot: the rules of voting, without a database.

``decide`` gets a poll and what stands of a person's earlier ballot, and says what is to stand
from now on. The ledger reads before it and writes after it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from apikit.ids import new_id
from polls.lifecycle import check_accepts_votes
from polls.models import Poll
from votes.ballots import Ballot, Outcome
from votes.errors import (
    AlreadyVotedError,
    ChangeRefusedError,
    NoVoteError,
    TooManyChoicesError,
    UnknownOptionError,
)


@dataclass(frozen=True, slots=True)
class StandingVote:
    """A row of the votes table, as far as voting goes."""

    id: UUID
    option_id: UUID
    rank: int
    request_id: UUID
    created_at: datetime
    updated_at: datetime


# A person's whole ballot in one poll, in order of rank; empty where they have not voted.
Standing = tuple[StandingVote, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    standing: Standing


def decide(
    poll: Poll, option_ids: Collection[UUID], standing: Standing, ballot: Ballot, now: datetime
) -> Decision:
    """What stands after ``ballot``; ``option_ids`` are the poll's own.

    :raises UnknownOptionError, TooManyChoicesError: for what can't be chosen here.
    :raises PollClosedError, PollNotOpenError, PollHiddenError: when the poll takes no votes.
    :raises AlreadyVotedError: for the same again, or another choice where none is allowed.
    :raises ChangeRefusedError, NoVoteError: when there is nothing to take back.
    """
    if not set(ballot.option_ids) <= set(option_ids):
        raise UnknownOptionError
    if len(ballot.option_ids) > poll.max_choices:
        raise TooManyChoicesError
    check_accepts_votes(poll, now)
    if not ballot.option_ids:
        return _retract(poll, standing)
    if not standing:
        return Decision(Outcome.ACCEPTED, _first(ballot, now))
    is_same = set(ballot.option_ids) == {vote.option_id for vote in standing}
    if is_same or not poll.allow_change:
        raise AlreadyVotedError
    return Decision(Outcome.CHANGED, _revise(standing, ballot, now))


def _retract(poll: Poll, standing: Standing) -> Decision:
    if not standing:
        raise NoVoteError
    if not poll.allow_change:
        raise ChangeRefusedError
    return Decision(Outcome.RETRACTED, ())


def _first(ballot: Ballot, now: datetime) -> Standing:
    return tuple(
        StandingVote(new_id(), option_id, rank, ballot.request_id, now, now)
        for rank, option_id in enumerate(ballot.option_ids, start=1)
    )


def _revise(standing: Standing, ballot: Ballot, now: datetime) -> Standing:
    """The votes of ``ballot``: those that stand already stay, the others take freed places."""
    kept = [vote for vote in standing if vote.option_id in ballot.option_ids]
    freed = [vote for vote in standing if vote.option_id not in ballot.option_ids]
    kept_ids = {vote.option_id for vote in kept}
    revised = []
    for option_id in ballot.option_ids:
        if option_id in kept_ids:
            continue
        if freed:
            vote = replace(freed.pop(0), option_id=option_id, updated_at=now)
        else:
            vote = StandingVote(new_id(), option_id, 0, ballot.request_id, now, now)
        revised.append(vote)
    return tuple(
        replace(vote, rank=rank, request_id=ballot.request_id)
        for rank, vote in enumerate(kept + revised, start=1)
    )

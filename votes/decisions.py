"""The rules of voting, as pure functions without a database.

``decide`` takes a poll and a person's current ballot, and returns the ballot they have from now on.
The ledger reads before it and writes after it.
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
    TooFewChoicesError,
    TooManyChoicesError,
    UnknownOptionError,
)


@dataclass(frozen=True, slots=True)
class CurrentVote:
    """The columns of a vote that the rules need."""

    id: UUID
    option_id: UUID | None
    rank: int
    request_id: UUID
    created_at: datetime
    updated_at: datetime
    value: str | None = None


# A person's ballot in one poll, by rank; empty if they have not voted.
CurrentBallot = tuple[CurrentVote, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """``votes`` is the ballot after the decision; empty once it is taken back."""

    outcome: Outcome
    votes: CurrentBallot


def decide(
    poll: Poll, option_ids: Collection[UUID], current: CurrentBallot, ballot: Ballot, now: datetime
) -> Decision:
    """Decides a ballot of choices; ``option_ids`` are the options of the poll.

    :raises UnknownOptionError, TooManyChoicesError, TooFewChoicesError: if these options cannot be
        chosen here.
    :raises PollClosedError, PollNotOpenError, PollHiddenError: if the poll accepts no votes.
    :raises AlreadyVotedError: for the same choice again, or another one where changes are refused.
    :raises ChangeRefusedError, NoVoteError: if the ballot cannot be taken back.
    """
    if not set(ballot.option_ids) <= set(option_ids):
        raise UnknownOptionError
    if len(ballot.option_ids) > poll.max_choices:
        raise TooManyChoicesError
    if poll.settings and 0 < len(ballot.option_ids) < poll.settings.get("minChoices", 1):
        raise TooFewChoicesError
    check_accepts_votes(poll, now)
    if not ballot.option_ids:
        return retract(poll, current)
    if not current:
        return Decision(Outcome.ACCEPTED, _first(ballot, now))
    is_same = set(ballot.option_ids) == {vote.option_id for vote in current}
    if is_same or not poll.allow_change:
        raise AlreadyVotedError
    return Decision(Outcome.CHANGED, _revise(current, ballot, now))


def retract(poll: Poll, current: CurrentBallot) -> Decision:
    """Takes a ballot of any kind back.

    :raises ChangeRefusedError, NoVoteError: if it cannot be taken back.
    """
    if not current:
        raise NoVoteError
    if not poll.allow_change:
        raise ChangeRefusedError
    return Decision(Outcome.RETRACTED, ())


def _first(ballot: Ballot, now: datetime) -> CurrentBallot:
    return tuple(
        CurrentVote(new_id(), option_id, rank, ballot.request_id, now, now)
        for rank, option_id in enumerate(ballot.option_ids, start=1)
    )


def _revise(current: CurrentBallot, ballot: Ballot, now: datetime) -> CurrentBallot:
    """The votes of ``ballot``: keeps rows with the same option, reuses the ids of the others."""
    kept = [vote for vote in current if vote.option_id in ballot.option_ids]
    freed = [vote for vote in current if vote.option_id not in ballot.option_ids]
    kept_ids = {vote.option_id for vote in kept}
    revised = []
    for option_id in ballot.option_ids:
        if option_id in kept_ids:
            continue
        if freed:
            vote = replace(freed.pop(0), option_id=option_id, updated_at=now)
        else:
            vote = CurrentVote(new_id(), option_id, 0, ballot.request_id, now, now)
        revised.append(vote)
    return tuple(
        replace(vote, rank=rank, request_id=ballot.request_id)
        for rank, vote in enumerate(kept + revised, start=1)
    )

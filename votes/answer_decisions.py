"""The rules of voting in polls whose answers are more than options, as pure functions.

Like ``votes.decisions``, which decides choices, but the order of the answers counts: two ballots
are the same if their canonical answers are equal, in their order.
"""

from dataclasses import replace
from datetime import datetime

from apikit.ids import new_id
from polls.kinds.base import Answer, Answers, Kind, SentAnswer
from polls.lifecycle import check_accepts_votes
from polls.models import Poll
from votes.ballots import Ballot, Outcome
from votes.decisions import CurrentBallot, CurrentVote, Decision, retract
from votes.errors import AlreadyVotedError


def decide_answers(
    poll: Poll, kind: Kind, current: CurrentBallot, ballot: Ballot, now: datetime
) -> Decision:
    """Decides ``ballot``.

    :raises BallotError: if the answers do not fit the poll.
    :raises ApiError: what ``votes.decisions.decide`` raises, except for its errors of options.
    """
    answers = () if ballot.is_retraction else kind.parse(sent_answers(ballot))
    check_accepts_votes(poll, now)
    if not answers:
        return retract(poll, current)
    if not current:
        return Decision(Outcome.ACCEPTED, _write((), answers, ballot, now))
    if answers == answers_of(current) or not poll.allow_change:
        raise AlreadyVotedError
    return Decision(Outcome.CHANGED, _write(current, answers, ballot, now))


def answers_of(votes: CurrentBallot) -> Answers:
    """The canonical answers that votes store."""
    return tuple(Answer(vote.option_id, vote.value) for vote in votes)


def sent_answers(ballot: Ballot) -> tuple[SentAnswer, ...]:
    """The answers of a ballot; ``option_ids`` are shorthand for answers that only name options."""
    return ballot.answers or tuple(SentAnswer(option_id=id_) for id_ in ballot.option_ids)


def _write(
    current: CurrentBallot, answers: Answers, ballot: Ballot, now: datetime
) -> CurrentBallot:
    """The votes of the new ballot, ranked in its order.

    They reuse the ids of the current votes: of the same option, then of any other. The time of the
    first cast stays that of the whole ballot.
    """
    by_option = {vote.option_id: vote for vote in current if vote.option_id is not None}
    kept = {answer.option_id for answer in answers} & by_option.keys()
    free = [vote for vote in current if vote.option_id not in kept]
    cast_at = current[0].created_at if current else now
    votes = []
    for rank, answer in enumerate(answers, start=1):
        vote = None if answer.option_id is None else by_option.get(answer.option_id)
        if vote is None and free:
            vote = free.pop(0)
        if vote is None:
            vote = CurrentVote(new_id(), None, 0, ballot.request_id, cast_at, now)
        votes.append(
            replace(
                vote,
                option_id=answer.option_id,
                value=answer.value,
                rank=rank,
                request_id=ballot.request_id,
                created_at=cast_at,
                updated_at=now,
            )
        )
    return tuple(votes)

"""Everything that can happen to a vote."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from uuid import UUID

from accounts.hooks import withdraw_contributions
from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.idempotency import check_key
from realtime import publish
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.errors import in_doubt
from votes.models import Vote
from votes.writer import running_writer

# Far beyond any commit; by then something is wrong with the database.
ANSWER_TIMEOUT_S = 30.0


def cast_vote(
    *,
    actor: Actor,
    option_ids: Sequence[UUID],
    poll_id: UUID | None = None,
    key: str | None = None,
) -> Receipt:
    """Chooses ``option_ids`` in a poll, by default in that of the option. Committed on return.

    With ``key``, the same again gives the first receipt again. The refusals are those of
    ``votes.decisions.decide`` and these:

    :raises AuthenticationRequiredError, TokenInvalidError, AccountSuspendedError: whose vote?
    :raises PollNotFoundError, OptionNotFoundError: for what ``actor`` may not see either.
    :raises IdempotencyKeyReusedError: for a key of another request.
    :raises ServerUnavailableError: when the vote was not counted, or nobody knows.
    """
    return _wait(running_writer().submit(_fill_in(actor, option_ids, poll_id, key)))


async def cast_vote_async(
    *,
    actor: Actor,
    option_ids: Sequence[UUID],
    poll_id: UUID | None = None,
    key: str | None = None,
) -> Receipt:
    """The same on an event loop, which goes on meanwhile."""
    answer = running_writer().submit_from_loop(_fill_in(actor, option_ids, poll_id, key))
    # Less than half of what asyncio.wait_for takes, on the way of every vote.
    timer = asyncio.get_running_loop().call_later(ANSWER_TIMEOUT_S, _give_up, answer)
    try:
        return await answer
    finally:
        timer.cancel()


def _give_up(answer: "asyncio.Future[Receipt]") -> None:
    if not answer.done():
        answer.set_exception(in_doubt())


def retract_vote(*, actor: Actor, poll_id: UUID, key: str | None = None) -> Receipt:
    """Takes one's vote back; the receipt says what it was. Committed on return.

    :raises NoVoteError: when there is none.
    :raises ChangeRefusedError: where votes stand once they are cast.
    :raises PollClosedError, and so on: as in :func:`cast_vote`.
    """
    return _wait(running_writer().submit(_fill_in(actor, (), poll_id, key)))


@withdraw_contributions
def withdraw_votes_of(user_id: UUID) -> None:
    """Removes all votes of a person, closed polls among them; each poll in its transaction."""
    poll_ids = Vote.objects.filter(user_id=user_id).values_list("poll_id", flat=True).distinct()
    for poll_id in list(poll_ids.order_by()):
        for topic, event in ledger.withdraw(user_id, poll_id):
            publish(topic, event)


def _fill_in(
    actor: Actor, option_ids: Sequence[UUID], poll_id: UUID | None, key: str | None
) -> Ballot:
    if len(set(option_ids)) < len(option_ids):
        raise ValidationFailedError.of("pollOptionIds", "An option was chosen twice.")
    return Ballot(
        voter_id=actor.signed_in_id(),
        option_ids=tuple(option_ids),
        poll_id=poll_id,
        key=None if key is None else check_key(key),
        family_id=actor.family_id,
    )


def _wait(answer: "Future[Receipt]") -> Receipt:
    try:
        return answer.result(ANSWER_TIMEOUT_S)
    except TimeoutError:
        raise in_doubt() from None

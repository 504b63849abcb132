"""Everything that can happen to a vote."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.hooks import merge_contributions, withdraw_contributions
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.idempotency import check_key
from polls.hooks import poll_reopened
from realtime import publish
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.errors import VoteInDoubtError
from votes.models import Vote
from votes.removal import remove_leftovers_of
from votes.sheets import News
from votes.writer import running_writer

# Far beyond any commit; by then something is wrong with the database.
ANSWER_TIMEOUT_S = 30.0
# Each stays locked until all of them are committed, while its voters wait.
POLLS_PER_MERGE = 20


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
    :raises ServerUnavailableError: when the vote was not counted.
    :raises VoteInDoubtError: when nobody knows whether it was.
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
        answer.set_exception(VoteInDoubtError())


def retract_vote(*, actor: Actor, poll_id: UUID, key: str | None = None) -> Receipt:
    """Takes one's vote back; the receipt says what it was. Committed on return.

    :raises NoVoteError: when there is none.
    :raises ChangeRefusedError: where votes stand once they are cast.
    :raises PollClosedError, and so on: as in :func:`cast_vote`.
    """
    return _wait(running_writer().submit(_fill_in(actor, (), poll_id, key)))


@merge_contributions.register
def merge_votes(guest_id: UUID, account_id: UUID) -> None:
    """Moves a merged guest's ballots to its account, so many polls in one transaction."""
    votes = Vote.objects.filter(user_id=guest_id)
    poll_ids = sorted(votes.values_list("poll_id", flat=True).distinct().order_by())
    for first in range(0, len(poll_ids), POLLS_PER_MERGE):
        _publish(ledger.merge(guest_id, account_id, poll_ids[first : first + POLLS_PER_MERGE]))


@poll_reopened.register
def merge_guests_of_reopened_poll(poll_id: UUID) -> None:
    """Removes ballots of guests whose account has voted too, which stayed while it was closed."""
    guests = User.objects.filter(
        merged_into__isnull=False, votes__poll_id=poll_id, votes__rank=1
    ).select_related("merged_into")
    for guest in guests:
        assert guest.merged_into is not None
        news = ledger.merge(guest.id, guest.merged_into.id, [poll_id])
        transaction.on_commit(partial(_publish, news))


@withdraw_contributions.register
def withdraw_votes_of(user_id: UUID) -> None:
    """Removes all votes of a person, closed polls among them; each poll in its transaction.

    So are those that guests merged into the account have left in closed polls.
    """
    remove_leftovers_of(user_id)
    votes = Vote.objects.filter(Q(user_id=user_id) | Q(user__merged_into=user_id))
    for voter_id, poll_id in list(votes.order_by().values_list("user_id", "poll_id").distinct()):
        _publish(ledger.withdraw(voter_id, poll_id))


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


def _publish(news: Iterable[News]) -> None:
    for topic, event in news:
        publish(topic, event)


def _wait(answer: "Future[Receipt]") -> Receipt:
    try:
        return answer.result(ANSWER_TIMEOUT_S)
    except TimeoutError:
        raise VoteInDoubtError from None

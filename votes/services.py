"""Casting, changing, taking back, moving and withdrawing votes."""

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
from polls.kinds.base import SentAnswer
from polls.suggestions import remove_suggestions_of
from realtime import publish
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.errors import VoteInDoubtError
from votes.models import Vote
from votes.poll_batch import TopicEvent
from votes.removal import remove_leftovers_of
from votes.writer import running_writer

# Far longer than any commit takes; by then the database has failed.
COMMIT_TIMEOUT_S = 30.0
# All of them stay locked until the commit, while their voters wait.
POLLS_PER_MERGE = 20


def cast_vote(
    *,
    actor: Actor,
    option_ids: Sequence[UUID] = (),
    answers: Sequence[SentAnswer] = (),
    poll_id: UUID | None = None,
    key: str | None = None,
) -> Receipt:
    """Casts or changes a vote; by default in the poll of the option. Committed on return.

    Takes either ``option_ids`` or ``answers``. The same request under the same ``key`` returns the
    first receipt again. Besides the errors of ``votes.decisions.decide`` and of
    ``votes.answer_decisions.decide_answers``:

    :raises AuthenticationRequiredError, TokenInvalidError, AccountSuspendedError: see ``Actor``.
    :raises PollNotFoundError, OptionNotFoundError: if it is missing or hidden from ``actor``.
    :raises IdempotencyKeyReusedError: if the key was used for another request.
    :raises ServerUnavailableError: if the vote was not counted.
    :raises VoteInDoubtError: if it may or may not have been counted.
    """
    ballot = _build_ballot(actor, option_ids, poll_id, key, answers)
    return _wait_for(running_writer().submit(ballot))


async def cast_vote_async(
    *,
    actor: Actor,
    option_ids: Sequence[UUID] = (),
    answers: Sequence[SentAnswer] = (),
    poll_id: UUID | None = None,
    key: str | None = None,
) -> Receipt:
    """Like :func:`cast_vote`, without blocking the event loop."""
    ballot = _build_ballot(actor, option_ids, poll_id, key, answers)
    receipt = running_writer().submit_from_loop(ballot)
    # Costs less than half of asyncio.wait_for, for every vote.
    timer = asyncio.get_running_loop().call_later(COMMIT_TIMEOUT_S, _time_out, receipt)
    try:
        return await receipt
    finally:
        timer.cancel()


def _time_out(receipt: "asyncio.Future[Receipt]") -> None:
    if not receipt.done():
        receipt.set_exception(VoteInDoubtError())


def retract_vote(*, actor: Actor, poll_id: UUID, key: str | None = None) -> Receipt:
    """Takes a vote back; the receipt has the votes that were removed. Committed on return.

    :raises NoVoteError: if there is no vote.
    :raises ChangeRefusedError: if the poll does not allow changes.
    :raises PollClosedError: and the other errors of :func:`cast_vote`.
    """
    ballot = _build_ballot(actor, (), poll_id, key)
    return _wait_for(running_writer().submit(ballot))


@merge_contributions.register
def merge_votes(guest_id: UUID, account_id: UUID) -> None:
    """Moves a merged guest's ballots to its account, POLLS_PER_MERGE polls per transaction."""
    votes = Vote.objects.filter(user_id=guest_id)
    poll_ids = sorted(votes.values_list("poll_id", flat=True).distinct().order_by())
    for first in range(0, len(poll_ids), POLLS_PER_MERGE):
        _publish(ledger.merge(guest_id, account_id, poll_ids[first : first + POLLS_PER_MERGE]))


@poll_reopened.register
def merge_guests_of_reopened_poll(poll_id: UUID) -> None:
    """Removes ballots of guests whose account has voted too, which a closed poll had kept."""
    guests = User.objects.filter(
        merged_into__isnull=False, votes__poll_id=poll_id, votes__rank=1
    ).select_related("merged_into")
    for guest in guests:
        assert guest.merged_into is not None
        events = ledger.merge(guest.id, guest.merged_into.id, [poll_id])
        transaction.on_commit(partial(_publish, events))


@withdraw_contributions.register
def withdraw_votes_of(user_id: UUID) -> None:
    """Removes all votes of a person, also in closed polls; one transaction per poll.

    Includes votes in closed polls of guests that were merged into the account.
    """
    remove_leftovers_of(user_id)
    votes = Vote.objects.filter(Q(user_id=user_id) | Q(user__merged_into=user_id))
    for voter_id, poll_id in list(votes.order_by().values_list("user_id", "poll_id").distinct()):
        _publish(ledger.withdraw(voter_id, poll_id))
    # After the votes, so that options go for which only their author has voted.
    remove_suggestions_of(user_id)


def _build_ballot(
    actor: Actor,
    option_ids: Sequence[UUID],
    poll_id: UUID | None,
    key: str | None,
    answers: Sequence[SentAnswer] = (),
) -> Ballot:
    if answers:
        named = options_only(answers)
        if named is not None:
            option_ids, answers = named, ()
        elif poll_id is None:
            raise ValidationFailedError.of("answers", "Send these to POST /polls/{id}/vote.")
    if len(set(option_ids)) < len(option_ids):
        raise ValidationFailedError.of("pollOptionIds", "An option was chosen twice.")
    return Ballot(
        voter_id=actor.signed_in_id(),
        option_ids=tuple(option_ids),
        poll_id=poll_id,
        key=None if key is None else check_key(key),
        family_id=actor.family_id,
        answers=tuple(answers),
    )


def options_only(answers: Sequence[SentAnswer]) -> list[UUID] | None:
    """The options of answers that name nothing else; None if they are more than choices."""
    if any(answer.names() != {"option_id"} for answer in answers):
        return None
    return [answer.option_id for answer in answers if answer.option_id is not None]


def _publish(events: Iterable[TopicEvent]) -> None:
    for topic, event in events:
        publish(topic, event)


def _wait_for(receipt: "Future[Receipt]") -> Receipt:
    try:
        return receipt.result(COMMIT_TIMEOUT_S)
    except TimeoutError:
        raise VoteInDoubtError from None

"""The ledger: the only code that writes votes and tallies.

:func:`record` writes any number of ballots in one transaction. It locks the polls by id, so that
processes cannot deadlock; reads everything the decisions need, one query per table; decides each
ballot in memory, in order of arrival; and writes the net effect. The number of queries does not
depend on the number of ballots.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.guests import create_guest_of
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ApiError, TokenInvalidError
from apikit.group_commit import BatchResult
from polls.archive_imports import lock_reservations
from polls.cells import read_cells
from polls.errors import PollNotFoundError
from polls.kinds.base import Cell
from polls.lifecycle import state_at
from polls.models import Poll, PollState
from polls.visibility import is_public, is_visible, poll_roles, role_in
from votes.ballots import Ballot, BallotResult, ImportedBallot, Receipt
from votes.cells import add_cells
from votes.errors import OptionNotFoundError, WriterBusyError
from votes.models import TallySample
from votes.poll_batch import PollBatch, PollDelta, TopicEvent
from votes.receipts import ReceiptStore
from votes.rows import (
    Voter,
    find_polls_of_options,
    insert_imported,
    lock_and_read,
    lock_polls,
    move_ballots,
    read_ballots_of,
    save_deltas,
    voted_with_earlier_accounts,
)
from votes.samples import keep_samples
from workspaces.selectors import Roles

DrainLate = Callable[[Collection[UUID]], Sequence[Ballot]]
Deltas = Sequence[tuple[PollBatch, PollDelta]]
LedgerResult = BatchResult[Receipt, TopicEvent]


def record(
    ballots: Sequence[Ballot],
    *,
    is_retry: bool = False,
    drain_late: DrainLate | None = None,
    at: datetime | None = None,
) -> LedgerResult:
    """Decides and writes ``ballots``. Committed on return.

    ``is_retry`` means that an earlier try may have been committed although it failed.
    ``drain_late(poll_ids)`` returns ballots for these polls that were queued while waiting for the
    locks, which takes as long as another process writes there; they are decided after the others.
    ``at`` overrides the clock; for seeding.

    :raises django.db.Error: if nothing was written, or the outcome of the commit is unknown.
    """
    with transaction.atomic():
        batch = _Batch(ballots, drain_late, at)
        results = [batch.decide(ballot, is_retry=is_retry) for ballot in batch.ballots]
        batch.receipts.save()
        # Built before the commit, while the database writes; published only after it.
        events = _save_and_list_events(batch)
    return BatchResult(results, events)


def withdraw(user_id: UUID, poll_id: UUID) -> list[TopicEvent]:
    """Removes a person's votes from a poll in any state; returns the events to publish."""
    with transaction.atomic():
        batch = _Batch([Ballot(voter_id=user_id, option_ids=(), poll_id=poll_id)])
        for poll_batch in batch.polls.values():
            poll_batch.remove(user_id)
        return _save_and_list_events(batch)


def merge(guest_id: UUID, account_id: UUID, poll_ids: Collection[UUID]) -> list[TopicEvent]:
    """Moves a merged guest's ballots in these polls to its account; returns the events to publish.

    If both have voted, the account's ballot counts and the guest's is removed from the tally. In a
    closed poll both ballots stay, so that its tally does not change, until the poll is reopened.
    """
    with transaction.atomic():
        batch = _Batch(
            [Ballot(voter_id=account_id, option_ids=(), poll_id=id_) for id_ in poll_ids]
        )
        if not batch.is_active(account_id):
            return []
        moved, kept = [], []
        for poll_id, current in read_ballots_of(guest_id, batch.polls.keys()).items():
            poll_batch = batch.polls[poll_id]
            if account_id not in poll_batch.before:
                moved.append(poll_batch)
            elif state_at(poll_batch.poll, batch.now) == PollState.CLOSED:
                kept.append(poll_id)
            else:
                poll_batch.before[guest_id] = current
                poll_batch.remove(guest_id)
        move_ballots([each.poll.id for each in moved], from_id=guest_id, to_id=account_id)
        if kept:
            # Under a new guest, because this one may be merged into another account later.
            shadow = create_guest_of(User(id=account_id))
            move_ballots(kept, from_id=guest_id, to_id=shadow.id)
        events = _save_and_list_events(batch)
        return events + [event for each in moved for event in each.access_events({account_id})]


def record_imported(
    poll_id: UUID,
    ballots: Sequence[ImportedBallot],
    cells: Mapping[Cell, int],
    *,
    request_id: UUID,
) -> None:
    """Writes ballots of an archive into a poll that ``polls.archive_imports`` has reserved.

    Nobody sees the poll yet, and its options have been written with their final counts, so the
    ``cells`` of these ballots are all there is to add to its tally. The database refuses a second
    ballot of a voter.

    :raises ServerUnavailableError: if the reservation has expired.
    """
    with transaction.atomic():
        lock_reservations([poll_id])
        insert_imported(poll_id, ballots, request_id)
        add_cells([(poll_id, cells)])


def record_imported_samples(poll_id: UUID, samples: Sequence[TallySample]) -> None:
    """Writes samples of an archive into a reserved poll, as :func:`record_imported`."""
    with transaction.atomic():
        lock_reservations([poll_id])
        TallySample.objects.bulk_create(samples)


class _Batch:
    """The polls and voters of one transaction's ballots, locked and read."""

    def __init__(
        self,
        ballots: Sequence[Ballot],
        drain_late: DrainLate | None = None,
        at: datetime | None = None,
    ) -> None:
        self.ballots = list(ballots)
        self._polls_of_options = find_polls_of_options(ballots)
        poll_ids = {poll_id for ballot in ballots if (poll_id := self._poll_id(ballot)) is not None}
        poll_rows = lock_polls(poll_ids)
        if drain_late is not None:
            poll_rows.fetch()
            self.ballots += drain_late(poll_ids)
        keys = {
            (self._poll_id(ballot), ballot.voter_id, ballot.family_id) for ballot in self.ballots
        }
        found = lock_and_read(poll_rows, poll_ids, keys)
        self.polls, self._voters = found.polls, found.voters
        self._live_families = found.live_families
        # Read for merged guests only, of whom there are few.
        merged = [id_ for id_, voter in found.voters.items() if voter.account_id is not None]
        self._voted_before = voted_with_earlier_accounts(poll_ids, merged) if merged else set()
        # Only once the locks are held, because a deadline may pass while waiting for them.
        self.now = at or timezone.now()
        self.receipts = ReceiptStore(self.ballots)

    def decide(self, ballot: Ballot, *, is_retry: bool) -> BallotResult:
        """Decides one ballot in memory; returns its receipt or its refusal."""
        try:
            return self._decide_once(ballot, is_retry=is_retry)
        except ApiError as refusal:
            return refusal

    def _decide_once(self, ballot: Ballot, *, is_retry: bool) -> Receipt:
        """Replays the receipt of an earlier ballot with the same idempotency key."""
        poll_batch = self._find_poll(ballot)
        if ballot.key is None:
            return self._decide_for_voter(poll_batch, ballot, is_retry=is_retry)
        is_ordered = poll_batch.is_ordered
        receipt = self.receipts.find(ballot, poll_batch.poll.id, is_ordered=is_ordered)
        if receipt is None:
            receipt = self._decide_for_voter(poll_batch, ballot, is_retry=is_retry)
            self.receipts.add(ballot, receipt, self.now, is_ordered=is_ordered)
        return receipt

    def _decide_for_voter(
        self, poll_batch: PollBatch, ballot: Ballot, *, is_retry: bool
    ) -> Receipt:
        """Counts a merged guest's ballot for its account: one ballot per person."""
        account_id = self._voters[ballot.voter_id].account_id
        if account_id is None:
            return poll_batch.decide(ballot, self.now, is_retry=is_retry)
        if account_id not in self._voters:
            # Merged while this transaction waited for the lock; the next try counts it.
            raise WriterBusyError
        if not self._voters[account_id].is_active:
            raise AccountSuspendedError
        has_voted = (poll_batch.poll.id, ballot.voter_id) in self._voted_before
        return poll_batch.decide_for_guest(
            ballot, account_id, self.now, has_voted=has_voted, is_retry=is_retry
        )

    def is_active(self, voter_id: UUID) -> bool:
        """Whether the person exists and is not suspended."""
        voter = self._voters.get(voter_id)
        return voter is not None and voter.is_active

    def _find_poll(self, ballot: Ballot) -> PollBatch:
        voter = self._voters.get(ballot.voter_id)
        if voter is None:
            raise TokenInvalidError
        if not voter.is_active:
            raise AccountSuspendedError
        # Checked before a receipt is replayed, so that a revoked token gets no replay either.
        if ballot.family_id and (ballot.voter_id, ballot.family_id) not in self._live_families:
            raise TokenInvalidError
        poll_id = self._poll_id(ballot)
        poll_batch = None if poll_id is None else self.polls.get(poll_id)
        if poll_batch is None or not self._may_see(poll_batch.poll, ballot.voter_id, voter):
            raise PollNotFoundError if ballot.poll_id else OptionNotFoundError
        return poll_batch

    def _poll_id(self, ballot: Ballot) -> UUID | None:
        return ballot.poll_id or self._polls_of_options.get(ballot.option_ids[0])

    def _may_see(self, poll: Poll, voter_id: UUID, voter: Voter) -> bool:
        if is_public(poll):
            return True
        actor = Actor(voter_id, is_staff=voter.is_staff)
        return is_visible(poll, actor, role_in(self._roles, poll, actor))

    @cached_property
    def _roles(self) -> Roles:
        """The roles of the voters in teams whose drafts or hidden polls they voted in."""
        unpublished = [each.poll for each in self.polls.values() if not is_public(each.poll)]
        return poll_roles(unpublished, [Actor(voter_id) for voter_id in self._voters])


def _save_and_list_events(batch: _Batch) -> list[TopicEvent]:
    """Saves a batch; returns the events to publish after the commit."""
    deltas = _save(batch.polls.values(), batch.now)
    return [event for poll_batch, delta in deltas for event in _events_of(poll_batch, delta)]


def _save(polls: Iterable[PollBatch], now: datetime) -> Deltas:
    """Counts and writes the net effect of all decisions."""
    changed = [(each, changes) for each in polls if (changes := each.changes())]
    if not changed:
        return []
    # Before counting: a sample is the tally that the batch replaces.
    keep_samples([(each.poll, list(each.options.values())) for each, _ in changed], now)
    deltas = [(each, each.apply(changes)) for each, changes in changed]
    save_deltas([delta for _, delta in deltas])
    add_cells([(delta.poll.id, delta.cells) for _, delta in deltas])
    return deltas


def _events_of(poll_batch: PollBatch, delta: PollDelta) -> list[TopicEvent]:
    """Reads the cells that the new tally shows, for kinds that have them."""
    if poll_batch.kind is None:
        return poll_batch.events(delta)
    return poll_batch.events(delta, read_cells(poll_batch.poll.id, poll_batch.kind))

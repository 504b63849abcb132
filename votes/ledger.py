"""The ledger: the one place where votes and tallies are written.

:func:`record` takes any number of ballots into one transaction. It locks the polls concerned in
the order of their ids, so that processes never wait for each other in a circle; reads, in one
query each, all it takes to decide; decides every ballot in memory, in order of arrival; and
writes the net effect. The number of queries does not depend on the number of ballots.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.guests import create_guest_of
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ApiError, TokenInvalidError
from polls.errors import PollNotFoundError
from polls.lifecycle import state_at
from polls.models import Poll, PollState
from polls.visibility import is_visible
from votes.ballots import Answer, Ballot, Receipt
from votes.errors import OptionNotFoundError, WriterBusyError
from votes.receipts import ReceiptBook
from votes.rows import (
    Voter,
    find_polls_of_options,
    lock_and_read,
    lock_polls,
    move_ballots,
    read_ballots_of,
    save,
    voted_with_earlier_accounts,
)
from votes.samples import keep_samples
from votes.poll_batch import Change, News, Sheet

Late = Callable[[Collection[UUID]], Sequence[Ballot]]
Changed = Sequence[tuple[Sheet, Sequence[Change]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one transaction has written: an answer for each ballot, and what to tell whom."""

    answers: list[Answer]
    news: list[News]


def record(
    ballots: Sequence[Ballot],
    *,
    is_retry: bool = False,
    late: Late | None = None,
    at: datetime | None = None,
) -> Entry:
    """Decides and writes ``ballots``. What it returns is committed.

    ``is_retry`` says that an earlier try may have been committed without anybody learning so.
    ``late`` gives the ballots that have come for these polls while they were being locked, which
    takes as long as another process writes in them; they are written too, after the others.
    ``at`` is when it happens, if not now: a past to look back on.

    :raises django.db.Error: when nothing of it was written, or nobody knows.
    """
    with transaction.atomic():
        page = _Page(ballots, late, at)
        answers = [page.answer(ballot, is_retry=is_retry) for ballot in page.ballots]
        page.receipts.save()
        # Made before the commit, since the database is still writing; told only after it.
        news = _news(_save(page.sheets.values(), page.now))
    return Entry(answers, news)


def withdraw(user_id: UUID, poll_id: UUID) -> list[News]:
    """Removes a person's votes from a poll, whatever state it is in; returns what to tell."""
    with transaction.atomic():
        page = _Page([Ballot(voter_id=user_id, option_ids=(), poll_id=poll_id)])
        for sheet in page.sheets.values():
            sheet.remove(user_id)
        return _news(_save(page.sheets.values(), page.now))


def merge(guest_id: UUID, account_id: UUID, poll_ids: Collection[UUID]) -> list[News]:
    """Moves a merged guest's ballots in these polls to its account; returns the events to publish.

    Where both have voted, the account's ballot stands and the guest's is removed from the tally.
    A closed poll's tally does not change: there both ballots stay, until the poll is reopened.
    """
    with transaction.atomic():
        page = _Page([Ballot(voter_id=account_id, option_ids=(), poll_id=id_) for id_ in poll_ids])
        if not page.is_active(account_id):
            return []
        moved, kept = [], []
        for poll_id, standing in read_ballots_of(guest_id, page.sheets.keys()).items():
            sheet = page.sheets[poll_id]
            if account_id not in sheet.before:
                moved.append(sheet)
            elif state_at(sheet.poll, page.now) == PollState.CLOSED:
                kept.append(poll_id)
            else:
                sheet.before[guest_id] = standing
                sheet.remove(guest_id)
        move_ballots([sheet.poll.id for sheet in moved], giver_id=guest_id, taker_id=account_id)
        if kept:
            # Under a guest of its own: this one may be merged into another account later.
            shadow = create_guest_of(User(id=account_id))
            move_ballots(kept, giver_id=guest_id, taker_id=shadow.id)
        news = _news(_save(page.sheets.values(), page.now))
        return news + [each for sheet in moved for each in sheet.access_news({account_id})]


class _Page:
    """The sheets of all polls that the ballots of one transaction concern."""

    def __init__(
        self, ballots: Sequence[Ballot], late: Late | None = None, at: datetime | None = None
    ) -> None:
        self.ballots = list(ballots)
        self._polls_of_options = find_polls_of_options(ballots)
        poll_ids = {poll_id for ballot in ballots if (poll_id := self._poll_id(ballot)) is not None}
        polls = lock_polls(poll_ids)
        if late is not None:
            polls.values()
            self.ballots += late(poll_ids)
        casts = {
            (self._poll_id(ballot), ballot.voter_id, ballot.family_id) for ballot in self.ballots
        }
        found = lock_and_read(polls, poll_ids, casts)
        self.sheets, self._voters = found.sheets, found.voters
        self._live_families = found.live_families
        # Read for merged guests only, who are few.
        merged = [id_ for id_, voter in found.voters.items() if voter.account_id is not None]
        self._voted_before = voted_with_earlier_accounts(poll_ids, merged) if merged else set()
        # Not before the locks are held: waiting for them may have taken us past a deadline.
        self.now = at or timezone.now()
        self.receipts = ReceiptBook(self.ballots)

    def answer(self, ballot: Ballot, *, is_retry: bool) -> Answer:
        """Decides one ballot, in memory."""
        try:
            return self._settle(ballot, is_retry=is_retry)
        except ApiError as refusal:
            return refusal

    def _settle(self, ballot: Ballot, *, is_retry: bool) -> Receipt:
        sheet = self._find_sheet(ballot)
        receipt = self.receipts.recall(ballot, sheet.poll.id)
        if receipt is None:
            receipt = self._decide(sheet, ballot, is_retry=is_retry)
            self.receipts.keep(ballot, receipt, self.now)
        return receipt

    def _decide(self, sheet: Sheet, ballot: Ballot, *, is_retry: bool) -> Receipt:
        """A merged guest's ballot is its account's: one ballot per person."""
        account_id = self._voters[ballot.voter_id].account_id
        if account_id is None:
            return sheet.decide(ballot, self.now, is_retry=is_retry)
        if account_id not in self._voters:
            # Merged while this transaction waited for the lock; the next try counts it.
            raise WriterBusyError
        if not self._voters[account_id].is_active:
            raise AccountSuspendedError
        has_voted = (sheet.poll.id, ballot.voter_id) in self._voted_before
        return sheet.decide_for_guest(
            ballot, account_id, self.now, has_voted=has_voted, is_retry=is_retry
        )

    def is_active(self, voter_id: UUID) -> bool:
        """Whether there is such a person, who is not suspended."""
        voter = self._voters.get(voter_id)
        return voter is not None and voter.is_active

    def _find_sheet(self, ballot: Ballot) -> Sheet:
        voter = self._voters.get(ballot.voter_id)
        if voter is None:
            raise TokenInvalidError
        if not voter.is_active:
            raise AccountSuspendedError
        # Checked before a receipt is recalled: a revoked token gets no replayed answer either.
        if ballot.family_id and (ballot.voter_id, ballot.family_id) not in self._live_families:
            raise TokenInvalidError
        poll_id = self._poll_id(ballot)
        sheet = None if poll_id is None else self.sheets.get(poll_id)
        if sheet is None or not _may_see(sheet.poll, ballot.voter_id, voter):
            raise PollNotFoundError if ballot.poll_id else OptionNotFoundError
        return sheet

    def _poll_id(self, ballot: Ballot) -> UUID | None:
        return ballot.poll_id or self._polls_of_options.get(ballot.option_ids[0])


def _may_see(poll: Poll, voter_id: UUID, voter: Voter) -> bool:
    return is_visible(poll, Actor(voter_id, is_staff=voter.is_staff))


def _save(sheets: Iterable[Sheet], now: datetime) -> Changed:
    """Writes the net effect of all that was decided."""
    changed = [(sheet, changes) for sheet in sheets if (changes := sheet.changes())]
    if changed:
        keep_samples([(sheet.poll, sheet.listed_options()) for sheet, _ in changed], now)
        save(changed)
    return changed


def _news(changed: Changed) -> list[News]:
    """What to tell of it, once it is committed."""
    return [news for sheet, changes in changed for news in sheet.news(changes)]

"""The ledger: the one place where votes and tallies are written.

:func:`record` takes any number of ballots into one transaction. It locks the polls concerned in
the order of their ids, so that processes never wait for each other in a circle; reads, in one
query each, all it takes to decide; decides every ballot in memory, in order of arrival; and
writes the net effect. The number of queries does not depend on the number of ballots.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from apikit.actors import Actor
from apikit.errors import ApiError, TokenInvalidError
from apikit.wire import to_wire
from polls.errors import PollNotFoundError
from polls.events import BallotsChanged, NewVote, VoteUpdate
from polls.models import Option, Poll, ResultsVisibility
from polls.tally import count_tally
from polls.topics import poll_topic, tally_topic
from polls.visibility import is_visible
from realtime.events import Event
from votes.ballots import Answer, Ballot, CountedVote, Outcome, Receipt
from votes.decisions import Standing, decide
from votes.errors import AlreadyVotedError, OptionNotFoundError
from votes.receipts import ReceiptBook
from votes.rows import (
    Standings,
    add_to_counters,
    find_polls_of_options,
    lock_polls,
    lock_voters,
    read_standings,
    write_standings,
)
from votes.samples import keep_samples

News = tuple[str, Event]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one transaction has written: an answer for each ballot, and what to tell whom."""

    answers: list[Answer]
    news: list[News]


def record(ballots: Sequence[Ballot], *, is_retry: bool = False) -> Entry:
    """Decides and writes ``ballots``. What it returns is committed.

    ``is_retry`` says that an earlier try may have been committed without anybody learning so.

    :raises django.db.Error: when nothing of it was written, or nobody knows.
    """
    with transaction.atomic():
        page = _Page(ballots)
        answers = [page.answer(ballot, is_retry=is_retry) for ballot in ballots]
        page.save()
    return Entry(answers, page.news())


def withdraw(user_id: UUID, poll_id: UUID) -> list[News]:
    """Removes a person's votes from a poll, whatever state it is in; returns what to tell."""
    with transaction.atomic():
        page = _Page([Ballot(voter_id=user_id, option_ids=(), poll_id=poll_id)])
        page.remove(poll_id, user_id)
        page.save()
    return page.news()


class _Page:
    """Polls under lock, with all that the ballots of one transaction need and change."""

    def __init__(self, ballots: Sequence[Ballot]) -> None:
        self._polls_of_options = find_polls_of_options(ballots)
        poll_ids = {poll_id for ballot in ballots if (poll_id := self._poll_id(ballot)) is not None}
        voter_ids = {ballot.voter_id for ballot in ballots}
        self._polls = lock_polls(poll_ids)
        self._voters = lock_voters(voter_ids)
        # Not before the locks are held: waiting for them may have taken us past a deadline.
        self.now = timezone.now()
        self._options: dict[UUID, list[Option]] = {poll_id: [] for poll_id in self._polls}
        for option in Option.objects.filter(poll_id__in=self._polls).order_by("position"):
            self._options[option.poll_id].append(option)
        self._before = read_standings(self._polls, voter_ids)
        self._after = dict(self._before)
        self._receipts = ReceiptBook(ballots)
        self._newest: dict[UUID, NewVote] = {}

    # Deciding

    def answer(self, ballot: Ballot, *, is_retry: bool) -> Answer:
        """Decides one ballot; what it changes is in memory until :meth:`save`."""
        try:
            return self._settle(ballot, is_retry=is_retry)
        except ApiError as refusal:
            return refusal

    def _settle(self, ballot: Ballot, *, is_retry: bool) -> Receipt:
        poll = self._find_poll(ballot)
        receipt = self._receipts.recall(ballot, poll.id)
        if receipt is None:
            receipt = self._decide(poll, ballot, is_retry=is_retry)
            self._receipts.keep(ballot, receipt, self.now)
        return receipt

    def _find_poll(self, ballot: Ballot) -> Poll:
        voter = self._voters.get(ballot.voter_id)
        if voter is None:
            raise TokenInvalidError
        if not voter.is_active:
            raise AccountSuspendedError
        poll_id = self._poll_id(ballot)
        poll = None if poll_id is None else self._polls.get(poll_id)
        actor = Actor(ballot.voter_id, is_staff=voter.is_staff)
        if poll is None or not is_visible(poll, actor):
            raise PollNotFoundError if ballot.poll_id else OptionNotFoundError
        return poll

    def _decide(self, poll: Poll, ballot: Ballot, *, is_retry: bool) -> Receipt:
        place = poll.id, ballot.voter_id
        standing = self._after.get(place, ())
        if standing and standing[0].request_id == ballot.request_id:
            # An earlier try went through, and only the news of it was lost.
            is_new = standing[0].created_at == standing[0].updated_at
            return self._receipt(Outcome.ACCEPTED if is_new else Outcome.CHANGED, poll, standing)
        if is_retry and not standing and not ballot.option_ids:
            return self._receipt(Outcome.RETRACTED, poll, ())
        option_ids = {option.id for option in self._options[poll.id]}
        try:
            decision = decide(poll, option_ids, standing, ballot, self.now)
        except AlreadyVotedError as refusal:
            raise self._showing_what_stands(refusal, poll, standing) from None
        self._after[place] = decision.standing
        if decision.standing:
            text = self._text(poll, ballot.option_ids[0])
            self._newest[poll.id] = NewVote(option_id=ballot.option_ids[0], option_text=text)
        return self._receipt(decision.outcome, poll, decision.standing or standing)

    def remove(self, poll_id: UUID, user_id: UUID) -> None:
        """Takes a person's votes out without asking anybody."""
        self._after.pop((poll_id, user_id), None)

    def _poll_id(self, ballot: Ballot) -> UUID | None:
        return ballot.poll_id or self._polls_of_options.get(ballot.option_ids[0])

    def _text(self, poll: Poll, option_id: UUID) -> str:
        return next(each.text for each in self._options[poll.id] if each.id == option_id)

    def _receipt(self, outcome: Outcome, poll: Poll, standing: Standing) -> Receipt:
        return Receipt(
            outcome=outcome,
            poll_id=poll.id,
            votes=tuple(
                CountedVote(
                    id=vote.id,
                    poll_option_id=vote.option_id,
                    option_text=self._text(poll, vote.option_id),
                    poll_question=poll.question,
                    created_at=vote.created_at,
                )
                for vote in standing
            ),
        )

    def _showing_what_stands(
        self, refusal: AlreadyVotedError, poll: Poll, standing: Standing
    ) -> AlreadyVotedError:
        votes = [to_wire(vote) for vote in self._receipt(Outcome.ACCEPTED, poll, standing).votes]
        return AlreadyVotedError(refusal.message, extra={"vote": votes[0], "votes": votes})

    # Writing

    def save(self) -> None:
        """Writes the net effect of all that was decided."""
        write_standings(self._before, self._after)
        self._save_counts()
        self._receipts.save()

    def _save_counts(self) -> None:
        changed = self._changed_polls()
        if not changed:
            return
        deltas = self._count(self._after)
        deltas.subtract(self._count(self._before))
        add_to_counters(Option.objects.all(), "vote_count", deltas)
        ballots = Counter(poll_id for (poll_id, _), votes in self._after.items() if votes)
        ballots.subtract(poll_id for (poll_id, _), votes in self._before.items() if votes)
        add_to_counters(Poll.objects.all(), "ballot_count", ballots)
        tallies = [(self._polls[poll_id], self._options[poll_id]) for poll_id in changed]
        columns = keep_samples(tallies, self.now)
        Poll.objects.filter(id__in=changed).update(version=F("version") + 1, **columns)
        # The rows are ours until the commit, so this is what the database has now.
        for poll_id in changed:
            self._polls[poll_id].version += 1
            for option in self._options[poll_id]:
                option.vote_count += deltas[option.id]

    def _count(self, standings: Standings) -> Counter[UUID]:
        return Counter(vote.option_id for votes in standings.values() for vote in votes)

    def _changed_polls(self) -> set[UUID]:
        places = self._before.keys() | self._after.keys()
        return {
            place[0]
            for place in places
            if self._before.get(place, ()) != self._after.get(place, ())
        }

    # Telling

    def news(self) -> list[News]:
        """What the sockets are to hear, once all this is committed."""
        news: list[News] = []
        for poll_id in self._changed_polls():
            poll = self._polls[poll_id]
            if poll.results_visibility == ResultsVisibility.AFTER_VOTE:
                news.append((poll_topic(poll_id), self._ballots_changed(poll_id)))
            update = VoteUpdate(
                version=poll.version,
                poll=count_tally(poll, self._options[poll_id]),
                new_vote=self._newest.get(poll_id),
            )
            news.append((tally_topic(poll_id), update))
        return news

    def _ballots_changed(self, poll_id: UUID) -> BallotsChanged:
        voters = {
            user for poll, user in self._before.keys() | self._after.keys() if poll == poll_id
        }
        voted = {user for user in voters if self._after.get((poll_id, user))}
        return BallotsChanged(
            poll_id=poll_id, voted=frozenset(voted), retracted=frozenset(voters - voted)
        )

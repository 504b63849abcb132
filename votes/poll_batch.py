"""A sheet: one poll under lock, with all of it that a transaction's ballots need and change."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apikit.wire import to_wire
from polls.events import BallotsChanged, NewVote, VoteUpdate
from polls.lifecycle import check_accepts_votes
from polls.models import Option, Poll, ResultsVisibility
from polls.tally import count_tally
from polls.topics import poll_topic, tally_topic
from polls.wording import question_as_answered
from realtime.events import Event
from votes.ballots import Ballot, CountedVote, Outcome, Receipt
from votes.decisions import Standing, decide
from votes.errors import VOTED_WITH_ACCOUNT, AlreadyVotedError, ChangeRefusedError

News = tuple[str, Event]
# A person's id, their votes before, and after.
Change = tuple[UUID, Standing, Standing]


class Sheet:
    """``before`` and ``after`` hold each person's votes; only those in ``touched`` may differ."""

    def __init__(self, poll: Poll) -> None:
        self.poll = poll
        self.options: dict[UUID, Option] = {}
        self.before: dict[UUID, Standing] = {}
        self.after: dict[UUID, Standing] = {}
        self.touched: set[UUID] = set()
        self._newest: NewVote | None = None
        # Who voted for the account they were merged into.
        self._guests: set[UUID] = set()

    def decide(self, ballot: Ballot, now: datetime, *, is_retry: bool) -> Receipt:
        """Decides a ballot, in memory.

        :raises ApiError: see ``votes.decisions.decide``.
        """
        standing = self.after.get(ballot.voter_id, ())
        if standing and standing[0].request_id == ballot.request_id:
            # An earlier try went through, and only the news of it was lost.
            is_new = standing[0].created_at == standing[0].updated_at
            return self._receipt(Outcome.ACCEPTED if is_new else Outcome.CHANGED, standing)
        if is_retry and not standing and not ballot.option_ids:
            return self._receipt(Outcome.RETRACTED, ())
        try:
            decision = decide(self.poll, self.options.keys(), standing, ballot, now)
        except AlreadyVotedError as refusal:
            raise self._showing_what_stands(refusal, standing) from None
        self._set(ballot.voter_id, decision.standing)
        if decision.standing:
            option = self.options[ballot.option_ids[0]]
            self._newest = NewVote(option_id=option.id, option_text=option.text)
        return self._receipt(decision.outcome, decision.standing or standing)

    def decide_for_guest(
        self,
        ballot: Ballot,
        account_id: UUID,
        now: datetime,
        *,
        has_voted: bool,
        is_retry: bool,
    ) -> Receipt:
        """Decides a ballot that a guest casts for the account it was merged into.

        A ballot of the account that stands already is neither shown to the guest nor changed by
        it: whoever uses the device now need not be the account's owner. ``has_voted`` says that
        one of the guest's earlier accounts has voted, which counts as the guest's vote, too.

        :raises ApiError: see ``votes.decisions.decide``.
        """
        standing = self.after.get(account_id, ())
        is_repeated = bool(standing) and standing[0].request_id == ballot.request_id
        if (standing or has_voted) and not is_repeated:
            check_accepts_votes(self.poll, now)
            if not ballot.option_ids:
                raise ChangeRefusedError(VOTED_WITH_ACCOUNT)
            raise AlreadyVotedError(VOTED_WITH_ACCOUNT, extra={"vote": None, "votes": []})
        receipt = self.decide(replace(ballot, voter_id=account_id), now, is_retry=is_retry)
        self._guests.add(ballot.voter_id)
        return receipt

    def remove(self, user_id: UUID) -> None:
        """Takes a person's votes out without asking anybody."""
        self._set(user_id, ())

    def _set(self, user_id: UUID, standing: Standing) -> None:
        self.after[user_id] = standing
        self.touched.add(user_id)

    def _receipt(self, outcome: Outcome, standing: Standing) -> Receipt:
        return Receipt(
            outcome=outcome,
            poll_id=self.poll.id,
            votes=tuple(
                CountedVote(
                    id=vote.id,
                    poll_option_id=vote.option_id,
                    option_text=self.options[vote.option_id].text,
                    poll_question=question_as_answered(self.poll, vote.updated_at),
                    created_at=vote.created_at,
                )
                for vote in standing
            ),
        )

    def _showing_what_stands(
        self, refusal: AlreadyVotedError, standing: Standing
    ) -> AlreadyVotedError:
        votes = [to_wire(vote) for vote in self._receipt(Outcome.ACCEPTED, standing).votes]
        return AlreadyVotedError(refusal.message, extra={"vote": votes[0], "votes": votes})

    def listed_options(self) -> list[Option]:
        """In the order of their positions."""
        return list(self.options.values())

    # What has changed

    def changes(self) -> list[Change]:
        """Who has other votes than before, and which."""
        return [
            (user_id, before, after)
            for user_id in self.touched
            if (before := self.before.get(user_id, ())) != (after := self.after[user_id])
        ]

    def count(self, changes: Sequence[Change]) -> list[Option]:
        """Counts ``changes`` in, and raises the version; the options whose counters differ now."""
        deltas: Counter[UUID] = Counter()
        for _, before, after in changes:
            for vote in before:
                deltas[vote.option_id] -= 1
            for vote in after:
                deltas[vote.option_id] += 1
            self.poll.ballot_count += bool(after) - bool(before)
        self.poll.version += 1
        counted = [self.options[option_id] for option_id, delta in deltas.items() if delta]
        for option in counted:
            option.vote_count += deltas[option.id]
        return counted

    def news(self, changes: Sequence[Change]) -> list[News]:
        """What the sockets are to hear of ``changes``, once they are committed."""
        poll = self.poll
        update = VoteUpdate(
            version=poll.version,
            poll=count_tally(poll, self.listed_options()),
            new_vote=self._newest,
        )
        voted = {user_id for user_id, _, after in changes if after} | self._guests
        retracted = {user_id for user_id, _, after in changes if not after}
        return [*self.access_news(voted, retracted), (tally_topic(poll.id), update)]

    def access_news(
        self, voted: Collection[UUID], retracted: Collection[UUID] = frozenset()
    ) -> list[News]:
        """The event by which sockets of these people are shown the tally, or no longer."""
        if self.poll.results_visibility != ResultsVisibility.AFTER_VOTE:
            return []
        changed = BallotsChanged(
            poll_id=self.poll.id, voted=frozenset(voted), retracted=frozenset(retracted)
        )
        return [(poll_topic(self.poll.id), changed)]

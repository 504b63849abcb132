"""One poll of a batch: its row under lock, and the ballots that the batch changes in it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from apikit.wire import to_wire
from polls.cells import kind_of, view_cells
from polls.events import BallotsChanged, NewVote, VoteUpdate
from polls.kinds.base import Cell, Cells, Kind
from polls.kinds.registry import build_kind
from polls.lifecycle import check_accepts_votes
from polls.models import Option, Poll, ResultsVisibility
from polls.tally import count_tally, version_of
from polls.topics import poll_topic, tally_topic
from polls.wording import question_as_answered
from realtime.events import Event
from votes.answer_decisions import answers_of, decide_answers
from votes.ballots import Ballot, CountedVote, Outcome, Receipt
from votes.decisions import CurrentBallot, Decision, decide
from votes.errors import VOTED_WITH_ACCOUNT, AlreadyVotedError, ChangeRefusedError
from votes.places import Places, count_places

# A topic and the event to publish there.
TopicEvent = tuple[str, Event]
# A voter's id, their ballot before the batch, and after it.
BallotChange = tuple[UUID, CurrentBallot, CurrentBallot]


@dataclass(frozen=True, slots=True)
class PollDelta:
    """What a batch changes in a poll: ballots, and the options whose counters differ.

    ``poll`` and ``options`` hold the new counters. ``cells`` are differences; without them for
    choices.
    """

    poll: Poll
    changes: Sequence[BallotChange]
    options: Sequence[Option]
    cells: Mapping[Cell, int]


class PollBatch:
    """A locked poll with its options, and the ballots ``before`` and ``after`` the batch by voter.

    Only voters in ``touched`` can differ between the two. ``options`` are all of them, also those
    that the host has removed, because ballots still contain them.
    """

    def __init__(self, poll: Poll) -> None:
        self.poll = poll
        self.options: dict[UUID, Option] = {}
        self.before: dict[UUID, CurrentBallot] = {}
        self.after: dict[UUID, CurrentBallot] = {}
        self.touched: set[UUID] = set()
        self._newest_vote: NewVote | None = None
        # Guests whose ballot was counted for the account they were merged into.
        self._guests: set[UUID] = set()

    def decide(self, ballot: Ballot, now: datetime, *, is_retry: bool) -> Receipt:
        """Decides a ballot in memory.

        :raises ApiError: see ``votes.decisions.decide``.
        :raises OptionFullError: if it takes a place of an option that has none left.
        """
        current = self.after.get(ballot.voter_id, ())
        if current and current[0].request_id == ballot.request_id:
            # An earlier try was committed, but its result was lost.
            is_new = current[0].created_at == current[0].updated_at
            return self._receipt(Outcome.ACCEPTED if is_new else Outcome.CHANGED, current)
        if is_retry and not current and ballot.is_retraction:
            return self._receipt(Outcome.RETRACTED, ())
        try:
            if self.kind is None and not ballot.answers:
                decision = decide(self.poll, self.votable_ids(), current, ballot, now)
            else:
                decision = self._decide_answers(current, ballot, now)
        except AlreadyVotedError as refusal:
            raise self._with_current_votes(refusal, current) from None
        if self._places is not None:
            self._places.move(current, decision.votes)
        self._set(ballot.voter_id, decision.votes)
        if decision.votes:
            option_id = decision.votes[0].option_id if ballot.answers else ballot.option_ids[0]
            self._newest_vote = None
            if option_id is not None:
                text = self.options[option_id].text
                self._newest_vote = NewVote(option_id=option_id, option_text=text)
        return self._receipt(decision.outcome, decision.votes or current)

    def _decide_answers(self, current: CurrentBallot, ballot: Ballot, now: datetime) -> Decision:
        """Decides answers that are more than options; a choice refuses them."""
        kind = self.kind or build_kind(self.poll.kind, self.poll.settings, list(self.votable_ids()))
        return decide_answers(self.poll, kind, current, ballot, now)

    @cached_property
    def kind(self) -> Kind | None:
        """The kind of the poll; None for choices."""
        return kind_of(self.poll, self.options.values())

    @cached_property
    def _places(self) -> Places | None:
        """The places of options with a limit; None without one."""
        return count_places(self.poll, self.options.values(), self.kind)

    @property
    def is_ordered(self) -> bool:
        """Whether options in another order are another ballot."""
        return self.kind is not None and self.kind.is_ordered

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

        A ballot that the account has cast is neither shown to the guest nor changed by it, because
        somebody else may use the device by now. ``has_voted`` means that one of the guest's earlier
        accounts has voted, which counts as the guest's vote, too.

        :raises ApiError: see ``votes.decisions.decide``.
        """
        current = self.after.get(account_id, ())
        is_repeated = bool(current) and current[0].request_id == ballot.request_id
        if (current or has_voted) and not is_repeated:
            check_accepts_votes(self.poll, now)
            if ballot.is_retraction:
                raise ChangeRefusedError(VOTED_WITH_ACCOUNT)
            raise AlreadyVotedError(VOTED_WITH_ACCOUNT, extra={"vote": None, "votes": []})
        receipt = self.decide(replace(ballot, voter_id=account_id), now, is_retry=is_retry)
        self._guests.add(ballot.voter_id)
        return receipt

    def remove(self, user_id: UUID) -> None:
        """Removes a person's ballot, whatever the rules of the poll are."""
        self._set(user_id, ())

    def _set(self, user_id: UUID, votes: CurrentBallot) -> None:
        self.after[user_id] = votes
        self.touched.add(user_id)

    def _receipt(self, outcome: Outcome, votes: CurrentBallot) -> Receipt:
        return Receipt(
            outcome=outcome,
            poll_id=self.poll.id,
            votes=tuple(
                CountedVote(
                    id=vote.id,
                    poll_option_id=vote.option_id,
                    option_text=None
                    if vote.option_id is None
                    else self.options[vote.option_id].text,
                    poll_question=question_as_answered(self.poll, vote.updated_at),
                    created_at=vote.created_at,
                )
                for vote in votes
            ),
            answers=None if self.kind is None else self.kind.show(answers_of(votes)),
        )

    def _with_current_votes(
        self, refusal: AlreadyVotedError, current: CurrentBallot
    ) -> AlreadyVotedError:
        receipt = self._receipt(Outcome.ACCEPTED, current)
        votes = [to_wire(vote) for vote in receipt.votes]
        extra: dict[str, Any] = {"vote": votes[0], "votes": votes}
        if receipt.answers is not None:
            extra["answers"] = [to_wire(answer) for answer in receipt.answers]
        return AlreadyVotedError(refusal.message, extra=extra)

    def listed_options(self) -> list[Option]:
        """The options that people see, by position."""
        if not self.poll.removed_option_count:
            return list(self.options.values())
        return [option for option in self.options.values() if option.removed_at is None]

    def votable_ids(self) -> Collection[UUID]:
        """The options that can be chosen: those that the host has not removed."""
        if not self.poll.removed_option_count:
            return self.options.keys()
        return [option.id for option in self.listed_options()]

    # What has changed

    def changes(self) -> list[BallotChange]:
        """The ballots that differ from before the batch."""
        return [
            (user_id, before, after)
            for user_id in self.touched
            if (before := self.before.get(user_id, ())) != (after := self.after[user_id])
        ]

    def apply(self, changes: Sequence[BallotChange]) -> PollDelta:
        """Adds ``changes`` to the counters of the poll and its options, and raises the version."""
        deltas: Counter[UUID | None] = Counter()
        for _, before, after in changes:
            for vote in before:
                deltas[vote.option_id] -= 1
            for vote in after:
                deltas[vote.option_id] += 1
            self.poll.ballot_count += bool(after) - bool(before)
        self.poll.version += 1
        counted = [self.options[id_] for id_, delta in deltas.items() if delta and id_ is not None]
        for option in counted:
            option.vote_count += deltas[option.id]
        return PollDelta(self.poll, changes, counted, self._cell_deltas(changes))

    def _cell_deltas(self, changes: Sequence[BallotChange]) -> Mapping[Cell, int]:
        """What ``changes`` add to the cells: those of the new ballots minus those of the old."""
        cells: Counter[Cell] = Counter()
        if self.kind is not None:
            for _, before, after in changes:
                cells.subtract(self.kind.cells(answers_of(before)))
                cells.update(self.kind.cells(answers_of(after)))
        return {cell: difference for cell, difference in cells.items() if difference}

    def events(self, delta: PollDelta, cells: Cells | None = None) -> list[TopicEvent]:
        """The events to publish once ``delta`` is committed.

        ``cells`` are those of the new tally that the kind shows; none for choices. They have no
        rounds: if the poll is closed, ``polls.live.reload_tallies`` counts them again.
        """
        poll = self.poll
        view = None if self.kind is None else view_cells(self.kind, cells or {})
        tally = count_tally(poll, self.listed_options(), view)
        update = VoteUpdate(version=version_of(poll, tally), poll=tally, new_vote=self._newest_vote)
        voted = {user_id for user_id, _, after in delta.changes if after} | self._guests
        retracted = {user_id for user_id, _, after in delta.changes if not after}
        return [*self.access_events(voted, retracted), (tally_topic(poll.id), update)]

    def access_events(
        self, voted: Collection[UUID], retracted: Collection[UUID] = frozenset()
    ) -> list[TopicEvent]:
        """The event that subscribes these people to the tally, or unsubscribes them."""
        if self.poll.results_visibility != ResultsVisibility.AFTER_VOTE:
            return []
        changed = BallotsChanged(
            poll_id=self.poll.id, voted=frozenset(voted), retracted=frozenset(retracted)
        )
        return [(poll_topic(self.poll.id), changed)]

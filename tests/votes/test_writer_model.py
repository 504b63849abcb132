"""Compares the writer with a simple model: in any order of events, both count the same.

Hypothesis generates the events: batches of ballots, closing and reopening, edits, suspensions, and
transactions that fail before or after their commit.
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from accounts.services import restore_user, suspend_user
from apikit.errors import ApiError
from apikit.ids import new_id
from polls.editing import OptionEdit, update_poll
from polls.errors import PollHasVotesError
from polls.models import Poll, PollKind
from polls.services import close_poll, create_poll, reopen_poll
from tests.conftest import actor_of, option_ids
from tests.votes.held_writer import HeldWriter
from votes import ledger
from votes.ballots import Ballot
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = pytest.mark.both

VOTERS = 4
OPTIONS = 3


class Fault(Enum):
    """How a transaction fails."""

    NONE = auto()
    NOT_BEGUN = auto()
    ROLLED_BACK = auto()
    # It is committed, but its result is lost.
    UNKNOWN = auto()


class FaultInjector:
    """Replaces ``ledger.record``: its transactions fail by ``faults``, in order, then never.

    ``committed`` lists the ballots that the model has to count, and whether each was a retry.
    """

    def __init__(self, record: Callable[..., ledger.LedgerResult]) -> None:
        self._record = record
        self.faults: list[Fault] = []
        self.committed: list[tuple[Ballot, bool]] = []
        self.is_answered: dict[UUID, bool] = {}

    def __call__(
        self, ballots: Sequence[Ballot], *, is_retry: bool = False, **options: Any
    ) -> ledger.LedgerResult:
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        self.is_answered |= {each.request_id: fault is Fault.NONE for each in ballots}
        if fault is Fault.NOT_BEGUN:
            raise OperationalError
        with transaction.atomic():
            result = self._record(ballots, is_retry=is_retry, **options)
            if fault is Fault.ROLLED_BACK:
                raise OperationalError
        self.committed += [(each, is_retry) for each in ballots]
        if fault is Fault.UNKNOWN:
            raise OperationalError
        return result


class PollModel:
    """The simplest model of a poll: each voter's options, and whether the poll is open."""

    def __init__(self, poll: Poll) -> None:
        self.poll = poll
        self.is_open = True
        self.ballots: dict[UUID, frozenset[UUID]] = {}
        self.written_by: dict[UUID, UUID] = {}

    def decide(self, ballot: Ballot, *, is_retry: bool) -> str:
        """Decides a ballot, and returns the expected result."""
        voter, chosen = ballot.voter_id, frozenset(ballot.option_ids)
        current = self.ballots.get(voter)
        if current and self.written_by[voter] == ballot.request_id:
            return "counted"
        if is_retry and not current and not chosen:
            return "counted"
        if not self.is_open:
            return "poll.closed"
        refusal = self._refuse(current, chosen)
        if refusal is None:
            self.ballots[voter], self.written_by[voter] = chosen, ballot.request_id
            if not chosen:
                del self.ballots[voter]
        return refusal or "counted"

    def _refuse(self, current: frozenset[UUID] | None, chosen: frozenset[UUID]) -> str | None:
        if not chosen:
            if not current:
                return "vote.not_found"
            return None if self.poll.allow_change else "vote.change_refused"
        if current and (current == chosen or not self.poll.allow_change):
            return "vote.duplicate"
        return None


# Voter, poll, options; without options, the vote is taken back.
CHOICES = st.tuples(
    st.integers(0, VOTERS - 1),
    st.integers(0, 1),
    st.lists(st.integers(0, OPTIONS - 1), max_size=2, unique=True),
)
POLLS = st.integers(0, 1)
PEOPLE = st.integers(0, VOTERS - 1)


class WriterMachine(RuleBasedStateMachine):
    """Two polls: one that allows changes and one that does not."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.faults = FaultInjector(ledger.record)
        self.patch.setattr(ledger, "record", self.faults)
        self.writer = HeldWriter()
        email = f"{new_id()}@example.org"
        self.owner = User.objects.create(name="Alice", email=email, is_staff=True)
        self.voters = [User.objects.create(name=f"Voter{n}", is_guest=True) for n in range(VOTERS)]
        self.suspended: set[UUID] = set()
        self.models = [self._make_poll(allow_change=False), self._make_poll(allow_change=True)]
        self.shown = [(0, [0] * OPTIONS) for _ in self.models]

    def teardown(self) -> None:
        self.writer.stop()
        self.patch.undo()

    def _make_poll(self, *, allow_change: bool) -> PollModel:
        poll = create_poll(
            actor=actor_of(self.owner),
            question="Tea or coffee?",
            options=["Tea", "Coffee", "Water"],
            kind=PollKind.MULTIPLE,
            max_choices=2,
            allow_change=allow_change,
            is_published=True,
        )
        return PollModel(poll)

    @rule(
        choices=st.lists(CHOICES, min_size=1, max_size=5),
        faults=st.lists(st.sampled_from(Fault), max_size=6),
    )
    def vote(self, choices: list[tuple[int, int, list[int]]], faults: list[Fault]) -> None:
        ballots = [self._ballot(*choice) for choice in choices]
        self.faults.faults, self.faults.committed = faults, []
        results = self._write_together(ballots)
        expected: dict[UUID, str] = {}
        for ballot, is_retry in self.faults.committed:
            expected[ballot.request_id] = self._decide(ballot, is_retry=is_retry)
        for ballot in ballots:
            if not self.faults.is_answered[ballot.request_id]:
                expected[ballot.request_id] = "server.unavailable"
        assert results == [expected[ballot.request_id] for ballot in ballots]

    def _ballot(self, voter: int, poll: int, positions: list[int]) -> Ballot:
        ids = option_ids(self.models[poll].poll)
        return Ballot(
            voter_id=self.voters[voter].id,
            poll_id=self.models[poll].poll.id,
            option_ids=tuple(ids[position] for position in positions),
        )

    def _decide(self, ballot: Ballot, *, is_retry: bool) -> str:
        if ballot.voter_id in self.suspended:
            return "account.suspended"
        [model] = [each for each in self.models if each.poll.id == ballot.poll_id]
        return model.decide(ballot, is_retry=is_retry)

    def _write_together(self, ballots: list[Ballot]) -> list[str]:
        """The result of each ballot: "counted" or the code of its error."""
        with self.writer.held():
            answers = [self.writer.submit(ballot) for ballot in ballots]
        errors = [answer.exception(30) for answer in answers]
        return [error.code if isinstance(error, ApiError) else "counted" for error in errors]

    @rule(poll=POLLS)
    def close(self, poll: int) -> None:
        close_poll(actor=actor_of(self.owner), poll_id=self.models[poll].poll.id)
        self.models[poll].is_open = False

    @rule(poll=POLLS)
    def reopen(self, poll: int) -> None:
        reopen_poll(actor=actor_of(self.owner), poll_id=self.models[poll].poll.id)
        self.models[poll].is_open = True

    @rule(poll=POLLS, order=st.permutations(["Tea", "Coffee", "Water", "Cocoa"]))
    def edit_options(self, poll: int, order: list[str]) -> None:
        """Refused after the first vote, unless nothing changes."""
        model, edits = self.models[poll], [OptionEdit(text) for text in order[:OPTIONS]]
        before = list(model.poll.options.order_by("position").values_list("text", flat=True))
        refused = bool(model.ballots) and before != order[:OPTIONS]
        try:
            update_poll(
                actor=actor_of(self.owner), poll_id=model.poll.id, changes={"options": edits}
            )
        except PollHasVotesError:
            assert refused
        else:
            assert not refused

    @rule(voter=PEOPLE, withdraws=st.booleans())
    def suspend(self, voter: int, withdraws: bool) -> None:
        user_id = self.voters[voter].id
        suspend_user(
            actor=actor_of(self.owner),
            user_id=user_id,
            reason="-",
            withdraws_contributions=withdraws,
        )
        self.suspended.add(user_id)
        for model in self.models:
            if withdraws:
                model.ballots.pop(user_id, None)

    @rule(voter=PEOPLE)
    def restore(self, voter: int) -> None:
        restore_user(actor=actor_of(self.owner), user_id=self.voters[voter].id)
        self.suspended.discard(self.voters[voter].id)

    @invariant()
    def stored_votes_equal_the_model(self) -> None:
        for model in self.models:
            stored: dict[UUID, set[UUID]] = {}
            for user_id, option_id in Vote.objects.filter(poll=model.poll).values_list(
                "user_id", "option_id"
            ):
                stored.setdefault(user_id, set()).add(option_id)
            assert stored == model.ballots
            assert all(len(ballot) <= 2 for ballot in stored.values())

    @invariant()
    def tallies_are_right_and_only_move_forward(self) -> None:
        for index, model in enumerate(self.models):
            poll = Poll.objects.get(id=model.poll.id)
            counts = [
                sum(option_id in ballot for ballot in model.ballots.values())
                for option_id in option_ids(poll)
            ]
            kept = list(poll.options.order_by("position").values_list("vote_count", flat=True))
            assert (kept, poll.ballot_count) == (counts, len(model.ballots))
            version, shown = self.shown[index]
            assert poll.version >= version
            assert poll.version > version or kept == shown
            self.shown[index] = poll.version, kept
        assert not list(find_mismatches())


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_the_writer_counts_as_a_simple_model_does() -> None:
    run: Any = run_state_machine_as_test
    run(
        WriterMachine,
        settings=settings(
            derandomize=True,
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            # Shrinking a failure takes longer than the time limit of a test.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )

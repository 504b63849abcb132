"""Samples: which states of a tally are stored, what they cost, and that they are true."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from polls.editing import OptionEdit, update_poll
from polls.models import Poll
from polls.services import delete_poll
from tests.conftest import MakePoll, actor_of, finish_removals, make_user, option_ids
from tests.votes.conftest import Clock
from votes import ledger, recount
from votes.ballots import Ballot
from votes.models import TallySample
from votes.recount import repair_tally
from votes.samples import SAMPLES_PER_LENGTH, interval_s
from votes.selectors import get_timeline_for
from votes.wire import Timeline

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def voters(db: None) -> list[User]:
    return [make_user(f"Voter{number}") for number in range(6)]


def cast(poll: Poll, *choices: tuple[User, int]) -> None:
    """One batch: each of these people votes for the option at this position."""
    ids = option_ids(poll)
    ledger.record(
        [
            Ballot(voter_id=user.id, poll_id=poll.id, option_ids=(ids[position],))
            for user, position in choices
        ]
    )


def kept(poll: Poll) -> list[tuple[int, datetime, list[int], int]]:
    """The samples of a poll, their counts in the order of its options."""
    ids = option_ids(poll)
    return [
        (each.version, each.at, [each.counts.get(key.hex, 0) for key in ids], each.ballot_count)
        for each in TallySample.objects.filter(poll=poll)
    ]


def test_the_last_state_of_each_interval_is_kept_once_it_is_over(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll()
    cast(poll, (voters[0], 0))
    left_at = clock.advance(0.5)
    cast(poll, (voters[1], 1), (voters[2], 1))
    assert kept(poll) == []
    clock.advance(0.5)
    cast(poll, (voters[3], 0))
    assert kept(poll) == [(2, left_at, [1, 2, 0], 3)]


def test_the_state_before_a_silence_is_kept_with_its_own_time(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll()
    began_at = clock.now()
    cast(poll, (voters[0], 0))
    clock.advance(86_400)
    cast(poll, (voters[1], 0))
    assert kept(poll) == [(1, began_at, [1, 0, 0], 1)]


def test_a_vote_within_an_interval_costs_no_query_more_and_after_it_one(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll()

    def query_count(voter: User) -> int:
        with CaptureQueriesContext(connection) as queries:
            cast(poll, (voter, 0))
        # Without the one that reads the options for this test's ballots.
        return len(queries) - 1

    first = query_count(voters[0])
    clock.advance(0.9)
    assert query_count(voters[1]) == first
    clock.advance(0.1)
    assert query_count(voters[2]) == first + 1
    clock.advance(0.1)
    assert query_count(voters[3]) == first


def test_many_polls_that_leave_samples_together_cost_one_query(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    polls = [make_poll() for _ in range(4)]

    def record(voter: User, polls: list[Poll]) -> int:
        ballots = [
            Ballot(voter_id=voter.id, poll_id=poll.id, option_ids=(option_ids(poll)[0],))
            for poll in polls
        ]
        with CaptureQueriesContext(connection) as queries:
            ledger.record(ballots)
        return len(queries)

    first = record(voters[0], polls)
    clock.advance(1)
    assert record(voters[1], polls[:1]) == first + 1
    clock.advance(1)
    assert record(voters[2], polls) == first + 1
    assert [len(kept(poll)) for poll in polls] == [2, 1, 1, 1]
    assert list(Poll.objects.order_by("id").values_list("sample_count", flat=True)) == [2, 1, 1, 1]


def test_intervals_double_so_that_a_year_of_votes_leaves_few_thousand_samples() -> None:
    assert interval_s(0) == interval_s(SAMPLES_PER_LENGTH - 1) == 1
    assert interval_s(SAMPLES_PER_LENGTH) == 2
    time_s = count = 0
    while time_s < 365 * 86_400:
        time_s += interval_s(count)
        count += 1
    assert count < 5_100


def test_the_more_samples_there_are_the_longer_the_intervals(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll(allow_change=True)
    Poll.objects.filter(id=poll.id).update(sample_count=3 * SAMPLES_PER_LENGTH)
    clock.advance(-(clock.now().timestamp() % 8))
    for second in range(17):
        cast(poll, (voters[0], second % 2))
        clock.advance(1)
    assert [version for version, *_ in kept(poll)] == [8, 16]


def test_a_clock_that_is_behind_does_not_turn_time_back(
    make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    """Votes come through two machines in turn, the clock of one two seconds behind."""
    poll = make_poll()
    began_at = clock.now()
    for number, voter in enumerate(voters):
        clock.time = began_at + timedelta(seconds=2 * (number % 2))
        cast(poll, (voter, 0))
    assert [(version, at) for version, at, *_ in kept(poll)] == [(1, began_at)]
    poll.refresh_from_db()
    assert poll.tallied_at == began_at + timedelta(seconds=2)


def test_samples_go_with_their_poll(
    alice: User, make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll()
    cast(poll, (voters[0], 0))
    clock.advance(1)
    cast(poll, (voters[1], 0))
    assert TallySample.objects.exists()
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    finish_removals()
    assert not TallySample.objects.exists()


def test_withdrawn_votes_leave_the_timeline_when_they_left_the_tally(
    alice: User, make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll()
    cast(poll, (voters[0], 0), (voters[1], 1))
    clock.advance(5)
    ledger.withdraw(voters[0].id, poll.id)
    timeline = get_timeline_for(actor_of(alice), poll.id)
    assert series(timeline) == [[0, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert [point.ballot_count for point in timeline.points] == [0, 2, 1]


def test_a_repaired_tally_is_the_last_of_its_timeline_and_leaves_no_wrong_sample(
    alice: User,
    make_poll: MakePoll,
    voters: list[User],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll = make_poll()
    cast(poll, (voters[0], 0))
    clock.advance(1)
    cast(poll, (voters[1], 0))
    poll.options.filter(position=0).update(vote_count=70)
    monkeypatch.setattr(recount, "timezone", clock)
    repaired_at = clock.advance(5)
    repair_tally(poll.id)
    timeline = get_timeline_for(actor_of(alice), poll.id)
    assert series(timeline)[0] == [0, 1, 2]
    assert timeline.points[-1].at == repaired_at


def test_options_replaced_after_all_votes_were_taken_back_begin_with_nothing(
    alice: User, make_poll: MakePoll, voters: list[User], clock: Clock
) -> None:
    poll = make_poll(allow_change=True)
    cast(poll, (voters[0], 0))
    clock.advance(1)
    ledger.record([Ballot(voter_id=voters[0].id, poll_id=poll.id, option_ids=())])
    edits = [OptionEdit(text) for text in ("Milk", "Coffee", "Tea")]
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": edits})
    clock.advance(1)
    cast(poll, (voters[0], 0))
    timeline = get_timeline_for(actor_of(alice), poll.id)
    assert [option.text for option in timeline.options] == ["Milk", "Coffee", "Tea"]
    assert series(timeline) == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]


def series(timeline: Timeline) -> list[list[int]]:
    """The votes of each option over time."""
    return [list(option.vote_counts) for option in timeline.options]


# Whatever happens, in any order: samples are a part of the true history.

State = tuple[int, datetime, list[int], int]
Step = Callable[["History"], object]


@dataclass
class History:
    """A poll, voters, a clock, and every committed state."""

    poll: Poll
    voters: list[User]
    clock: Clock
    states: list[State] = field(default_factory=list)

    def run(self, step: Step) -> None:
        step(self)
        poll = Poll.objects.get(id=self.poll.id)
        if poll.version and (not self.states or self.states[-1][0] != poll.version):
            assert poll.tallied_at is not None
            counts = [option.vote_count for option in poll.options.order_by("position")]
            self.states.append((poll.version, poll.tallied_at, counts, poll.ballot_count))


def wait(seconds: float) -> Step:
    return lambda history: history.clock.advance(seconds)


def vote_together(choices: list[tuple[int, int | None]]) -> Step:
    """A batch; None takes the vote back. Some ballots are refused."""

    def step(history: History) -> None:
        ids = option_ids(history.poll)
        ledger.record(
            [
                Ballot(
                    voter_id=history.voters[voter].id,
                    poll_id=history.poll.id,
                    option_ids=() if position is None else (ids[position],),
                )
                for voter, position in choices
            ]
        )

    return step


def withdraw(voter: int) -> Step:
    return lambda history: ledger.withdraw(history.voters[voter].id, history.poll.id)


VOTERS = st.integers(0, 5)
STEPS = st.one_of(
    st.builds(wait, st.sampled_from([-0.7, 0.2, 0.9, 1.0, 3.0, 70.0])),
    st.builds(
        vote_together,
        st.lists(st.tuples(VOTERS, st.none() | st.integers(0, 2)), min_size=1, max_size=4),
    ),
    st.builds(withdraw, VOTERS),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=25), points=st.integers(2, 12))
def test_samples_are_a_part_of_the_true_history(
    make_poll: MakePoll, voters: list[User], clock: Clock, steps: list[Step], points: int
) -> None:
    history = History(make_poll(allow_change=True), voters, clock)
    for step in steps:
        history.run(step)
    poll = Poll.objects.get(id=history.poll.id)
    rows = kept(poll)
    assert all(row in history.states for row in rows)
    assert history.states[-1:] == [row for row in history.states if row[0] == poll.version]
    assert not [row for row in rows if row[0] == poll.version]
    assert poll.sample_count == len(rows)
    seconds = [int(at.timestamp()) for _, at, *_ in rows]
    assert seconds == sorted(set(seconds))
    check_timeline(get_timeline_for(actor_of(poll.creator), poll.id, points), history, points)


def check_timeline(timeline: Timeline, history: History, points: int) -> None:
    """Checks the number of points, their order, and that each was a true state."""
    shown = [
        (point.version, point.at, [option.vote_counts[index] for option in timeline.options])
        for index, point in enumerate(timeline.points)
    ]
    assert 1 <= len(shown) <= points
    assert [each[0] for each in shown] == sorted({each[0] for each in shown})
    assert [each[1] for each in shown] == sorted(each[1] for each in shown)
    assert [point.total_votes for point in timeline.points] == [sum(each[2]) for each in shown]
    assert shown[0][2] == [0, 0, 0]
    true = [state[:3] for state in history.states]
    assert all(each in true for each in shown[1:])
    assert shown[-1] == true[-1] if true else len(shown) == 1

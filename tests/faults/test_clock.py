"""The clock is set back, for instance by NTP: nothing waits until it has caught up.

A test cannot set the machine's clock, so the functions that read it are replaced.
"""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import User
from apikit import throttling
from apikit.errors import TooManyRequestsError
from polls.deadlines import apply_deadlines
from polls.editing import update_poll
from polls.errors import PollClosedError
from polls.models import Poll
from polls.services import close_poll, reopen_poll
from realtime.hub import Hub
from tests.conftest import MakePoll, actor_of, vote
from votes.models import TallySample
from votes.selectors import get_timeline_for

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

AN_HOUR_S = 3600.0


class WallClock:
    """Replaces the clock that the code reads."""

    def __init__(self) -> None:
        self.now_s = float(int(time.time()))

    def time(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)

    def advance(self, seconds: float) -> datetime:
        self.now_s += seconds
        return self.now()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    clock = WallClock()
    monkeypatch.setattr(timezone, "now", clock.now)
    monkeypatch.setattr(throttling, "time", SimpleNamespace(time=clock.time))
    return clock


def test_votes_are_counted_and_their_history_does_not_go_back(
    clock: WallClock, alice: User, bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    versions = []
    for voter, step_s in ((bob, 5), (charlie, -AN_HOUR_S), (alice, -1), (guest, AN_HOUR_S + 10)):
        clock.advance(step_s)
        vote(voter, poll, 0)
        before = poll.tallied_at
        poll.refresh_from_db()
        versions.append(poll.version)
        assert poll.tallied_at is not None
        assert before is None or poll.tallied_at >= before
    assert versions == [1, 2, 3, 4]
    kept = list(TallySample.objects.filter(poll=poll).order_by("version").values_list("at"))
    assert kept
    assert kept == sorted(kept)
    timeline = get_timeline_for(actor_of(alice), poll.id, 100)
    moments = [point.at for point in timeline.points]
    assert moments == sorted(moments)


def test_a_poll_closed_by_hand_stays_closed(
    clock: WallClock, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    clock.advance(-AN_HOUR_S)
    with pytest.raises(PollClosedError):
        vote(bob, poll, 0)
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    vote(bob, poll, 0)


def test_a_poll_whose_deadline_was_applied_stays_closed(
    clock: WallClock, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(closes_at=clock.now() + timedelta(seconds=10))
    clock.advance(11)
    apply_deadlines()
    clock.advance(-AN_HOUR_S)
    with pytest.raises(PollClosedError):
        vote(bob, poll, 0)
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "Still closed?"})
    apply_deadlines()
    with pytest.raises(PollClosedError):
        vote(bob, poll, 0)
    assert Poll.objects.get(id=poll.id).ballot_count == 0


def test_a_poll_that_has_opened_takes_votes_only_when_its_time_has_come(
    clock: WallClock, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(opens_at=clock.now() + timedelta(seconds=10))
    clock.advance(11)
    apply_deadlines()
    vote(bob, poll, 0)
    clock.advance(-AN_HOUR_S)
    apply_deadlines()
    clock.advance(AN_HOUR_S)
    poll.refresh_from_db()
    assert (poll.ballot_count, poll.opened_at is not None) == (1, True)


@pytest.mark.parametrize("step_s", [-1, -61, -AN_HOUR_S, AN_HOUR_S])
def test_nobody_is_told_to_wait_longer_than_a_window_or_less_than_nothing(
    clock: WallClock, step_s: float
) -> None:
    window = throttling.FixedWindow(1, 60)
    for _ in range(2):
        is_admitted = window.admits("bob", clock.time())
    assert not is_admitted
    clock.advance(step_s)
    window.admits("bob", clock.time())
    assert 0 < window.seconds_left(clock.time()) <= 60
    clock.advance(window.seconds_left(clock.time()))
    assert window.admits("bob", clock.time())


def test_a_shared_limit_never_says_to_wait_for_a_negative_time(clock: WallClock) -> None:
    limit = throttling.SharedLimit("test-of-the-clock", 1, 60)
    limit.count("bob")
    for step_s in (-AN_HOUR_S, 2 * AN_HOUR_S):
        clock.advance(step_s)
        with pytest.raises(TooManyRequestsError) as refusal:
            limit.count("bob")
        assert refusal.value.retry_after_s is not None
        assert refusal.value.retry_after_s >= 1
    throttling.forget_counts()


async def test_sockets_do_not_look_at_it() -> None:
    """Sockets use the monotonic clock, for pace, bounds and stalled clients."""
    hub = Hub()
    assert time.get_clock_info("monotonic").monotonic
    assert hub.now_s == hub.loop.time
    assert abs(hub.now_s() - time.monotonic()) < 60
    await hub.stop()

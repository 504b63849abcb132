"""Detection of spikes in votes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.errors import ForbiddenError
from polls.models import Poll
from tests.conftest import MakePoll, actor_of, vote
from votes import spikes
from votes.spikes import find_spikes, is_spike

pytestmark = pytest.mark.both

HOUR_S = 3600


@pytest.mark.parametrize(
    ("recent", "earlier", "earlier_s", "expected"),
    [
        (20, 0, HOUR_S, True),
        (19, 0, HOUR_S, False),
        # 60 an hour are 10 in ten minutes.
        (50, 60, HOUR_S, True),
        (49, 60, HOUR_S, False),
        # Opened a moment before the window: the earlier rate is over ten minutes at least.
        (50, 10, 1, True),
        (49, 10, 1, False),
        # Opened within the window.
        (1000, 0, 0, False),
        (1000, 0, -5, False),
    ],
)
def test_a_spike_stands_out_from_the_earlier_rate(
    recent: int, earlier: int, earlier_s: float, expected: bool
) -> None:
    assert is_spike(recent=recent, earlier=earlier, earlier_s=earlier_s) is expected


@pytest.mark.django_db(transaction=True)
def test_spikes_are_found_among_recent_votes(
    make_poll: MakePoll, bob: User, charlie: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spikes, "MIN_BALLOTS", 2)
    old, new, quiet = make_poll(), make_poll(), make_poll()
    opened_at = timezone.now() - timedelta(days=1)
    Poll.objects.filter(id__in=[old.id, quiet.id]).update(opened_at=opened_at)
    for poll in (old, new):
        vote(bob, poll, 0)
        vote(charlie, poll, 1)
    vote(bob, quiet, 0)
    now = timezone.now()
    [found] = find_spikes(actor_of(staff), now, 10)
    assert (found.poll, found.recent, found.earlier) == (old, 2, 0)
    assert find_spikes(actor_of(staff), now + timedelta(minutes=11), 10) == []
    with pytest.raises(ForbiddenError):
        find_spikes(actor_of(bob), now, 10)

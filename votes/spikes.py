"""Finds polls whose voting rate has suddenly risen, for moderators."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.ids import first_id_at
from polls.models import Poll
from votes.models import Vote

WINDOW = timedelta(minutes=10)
# Fewer ballots within the window are never a spike.
MIN_BALLOTS = 20
# A spike is at least this many times the earlier rate of the poll.
MIN_RATIO = 5
# How many of the newest votes are read, so that the cost is bounded.
VOTES_READ = 10_000


@dataclass(frozen=True, slots=True)
class VoteSpike:
    """A poll with ``recent`` ballots within WINDOW, and ``earlier`` ones since it opened."""

    poll: Poll
    recent: int
    earlier: int


def is_spike(*, recent: int, earlier: int, earlier_s: float) -> bool:
    """Whether ``recent`` ballots within WINDOW stand out from ``earlier`` ones in ``earlier_s``.

    A poll that opened within the window has no earlier rate: many votes at once are normal then.
    """
    if earlier_s <= 0 or recent < MIN_BALLOTS:
        return False
    usual = earlier * WINDOW.total_seconds() / max(earlier_s, WINDOW.total_seconds())
    return recent >= MIN_RATIO * usual


def find_spikes(actor: Actor, now: datetime, limit: int) -> list[VoteSpike]:
    """The ``limit`` largest spikes among the newest VOTES_READ votes; two queries.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    if not actor.is_staff:
        raise ForbiddenError
    since = now - WINDOW
    votes = Vote.objects.filter(id__gte=first_id_at(since)).order_by("-id")
    ballots = set(votes.values_list("poll_id", "user_id")[:VOTES_READ])
    recent: Counter[UUID] = Counter(poll_id for poll_id, _ in ballots)
    busy = [poll_id for poll_id, count in recent.items() if count >= MIN_BALLOTS]
    found = [
        VoteSpike(poll, recent[poll.id], max(0, poll.ballot_count - recent[poll.id]))
        for poll in Poll.objects.select_related("creator").filter(id__in=busy)
        if poll.opened_at is not None
    ]
    spikes = [spike for spike in found if _is_spike_since(spike, since)]
    return sorted(spikes, key=lambda spike: spike.recent, reverse=True)[:limit]


def _is_spike_since(spike: VoteSpike, since: datetime) -> bool:
    opened_at = spike.poll.opened_at
    earlier_s = (since - opened_at).total_seconds() if opened_at else 0
    return is_spike(recent=spike.recent, earlier=spike.earlier, earlier_s=earlier_s)

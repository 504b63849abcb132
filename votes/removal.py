"""Deletes the votes and samples of deleted polls, see ``polls.removal``."""

from uuid import UUID

from polls.models import PollRemoval
from votes.models import TallySample, Vote


def remove_votes(poll_id: UUID, limit: int) -> int:
    """Deletes at most ``limit`` votes of a deleted poll; returns their number."""
    ids = list(Vote.objects.filter(poll_id=poll_id).order_by().values_list("id", flat=True)[:limit])
    if ids:
        Vote.objects.filter(id__any_of=ids).delete()
    return len(ids)


def remove_samples(poll_id: UUID, limit: int) -> int:
    """Deletes at most ``limit`` samples of a deleted poll; returns their number."""
    samples = TallySample.objects.filter(poll_id=poll_id).order_by()
    ids = list(samples.values_list("id", flat=True)[:limit])
    if ids:
        TallySample.objects.filter(id__in=ids).delete()
    return len(ids)


def remove_leftovers_of(user_id: UUID) -> None:
    """Deletes a person's votes in deleted polls, so that the person can be deleted."""
    removals = PollRemoval.objects.filter(finished_at=None).order_by().values("poll_id")
    Vote.objects.filter(user_id=user_id, poll_id__in=removals).delete()

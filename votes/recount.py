"""Compares counters with the stored votes, and repairs them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from polls.events import VoteUpdate
from polls.models import Option, Poll
from polls.removal import has_standing_poll
from polls.tally import count_tally
from polls.topics import tally_topic
from realtime import publish
from votes.models import Vote
from votes.samples import latest


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter that differs from the votes; ``option_id`` is None for the ballot count."""

    poll_id: UUID
    option_id: UUID | None
    kept: int
    counted: int


def find_mismatches(poll_ids: Collection[UUID] | None = None) -> Iterator[Mismatch]:
    """Finds the wrong counters of these polls, or of all, with two queries that count every vote.

    Never for a request. Each query sees one snapshot, in which counters and votes have to agree.
    """
    options = Option.objects.filter(has_standing_poll()).annotate(counted=Count("votes"))
    if poll_ids is not None:
        options = options.filter(poll__in=poll_ids)
    for option in options.exclude(vote_count=F("counted")).iterator():
        yield Mismatch(option.poll_id, option.id, option.vote_count, option.counted)
    polls = Poll.objects.annotate(counted=Count("votes__user", distinct=True)).exclude(
        ballot_count=F("counted")
    )
    if poll_ids is not None:
        polls = polls.filter(id__in=poll_ids)
    for poll in polls.iterator():
        yield Mismatch(poll.id, None, poll.ballot_count, poll.counted)


def repair_tally(poll_id: UUID) -> None:
    """Recounts the votes of a poll, and publishes the corrected tally after the commit."""
    with transaction.atomic():
        poll = Poll.objects.select_for_update().filter(id=poll_id).first()
        if poll is None:
            return
        votes = Vote.objects.filter(poll=poll)
        counted = dict(votes.values_list("option_id").annotate(Count("id")).order_by())
        options = list(poll.options.order_by("position"))
        for option in options:
            option.vote_count = counted.get(option.id, 0)
        Option.objects.bulk_update(options, ["vote_count"])
        poll.ballot_count = votes.aggregate(count=Count("user", distinct=True))["count"]
        poll.version += 1
        # No sample of the previous tally, because it was wrong.
        poll.tallied_at = latest([timezone.now(), poll.tallied_at])
        poll.save(update_fields=["ballot_count", "version", "tallied_at"])
        update = VoteUpdate(version=poll.version, poll=count_tally(poll, options))
        transaction.on_commit(partial(publish, tally_topic(poll.id), update))

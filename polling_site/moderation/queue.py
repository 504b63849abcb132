"""The moderation queue on the start page of the admin."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from polls.abuse_reports import ReportedPoll, list_reported_polls
from polls.models import Poll
from votes.spikes import VoteSpike, find_spikes

# Rows of each list; the complete lists are a click away.
ROWS = 10


@dataclass(frozen=True, slots=True)
class ModerationQueue:
    """Lists of at most ROWS rows, the most urgent or newest first."""

    reported: list[ReportedPoll]
    spikes: list[VoteSpike]
    newest: list[Poll]
    hidden: list[Poll]
    suspended: list[User]


def read_moderation_queue(actor: Actor, now: datetime) -> ModerationQueue:
    """Reads the queue with seven queries, however many polls and users there are.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    if not actor.is_staff:
        raise ForbiddenError
    polls = Poll.objects.select_related("creator")
    suspended = User.objects.filter(suspended_at__isnull=False, erased_at=None)
    return ModerationQueue(
        reported=list_reported_polls(actor, ROWS),
        spikes=find_spikes(actor, now, ROWS),
        newest=list(polls.order_by("-id")[:ROWS]),
        hidden=list(polls.filter(hidden_at__isnull=False).order_by("-hidden_at")[:ROWS]),
        suspended=list(suspended.order_by("-suspended_at")[:ROWS]),
    )

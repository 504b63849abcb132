"""Abuse reports of polls, and the decisions of moderators."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.throttling import SharedLimit
from polls.models import AbuseReason, AbuseReport, AbuseReportState, Poll
from polls.selectors import get_poll_for

# Beyond this, reports are acknowledged but not stored: moderators know of the poll.
MAX_OPEN_REPORTS_PER_POLL = 100
# How many of the newest open reports are grouped by poll.
QUEUE_DEPTH = 1_000
_WINDOW_S = 3600


@dataclass(frozen=True, slots=True)
class ReportedPoll:
    """A poll with open reports, and their number among the newest QUEUE_DEPTH."""

    poll: Poll
    report_count: int
    newest: AbuseReport


def count_report_attempt(*, actor: Actor, address: str) -> None:
    """Count an attempt of an account, or of the address of guests and visitors.

    Creating guests is free, so they share the limit of their address.

    :raises TooManyRequestsError: over ``ABUSE_REPORTS_PER_HOUR``.
    """
    has_account = actor.is_authenticated and not actor.is_guest
    limit = SharedLimit("abuse-report", settings.ABUSE_REPORTS_PER_HOUR, _WINDOW_S)
    limit.count(str(actor.id) if has_account else address)


def report_poll(*, actor: Actor, poll_id: UUID, reason: AbuseReason, note: str = "") -> bool:
    """Store a report of a poll that ``actor`` may see; return whether it is new.

    Stores one report per user and poll, and at most MAX_OPEN_REPORTS_PER_POLL open ones per poll.

    :raises AuthenticationRequiredError: for a visitor, who has to become a guest first.
    :raises PollNotFoundError: for hidden polls and drafts as for missing ones.
    """
    reporter_id = actor.signed_in_id()
    poll = get_poll_for(actor, poll_id)
    open_reports = AbuseReport.objects.filter(poll=poll, state=AbuseReportState.OPEN)
    if open_reports.count() >= MAX_OPEN_REPORTS_PER_POLL:
        return False
    try:
        with transaction.atomic():
            AbuseReport.objects.create(
                poll=poll,
                reporter_id=reporter_id,
                reason=reason,
                note=note,
                created_at=timezone.now(),
            )
    except IntegrityError:
        # Reported before, or deleted in the meantime.
        return False
    return True


def decide_report(*, actor: Actor, report_id: UUID, state: AbuseReportState) -> bool:
    """Resolve or dismiss an open report; return whether it was open.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    if not actor.is_staff:
        raise ForbiddenError
    reports = AbuseReport.objects.filter(id=report_id, state=AbuseReportState.OPEN)
    decision = {"state": state, "decided_at": timezone.now(), "decided_by_id": actor.id}
    return reports.update(**decision) > 0


def resolve_reports_of(*, actor: Actor, poll_id: UUID) -> int:
    """Resolve all open reports of a poll; return how many there were."""
    reports = AbuseReport.objects.filter(poll_id=poll_id, state=AbuseReportState.OPEN)
    return reports.update(
        state=AbuseReportState.RESOLVED, decided_at=timezone.now(), decided_by_id=actor.id
    )


def list_reported_polls(actor: Actor, limit: int) -> list[ReportedPoll]:
    """Return the ``limit`` polls with the most open reports; two queries.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    if not actor.is_staff:
        raise ForbiddenError
    reports = AbuseReport.objects.filter(state=AbuseReportState.OPEN).order_by("-id")
    newest = list(reports[:QUEUE_DEPTH])
    counts = Counter(report.poll_id for report in newest)
    first: dict[UUID, AbuseReport] = {}
    for report in newest:
        first.setdefault(report.poll_id, report)
    chosen = counts.most_common(limit)
    polls = Poll.objects.select_related("creator").in_bulk([poll_id for poll_id, _ in chosen])
    return [
        ReportedPoll(polls[poll_id], count, first[poll_id])
        for poll_id, count in chosen
        if poll_id in polls
    ]

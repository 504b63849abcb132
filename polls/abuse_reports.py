"""Reports of polls by voters, and what moderators decide about them."""

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

# Moderators know of the poll by then; more reports of it are acknowledged and not stored.
MAX_OPEN_REPORTS_PER_POLL = 100
# How many open reports the queue groups by poll, newest first.
QUEUE_DEPTH = 1_000
_WINDOW_S = 3600


@dataclass(frozen=True, slots=True)
class ReportedPoll:
    """A poll with open reports: how many of the newest QUEUE_DEPTH are about it."""

    poll: Poll
    report_count: int
    newest: AbuseReport


def count_report_attempt(*, actor: Actor, address: str) -> None:
    """Counts an attempt for the account, or for the address of guests and visitors.

    Guests cost nothing to create, so they share the limit of their address.

    :raises TooManyRequestsError: past ``ABUSE_REPORTS_PER_HOUR``.
    """
    has_account = actor.is_authenticated and not actor.is_guest
    limit = SharedLimit("abuse-report", settings.ABUSE_REPORTS_PER_HOUR, _WINDOW_S)
    limit.count(str(actor.id) if has_account else address)


def report_poll(*, actor: Actor, poll_id: UUID, reason: AbuseReason, note: str = "") -> bool:
    """Stores a report of a poll that ``actor`` may see; returns whether it is a new one.

    Only the first report of a person is stored, and at most MAX_OPEN_REPORTS_PER_POLL open ones
    for a poll.

    :raises AuthenticationRequiredError: for a visitor, who has to become a guest first.
    :raises PollNotFoundError: for a hidden poll or a draft as for a missing one.
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
        # Reported before, or deleted since it was read.
        return False
    return True


def decide_report(*, actor: Actor, report_id: UUID, state: AbuseReportState) -> bool:
    """Marks an open report as resolved or dismissed; returns whether it was open.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    if not actor.is_staff:
        raise ForbiddenError
    reports = AbuseReport.objects.filter(id=report_id, state=AbuseReportState.OPEN)
    decision = {"state": state, "decided_at": timezone.now(), "decided_by_id": actor.id}
    return reports.update(**decision) > 0


def resolve_reports_of(*, actor: Actor, poll_id: UUID) -> int:
    """Marks all open reports of a poll as resolved; returns how many there were."""
    reports = AbuseReport.objects.filter(poll_id=poll_id, state=AbuseReportState.OPEN)
    return reports.update(
        state=AbuseReportState.RESOLVED, decided_at=timezone.now(), decided_by_id=actor.id
    )


def list_reported_polls(actor: Actor, limit: int) -> list[ReportedPoll]:
    """The ``limit`` polls with most open reports; two queries.

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

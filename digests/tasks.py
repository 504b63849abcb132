"""The scheduled job that sends digests.

Sent at most once: the row of an account moves to the end of the period before its email is sent, by
a conditional update, so that of several workers one sends. If the mail server does not answer, the
row is moved back and the job tried again. Only a worker that is killed between the two loses the
digest of one account.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Digest, User
from apikit.background import report_failure
from apikit.errors import ServerUnavailableError
from apikit.wire import Wire
from digests.collecting import CountVotes, collect_content, vote_counter
from digests.emails import write_digest
from digests.models import DigestState
from digests.periods import last_end
from jobs.registry import task
from jobs.run import Run
from jobs.schedules import schedule
from jobs.services import enqueue_for_site

log = structlog.get_logger(__name__)

NAME = "digests"
WORK = "digest"
# Accounts that are read at a time, and looked at in one job; another one does the rest.
PAGE = 100
MAX_PER_RUN = 2000
_SENDING_ENDS_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestsPayload(Wire):
    """No fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestsSent(Wire):
    """How many emails were sent, and for how many accounts nothing had happened."""

    sent_count: int
    quiet_count: int
    failed_count: int


@task(NAME, payload=DigestsPayload, is_internal=True, timeout_s=_SENDING_ENDS_AFTER.total_seconds())
def send_digests(run: Run, payload: DigestsPayload) -> None:
    """Sends the digests that are due; those of a time in which nothing happened are left out."""
    # So that a digest that is turned on again does not begin with what was long ago.
    DigestState.objects.filter(user__digest=Digest.OFF).delete()
    counts = {"sent": 0, "quiet": 0, "failed": 0}
    count_votes = vote_counter()
    looked_at = 0
    connection = get_connection()
    try:
        for user, state in _due(timezone.now()):
            if looked_at == MAX_PER_RUN:
                break
            looked_at += 1
            run.report(0, f"{counts['sent']} sent")
            counts[_serve(user, state, connection, count_votes)] += 1
    finally:
        connection.close()
    with transaction.atomic():
        if looked_at == MAX_PER_RUN:
            enqueue_for_site(type_=NAME, payload=payload)
        run.succeed(
            DigestsSent(
                sent_count=counts["sent"],
                quiet_count=counts["quiet"],
                failed_count=counts["failed"],
            )
        )


schedule(NAME, type_=NAME, payload=DigestsPayload(), every=timedelta(hours=1))


def _due(now: datetime) -> Iterator[tuple[User, DigestState]]:
    """Yield the accounts whose digest is due, PAGE at a time; begin rows for new ones."""
    for digest in (Digest.DAILY, Digest.WEEKLY):
        until = last_end(digest, now)
        wanted = User.objects.filter(digest=digest, is_active=True, email__isnull=False)
        states = DigestState.objects.filter(user__in=wanted, covered_until__lt=until)
        new = wanted.filter(~Q(id__in=DigestState.objects.values("user_id")))
        while ids := list(new.order_by("id").values_list("id", flat=True)[:PAGE]):
            rows = [DigestState(user_id=each, covered_until=until) for each in ids]
            DigestState.objects.bulk_create(rows, ignore_conflicts=True)
        last = None
        while True:
            page = states.order_by("user_id").select_related("user")
            rows = list((page.filter(user_id__gt=last) if last else page)[:PAGE])
            if not rows:
                break
            last = rows[-1].user_id
            for row in rows:
                yield row.user, row


def _serve(
    user: User, state: DigestState, connection: BaseEmailBackend, count_votes: CountVotes
) -> str:
    """Send an account's digest, if something happened; return what came of it."""
    since, until = state.covered_until, last_end(Digest(user.digest), timezone.now())
    own = DigestState.objects.filter(user=user)
    if not own.filter(covered_until=since).update(covered_until=until):
        # Another worker was faster.
        return "quiet"
    content = collect_content(user, since, until, count_votes)
    if content.is_empty:
        return "quiet"
    message = write_digest(user, content)
    message.connection = connection
    try:
        # Stays open for the next one.
        connection.open()
        message.send()
    except (OSError, SMTPException) as error:
        if _is_permanent(error):
            report_failure(WORK, error, "digest not sent", conceals_text=True)
            return "failed"
        own.filter(covered_until=until).update(covered_until=since)
        raise ServerUnavailableError from error
    own.update(sent_at=timezone.now())
    return "sent"


def _is_permanent(error: Exception) -> bool:
    """Return whether the mail server refuses this recipient or email for good."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    elif isinstance(error, SMTPResponseException):
        codes = [error.smtp_code]
    else:
        return False
    return all(500 <= code < 600 for code in codes)

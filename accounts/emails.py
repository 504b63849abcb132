"""Sends emails in the background, so that a slow mail server delays no request, and its delay does
not reveal whether an address has an account.

Emails contain no text of users, not even a name: anyone can register someone else's address, and
could make this site send advertising to it. Invitations are the exception: they name the inviter
and the project, in a short form that no mail program turns into a link (``workspaces.quoting``).
"""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from smtplib import SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User
from apikit.background import BackgroundQueue, report_failure
from apikit.errors import ServerUnavailableError

WORK = "email"
# How long the exit of a process waits for unsent emails.
FLUSH_TIMEOUT_S = 10.0
# Retry-After while the queue is full.
RETRY_AFTER_S = 60

RESET_TEXT = """Hello,

We received a request to reset your password at {site}.
To choose a new password, open this link within one hour:

{site}/reset?token={token}

If you didn't request this, ignore this email. Your password won't change.
"""

EMAIL_CHANGE_TEXT = """Hello,

We received a request to use this address for an account at {site}.
To confirm it, open this link within one hour:

{site}/confirm-email?token={token}

If you didn't request this, ignore this email. Nothing will change.
"""

EMAIL_CHANGE_NOTICE = """Hello,

We received a request to change the email address of your account at {site}.
The change takes effect once the new address is confirmed.

If you didn't request this, someone else knows your password. Change it now, which also cancels the
request:

{site}/account
"""

EMAIL_CHANGED_NOTICE = """Hello,

The email address of your account at {site} was changed. This address is no longer linked to it.

If you didn't request this, contact the administrators of the site.
"""


def check_room_for_email() -> None:
    """Refuse a request that would send an email; call it before anything is changed.

    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    if _queue().is_full:
        raise ServerUnavailableError(retry_after_s=RETRY_AFTER_S)


def flush_emails(timeout_s: float = FLUSH_TIMEOUT_S) -> int:
    """Wait until all emails are sent or time is up; return how many are left."""
    return _queue().flush(timeout_s)


def queue_email(message: EmailMessage) -> None:
    """Send an email in the background; its subject must not contain text of users."""
    _queue().put(message)


def send_password_reset(user: User, token: str) -> None:
    """Sends the link for a new password."""
    _send(user.email or "", "Reset your password", RESET_TEXT, token=token)


def send_email_change_link(new_email: str, token: str) -> None:
    """Send the link that confirms a new address, to that address."""
    _send(new_email, "Confirm your new email address", EMAIL_CHANGE_TEXT, token=token)


def send_email_change_notice(old_email: str) -> None:
    """Notify the current address of a requested change, while it can be cancelled."""
    _send(old_email, "Your email address is about to change", EMAIL_CHANGE_NOTICE)


def send_email_changed_notice(old_email: str) -> None:
    """Notify the former address that it was replaced."""
    _send(old_email, "Your email address was changed", EMAIL_CHANGED_NOTICE)


def _send(to: str, subject: str, text: str, **values: str) -> None:
    body = text.format(site=settings.PUBLIC_URL, **values)
    queue_email(EmailMessage(subject, body, to=[to]))


@functools.cache
def _queue() -> BackgroundQueue[EmailMessage]:
    return BackgroundQueue(
        WORK,
        _open_sender,
        _report_unsent,
        maximum=settings.EMAIL_QUEUE_MAX,
        flush_timeout_s=FLUSH_TIMEOUT_S,
    )


def _open_sender() -> AbstractContextManager[Callable[[EmailMessage], None]]:
    return nullcontext(_deliver)


def _deliver(message: EmailMessage) -> None:
    message.send()


def _report_unsent(message: EmailMessage, error: Exception) -> None:
    """Report without the text of the error, in which mail servers repeat the address."""
    code = error.smtp_code if isinstance(error, SMTPResponseException) else None
    report_failure(
        WORK, error, "email not sent", conceals_text=True, subject=message.subject, smtp_code=code
    )

"""Emails, sent in the background: a slow mail server must hold nobody up, nor its slowness tell
whether an address has an account.

No text that a user wrote goes into them, not even a name: anybody can register anybody's address,
and would have this site send an advertisement to it.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User

log = structlog.get_logger(__name__)

_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="email")

RESET_TEXT = """Hello,

somebody, probably you, asked for a new password at {site}.
To choose one, open this link within an hour:

{site}/reset?token={token}

If it wasn't you, do nothing: your password stays as it is.
"""

EMAIL_CHANGE_TEXT = """Hello,

somebody, probably you, wants to use this address for their account at {site}.
To confirm that, open this link within an hour:

{site}/confirm-email?token={token}

If it wasn't you, do nothing: without the link nothing changes.
"""

EMAIL_CHANGE_NOTICE = """Hello,

somebody, probably you, asked to change the email address of your account at {site}.
It changes once the new address is confirmed.

If it wasn't you, somebody knows your password. Choose a new one now, which also cancels the change:

{site}/account
"""

EMAIL_CHANGED_NOTICE = """Hello,

the email address of your account at {site} was changed, and this one no longer belongs to it.

If it wasn't you, tell the people who run the site.
"""


def send_password_reset(user: User, token: str) -> "Future[None]":
    """The link with which ``user`` can choose a new password."""
    return _send(user.email or "", "Choose a new password", RESET_TEXT, token=token)


def send_email_change_link(new_email: str, token: str) -> "Future[None]":
    """The link that confirms a new address, to that address."""
    return _send(new_email, "Confirm your new email address", EMAIL_CHANGE_TEXT, token=token)


def send_email_change_notice(old_email: str) -> "Future[None]":
    """Tells the present address that a change was requested, while it can be cancelled."""
    return _send(old_email, "Your email address is about to change", EMAIL_CHANGE_NOTICE)


def send_email_changed_notice(old_email: str) -> "Future[None]":
    """Tells the former address that it was replaced."""
    return _send(old_email, "Your email address was changed", EMAIL_CHANGED_NOTICE)


def _send(to: str, subject: str, text: str, **values: str) -> "Future[None]":
    body = text.format(site=settings.PUBLIC_URL, **values)
    return _sender.submit(_deliver, EmailMessage(subject, body, to=[to]))


def _deliver(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        # smtplib's errors are OSErrors. Nobody waits for an answer, so the log has to do.
        log.error("email not sent", error=str(error))

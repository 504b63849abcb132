"""Emails, sent in the background: a slow mail server must hold nobody up, nor its slowness tell
whether an address has an account."""

from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User

log = structlog.get_logger(__name__)

_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="email")

RESET_TEXT = """Hello {name},

somebody, probably you, asked for a new password at {site}.
To choose one, open this link within an hour:

{site}/reset?token={token}

If it wasn't you, do nothing: your password stays as it is.
"""


def send_password_reset(user: User, token: str) -> "Future[None]":
    """The link with which ``user`` can choose a new password."""
    text = RESET_TEXT.format(name=user.name, site=settings.PUBLIC_URL, token=token)
    message = EmailMessage("Choose a new password", text, to=[user.email or ""])
    return _sender.submit(_send, message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        # smtplib's errors are OSErrors. Nobody waits for an answer, so the log has to do.
        log.error("email not sent", error=str(error))

"""Background emails: failures are logged and counted, and the queue is bounded."""

import smtplib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from prometheus_client import REGISTRY
from pytest_django import Settings
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from accounts import emails
from accounts.models import User
from tests.accounts.conftest import Post, bearer, wait_for_emails
from tests.conftest import PASSWORD, access_token

pytestmark = pytest.mark.django_db

REFUSAL = b"5.1.1 <ada@example.org>: user unknown"


def failures() -> float:
    labels = {"work": "email"}
    return REGISTRY.get_sample_value("tallyroom_background_failures_total", labels) or 0.0


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no mail server"),
        TimeoutError("timed out"),
        smtplib.SMTPDataError(550, REFUSAL),
        smtplib.SMTPRecipientsRefused({"ada@example.org": (550, REFUSAL)}),
        UnicodeEncodeError("ascii", "ada@example.org", 0, 1, "ordinal not in range"),
        RuntimeError("ada@example.org"),
    ],
)
def test_an_email_that_is_not_sent_is_logged_and_counted_without_the_address(
    ada: User, post: Post, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(_: object) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    before = failures()
    with capture_logs() as logs:
        assert post("password/reset", email="ada@example.org").status_code == 200
        wait_for_emails()
    [logged] = [each for each in logs if each["event"] == "email not sent"]
    assert logged["subject"] == "Reset your password"
    assert type(error).__name__ in logged["traceback"]
    assert "_deliver" in logged["traceback"]
    assert "ada@" not in str(logged)
    assert failures() == before + 1


def test_the_emails_after_one_that_failed_are_sent(
    ada: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, errors = mail.EmailMessage.send, [RuntimeError()]

    def fail_once(message: mail.EmailMessage) -> int:
        if errors:
            raise errors.pop()
        return send(message)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail_once)
    for _ in range(2):
        post("password/reset", email="ada@example.org")
    wait_for_emails()
    assert len(mail.outbox) == 1


@pytest.fixture
def stuck(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A slow mail server, and a full queue of two emails."""
    settings.EMAIL_QUEUE_MAX = 2
    emails._queue.cache_clear()
    may_go = threading.Event()
    entered = threading.Event()

    def wait(_: object) -> None:
        entered.set()
        may_go.wait(10)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", wait)
    emails.send_email_changed_notice("x@example.org")
    assert entered.wait(10)
    for _ in range(2):
        emails.send_email_changed_notice("x@example.org")
    yield
    may_go.set()
    wait_for_emails()
    emails._queue.cache_clear()


@pytest.mark.usefixtures("stuck")
@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_full_queue_refuses_what_would_send_an_email(ada: User, post: Post, email: str) -> None:
    """For all addresses, so that it does not reveal who has an account."""
    response = post("password/reset", email=email)
    assert (response.status_code, response.json()["code"]) == (503, "server.unavailable")
    assert response.headers["Retry-After"] == str(emails.RETRY_AFTER_S)


@pytest.mark.usefixtures("stuck")
def test_a_full_queue_refuses_a_change_of_the_address(ada: User) -> None:
    body = {"email": "new@example.org", "currentPassword": PASSWORD}
    response: Any = bearer(access_token(ada)).put("/api/users/me", body)
    assert response.status_code == 503
    ada.refresh_from_db()
    assert ada.pending_email == ""


@pytest.mark.usefixtures("stuck")
def test_the_page_shows_that_the_service_is_busy(ada: User, client: APIClient) -> None:
    response = client.post("/reset", {"email": "ada@example.org"})
    assert response.status_code == 503


@pytest.mark.usefixtures("stuck")
def test_an_email_that_does_not_fit_in_the_queue_is_logged_and_counted(ada: User) -> None:
    before = failures()
    with capture_logs() as logs:
        emails.send_email_changed_notice("ada@example.org")
    assert "email not sent" in {each["event"] for each in logs}
    assert "ada@" not in str(logs)
    assert failures() == before + 1

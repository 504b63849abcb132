"""Password resets: a link by email that works once, for an hour."""

import re
from datetime import datetime, timedelta
from unittest.mock import ANY

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import sign_in
from accounts.models import User
from accounts.sign_in import open_token_family
from tests.accounts.conftest import NEW_PASSWORD, Post, Response, lets_in, wait_for_emails
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def ask(post: Post, email: str = "ada@example.org") -> Response:
    response = post("password/reset", email=email)
    wait_for_emails()
    return response


def confirm(post: Post, token: str, password: str = NEW_PASSWORD) -> Response:
    return post("password/reset/confirm", token=token, newPassword=password)


@pytest.fixture
def token(ada: User, post: Post) -> str:
    """The token of the link in the email."""
    ask(post)
    found = re.search(r"\?token=(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def may_log_in(post: Post, password: str) -> bool:
    return bool(post("login", email="ada@example.org", password=password).status_code == 200)


def test_the_link_is_sent_to_the_account_and_leads_to_this_site(
    ada: User, post: Post, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://polls.example.org"
    response = ask(post, " ADA@example.org")
    assert response.status_code == 200
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert re.search(
        r"^https://polls\.example\.org/reset\?token=\S+$", str(sent.body), re.MULTILINE
    )
    # A stranger may have registered the address, with an advertisement as the name.
    assert "Ada" not in str(sent.body)


def test_the_host_header_does_not_change_the_link(ada: User, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://polls.example.org"
    APIClient().post(
        "/api/auth/password/reset",
        {"email": "ada@example.org"},
        HTTP_HOST="evil.example",
        HTTP_X_FORWARDED_HOST="evil.example",
    )
    wait_for_emails()
    assert "evil" not in str(mail.outbox[0].body)


def test_an_unknown_email_gets_the_same_response(ada: User, post: Post) -> None:
    known, unknown = ask(post), ask(post, "nobody@example.org")
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content
    assert len(mail.outbox) == 1


def test_a_suspended_account_gets_no_link(ada: User, post: Post) -> None:
    User.objects.filter(id=ada.id).update(is_active=False)
    assert ask(post).status_code == 200
    assert mail.outbox == []


def test_nobody_waits_for_the_mail_server(
    ada: User, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert ask(post).status_code == 200
    assert "email not sent" in caplog.text


def test_the_token_sets_a_new_password_and_ends_all_sign_ins(
    ada: User, token: str, post: Post
) -> None:
    before = open_token_family(user=ada)
    response = confirm(post, token)
    assert (response.status_code, response.json()) == (
        200,
        {"message": "Password changed successfully", "deviceToken": ANY},
    )
    assert not lets_in(before.access)
    assert may_log_in(post, NEW_PASSWORD)
    assert not may_log_in(post, PASSWORD)


def test_the_token_works_once(token: str, post: Post) -> None:
    confirm(post, token)
    response = confirm(post, token, "a third password")
    assert (response.status_code, response.json()["code"]) == (400, "auth.reset_token_invalid")
    assert may_log_in(post, NEW_PASSWORD)


def test_a_repeated_confirmation_with_its_key_gets_the_same_response(
    token: str, visitor: APIClient
) -> None:
    body = {"token": token, "newPassword": NEW_PASSWORD}
    headers = {"Idempotency-Key": "a-key-hard-to-guess"}
    first, second = (
        visitor.post("/api/auth/password/reset/confirm", body, headers=headers) for _ in range(2)
    )
    assert (second.status_code, second.json()) == (200, first.json())


def test_the_token_is_good_once_for_two_at_once(
    ada: User, token: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = sign_in._find_user

    def be_overtaken(user_id: str) -> User | None:
        found = find(user_id)
        monkeypatch.undo()
        assert confirm(post, token, "the other was quicker").status_code == 200
        return found

    monkeypatch.setattr(sign_in, "_find_user", be_overtaken)
    assert confirm(post, token).json()["code"] == "auth.reset_token_invalid"
    assert may_log_in(post, "the other was quicker")


def test_a_weak_password_spends_no_token(token: str, post: Post) -> None:
    response = confirm(post, token, "password123")
    assert [error["field"] for error in response.json()["errors"]] == ["newPassword"]
    assert confirm(post, token).status_code == 200


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 400)])
def test_the_token_is_valid_for_an_hour(
    token: str, post: Post, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int
) -> None:
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _self: later)
    assert confirm(post, token).status_code == status


def test_a_suspended_accounts_token_is_no_good(ada: User, token: str, post: Post) -> None:
    User.objects.filter(id=ada.id).update(is_active=False)
    assert confirm(post, token).status_code == 400


def test_a_token_of_another_account_is_refused(bob: User, token: str, post: Post) -> None:
    _, _, signature = token.partition(".")
    assert confirm(post, f"{bob.id}.{signature}").status_code == 400


@pytest.mark.parametrize("token", ["", "x", ".", "a.b", "x" * 201, "nul\x00.x"])
def test_an_invalid_token_is_refused(post: Post, token: str) -> None:
    assert confirm(post, token).status_code == 400


def test_nobody_fills_a_letter_box_and_nobody_learns_from_being_stopped(
    ada: User, post: Post
) -> None:
    for email in ("ada@example.org", "nobody@example.org"):
        assert [ask(post, email).status_code for _ in range(6)] == [200] * 5 + [429]
    assert len(mail.outbox) == 5

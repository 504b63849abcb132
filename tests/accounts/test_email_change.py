"""Changing the email address requires the password and a confirmation of the new address."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from accounts import profiles
from accounts.errors import EmailTakenError, EmailTokenInvalidError
from accounts.models import User
from accounts.sign_in import change_password, set_password
from tests.accounts.conftest import NEW_PASSWORD, Post, Response, at_once, wait_for_emails
from tests.conftest import PASSWORD, ClientFor, actor_of, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

NEW = "lovelace@example.org"


@pytest.fixture
def client(ada: User, client_for: ClientFor) -> APIClient:
    return client_for(ada)


def request_change(client: APIClient, email: str = NEW, **fields: Any) -> Response:
    response = client.put("/api/users/me", {"email": email, "currentPassword": PASSWORD, **fields})
    wait_for_emails()
    return response


def token_in_mail(to: str = NEW) -> str:
    bodies = [str(sent.body) for sent in mail.outbox if sent.to == [to]]
    found = re.search(r"/confirm-email\?token=(\S+)", bodies[-1])
    assert found is not None
    return found[1]


def confirm(post: Post, token: str) -> Response:
    response = post("email/confirm", token=token)
    wait_for_emails()
    return response


def email_of(user: User) -> str | None:
    user.refresh_from_db()
    return user.email


def test_a_new_email_takes_effect_when_its_link_is_opened(
    ada: User, client: APIClient, post: Post
) -> None:
    response = request_change(client, "Lovelace@Example.org")
    assert response.status_code == 200
    user = response.json()["user"]
    assert (user["email"], user["pendingEmail"]) == ("ada@example.org", NEW)
    assert email_of(ada) == "ada@example.org"

    response = confirm(post, token_in_mail())
    assert (response.status_code, response.json()["message"]) == (
        200,
        "Email address changed successfully",
    )
    user = client.get("/api/users/me").json()["user"]
    assert (user["email"], user["pendingEmail"]) == (NEW, None)
    assert post("login", email=NEW, password=PASSWORD).status_code == 200


def test_the_old_address_is_notified_both_times(client: APIClient, post: Post) -> None:
    request_change(client)
    confirm(post, token_in_mail())
    to_old = [sent.subject for sent in mail.outbox if sent.to == ["ada@example.org"]]
    assert to_old == ["Your email address is about to change", "Your email address was changed"]
    assert not any(NEW in str(sent.body) for sent in mail.outbox)


@pytest.mark.parametrize("password", [None, "", "wrong password"])
def test_without_the_password_the_email_stays(
    ada: User, client: APIClient, password: str | None
) -> None:
    body = {"email": NEW, "name": "Eve"} | (
        {} if password is None else {"currentPassword": password}
    )
    response = client.put("/api/users/me", body)
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == ["currentPassword"]
    wait_for_emails()
    ada.refresh_from_db()
    assert (ada.name, ada.pending_email, mail.outbox) == ("Ada", "", [])


def test_guessing_the_password_here_is_limited(client: APIClient) -> None:
    statuses = [request_change(client, currentPassword="wrong").status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_requesting_a_change_again_and_again_is_limited(client: APIClient) -> None:
    statuses = [request_change(client).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_several_accounts_together_send_no_more_to_one_address(client_for: ClientFor) -> None:
    statuses = []
    for number in range(6):
        user = make_user(f"Ada{number}")
        user.set_password(PASSWORD)
        user.save()
        statuses.append(request_change(client_for(user)).status_code)
    assert statuses == [200] * 5 + [429]


def test_the_token_works_once(client: APIClient, post: Post) -> None:
    request_change(client)
    token = token_in_mail()
    confirm(post, token)
    response = confirm(post, token)
    assert (response.status_code, response.json()["code"]) == (400, "auth.email_token_invalid")


def test_a_later_request_makes_the_earlier_link_invalid(
    ada: User, client: APIClient, post: Post
) -> None:
    """Otherwise the owner of a mistyped address could take over the account."""
    request_change(client, "mistyped@example.org")
    first = token_in_mail("mistyped@example.org")
    request_change(client)
    assert confirm(post, first).status_code == 400
    assert email_of(ada) == "ada@example.org"
    assert confirm(post, token_in_mail()).status_code == 200


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 400)])
def test_the_token_is_valid_for_an_hour(
    client: APIClient, post: Post, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int
) -> None:
    request_change(client)
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005
    monkeypatch.setattr(profiles._EmailChangeTokens, "_now", lambda _self: later)
    assert confirm(post, token_in_mail()).status_code == status


def test_the_current_address_cancels_a_pending_change(
    ada: User, client: APIClient, post: Post
) -> None:
    request_change(client)
    response = client.put("/api/users/me", {"email": "ADA@example.org"})
    assert (response.status_code, response.json()["user"]["pendingEmail"]) == (200, None)
    assert confirm(post, token_in_mail()).status_code == 400
    assert email_of(ada) == "ada@example.org"


def reset_password(user: User, post: Post) -> None:
    post("password/reset", email="ada@example.org")
    wait_for_emails()
    found = re.search(r"/reset\?token=(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    assert (
        post("password/reset/confirm", token=found[1], newPassword=NEW_PASSWORD).status_code == 200
    )


@pytest.mark.parametrize(
    "replace",
    [
        lambda user, _: change_password(
            actor=actor_of(user), current_password=PASSWORD, new_password=NEW_PASSWORD
        ),
        lambda user, _: set_password(user, NEW_PASSWORD),
        reset_password,
    ],
    ids=["changed", "set by staff", "reset"],
)
def test_a_new_password_cancels_a_pending_change(
    ada: User, client: APIClient, post: Post, replace: Any
) -> None:
    request_change(client)
    ada.refresh_from_db()
    token = token_in_mail()
    replace(ada, post)
    ada.refresh_from_db()
    assert ada.pending_email == ""
    assert confirm(post, token).status_code == 400
    assert email_of(ada) == "ada@example.org"


@pytest.mark.parametrize("change", [{"is_active": False}, None], ids=["suspended", "deleted"])
def test_the_link_of_a_suspended_account_is_invalid(
    ada: User, client: APIClient, post: Post, change: dict[str, Any] | None
) -> None:
    request_change(client)
    users = User.objects.filter(id=ada.id)
    users.update(**change) if change else users.delete()
    assert confirm(post, token_in_mail()).status_code == 400


@pytest.mark.parametrize("token", ["x", ".", "a.b", "nul\x00.x"])
def test_an_invalid_token_is_refused(post: Post, token: str) -> None:
    assert confirm(post, token).status_code == 400


def test_a_token_of_another_account_is_refused(ada: User, client: APIClient, post: Post) -> None:
    request_change(client)
    _, _, signature = token_in_mail().partition(".")
    mallory = make_user("Mallory", pending_email="eve@example.org")
    assert confirm(post, f"{mallory.id}.{signature}").status_code == 400


def test_an_email_in_use_is_refused_immediately(bob: User, client: APIClient) -> None:
    response = request_change(client, "BOB@example.org")
    assert (response.status_code, response.json()["code"]) == (409, "account.email_taken")
    assert mail.outbox == []


def test_an_email_taken_since_is_refused_at_confirmation(
    ada: User, client: APIClient, post: Post
) -> None:
    request_change(client)
    User.objects.create(name="Quick", email=NEW)
    response = confirm(post, token_in_mail())
    assert (response.status_code, response.json()["code"]) == (409, "account.email_taken")
    assert email_of(ada) == "ada@example.org"


def test_of_two_concurrent_confirmations_one_gets_the_address() -> None:
    people = [make_user(name, pending_email=NEW) for name in ("Alice", "Bob")]
    tokens = [f"{user.id}.{profiles._email_change_tokens.make_token(user)}" for user in people]

    def take(number: int) -> str:
        try:
            profiles.confirm_email_change(token=tokens[number])
        except (EmailTakenError, EmailTokenInvalidError) as refusal:
            return refusal.code
        return "taken"

    assert sorted(at_once(take, 2)) == ["account.email_taken", "taken"]
    assert User.objects.filter(email=NEW).count() == 1


def test_a_guest_has_no_email_to_change(guest: User, client_for: ClientFor) -> None:
    response = request_change(client_for(guest))
    assert (response.status_code, response.json()["code"]) == (403, "auth.account_required")


def test_a_reset_link_sent_to_the_old_address_ends_with_the_change(
    client: APIClient, post: Post
) -> None:
    post("password/reset", email="ada@example.org")
    wait_for_emails()
    found = re.search(r"/reset\?token=(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    request_change(client)
    confirm(post, token_in_mail())
    response = post("password/reset/confirm", token=found[1], newPassword=NEW_PASSWORD)
    assert response.status_code == 400


def test_a_repeated_request_with_its_key_sends_no_second_mail(client: APIClient) -> None:
    body = {"email": NEW, "currentPassword": PASSWORD}
    for _ in range(2):
        response = client.put("/api/users/me", body, headers={"Idempotency-Key": "k"})
        assert response.status_code == 200
    wait_for_emails()
    assert len([sent for sent in mail.outbox if sent.to == [NEW]]) == 1


def test_a_repeated_confirmation_with_its_key_gets_the_same_response(
    client: APIClient, visitor: APIClient
) -> None:
    request_change(client)
    body, headers = {"token": token_in_mail()}, {"Idempotency-Key": "a-key-hard-to-guess"}
    first, second = (
        visitor.post("/api/auth/email/confirm", body, headers=headers) for _ in range(2)
    )
    assert (second.status_code, second.json()) == (200, first.json())

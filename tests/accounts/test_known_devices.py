"""Wrong passwords of strangers do not lock an account's owner out.

The owner gets in on a device that was signed in before, and with the mailbox; on pages, over the
API, and in the admin.
"""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import known_devices
from accounts.known_devices import COOKIE_NAME, find_device, issue_device_token
from accounts.models import User
from accounts.staff import replace_password
from tests.accounts.conftest import NEW_PASSWORD, Response, bearer, wait_for_emails
from tests.conftest import PASSWORD, access_token, actor_of

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.org"
# An address that nobody has signed in from.
ELSEWHERE = "198.51.100.7"


@pytest.fixture(autouse=True)
def bounded(limited: Settings) -> None:
    """Allows one failure per address or device, and ten in all."""
    limited.LOGIN_MAX_FAILURES = 1


def log_in(password: str = PASSWORD, *, address: str = ELSEWHERE, **body: Any) -> Response:
    client = APIClient(REMOTE_ADDR=address)
    return client.post("/api/auth/login", {"email": EMAIL, "password": password, **body})


def attack() -> None:
    """A dozen addresses guess passwords until they are refused."""
    statuses = [log_in("wrong horse", address=f"192.0.2.{number}") for number in range(12)]
    assert statuses[-1].status_code == 429


def sign_in_page(browser: Client, password: str = PASSWORD) -> int:
    body = {"email": EMAIL, "password": password}
    return browser.post("/sign-in", body, REMOTE_ADDR=ELSEWHERE).status_code


def sign_in_admin(browser: Client, password: str = PASSWORD) -> int:
    body = {"username": EMAIL, "password": password}
    return browser.post("/admin/login/", body, REMOTE_ADDR=ELSEWHERE).status_code


@pytest.mark.both
def test_a_client_with_a_device_token_can_sign_in_during_a_lockout(ada: User) -> None:
    token = log_in().json()["deviceToken"]
    attack()
    assert log_in().status_code == 429
    assert log_in(deviceToken=token).status_code == 200
    assert log_in().status_code == 429


def test_a_client_with_the_device_cookie_can_sign_in_during_a_lockout(ada: User) -> None:
    client = APIClient(REMOTE_ADDR=ELSEWHERE)
    for _ in range(2):
        body = {"email": EMAIL, "password": PASSWORD}
        assert client.post("/api/auth/login", body).status_code == 200
        attack()


def test_registering_makes_a_device_known() -> None:
    body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
    token = APIClient().post("/api/auth/register", body).json()["deviceToken"]
    attack()
    assert log_in(deviceToken=token).status_code == 200


def test_a_known_browser_can_sign_in_during_a_lockout(ada: User, client: Client) -> None:
    assert sign_in_page(client) == 302
    assert client.post("/sign-out").status_code == 302
    attack()
    assert sign_in_page(Client()) == 429
    assert sign_in_page(client) == 302


def test_a_known_browser_can_sign_in_to_the_admin_during_a_lockout(
    staff: User, client: Client
) -> None:
    staff.email = EMAIL
    staff.set_password(PASSWORD)
    staff.save()
    assert sign_in_admin(client) == 302
    client.get("/admin/")
    client.post("/admin/logout/")
    attack()
    assert sign_in_admin(Client()) == 200  # the form again, with the refusal
    assert sign_in_admin(client) == 302


def reset_token() -> str:
    wait_for_emails()
    found = re.search(r"token=(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


@pytest.mark.django_db(transaction=True)
def test_a_password_reset_over_the_api_ends_a_lockout(ada: User) -> None:
    attack()
    visitor = APIClient(REMOTE_ADDR=ELSEWHERE)
    visitor.post("/api/auth/password/reset", {"email": EMAIL})
    body = {"token": reset_token(), "newPassword": NEW_PASSWORD}
    token = visitor.post("/api/auth/password/reset/confirm", body).json()["deviceToken"]
    # A client without tokens can sign in as well, until the limit is reached again.
    assert log_in(NEW_PASSWORD).status_code == 200
    attack()
    assert log_in(NEW_PASSWORD, deviceToken=token).status_code == 200


def test_a_password_reset_on_pages_ends_a_lockout(ada: User, client: Client) -> None:
    attack()
    client.post("/reset", {"email": EMAIL})
    body = {"token": reset_token(), "new_password": NEW_PASSWORD}
    assert client.post("/reset", body).status_code == 302
    attack()
    assert sign_in_page(client, NEW_PASSWORD) == 302


def test_a_password_reset_works_although_strangers_use_up_the_links(
    ada: User, client: Client
) -> None:
    attack()
    for _ in range(7):
        Client().post("/reset", {"email": EMAIL})
    body = {"token": reset_token(), "new_password": NEW_PASSWORD}
    assert client.post("/reset", body).status_code == 302
    assert sign_in_page(client, NEW_PASSWORD) == 302


def test_the_page_explains_the_lockout(ada: User) -> None:
    attack()
    page = Client().post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    assert "reset your password by email" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_password_set_by_staff_ends_a_lockout(ada: User, superuser: User) -> None:
    attack()
    replace_password(actor=actor_of(superuser), user_id=ada.id, new_password=NEW_PASSWORD)
    assert log_in(NEW_PASSWORD).status_code == 200


@pytest.mark.both
def test_guesses_on_a_known_device_are_limited_and_lock_out_nobody_else(ada: User) -> None:
    token, other = log_in().json()["deviceToken"], log_in().json()["deviceToken"]
    assert log_in("wrong horse", deviceToken=token).status_code == 401
    assert log_in(deviceToken=token).status_code == 429
    assert log_in(deviceToken=other).status_code == 200
    assert log_in().status_code == 200


def test_forged_expired_and_foreign_tokens_are_ignored(
    ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise only the fingerprint of the password would differ.
    bob.password = ada.password
    token = issue_device_token(ada)
    assert find_device(ada, token)
    device_id = token.split("-")[1]
    for shown in (
        issue_device_token(bob),
        token.replace(device_id, "0" * len(device_id)),
        token[:-1],
        ada.id.hex,
        "",
        "." * 5000,
    ):
        assert find_device(ada, shown) is None
    monkeypatch.setattr(known_devices, "DEVICE_KNOWN_FOR", -known_devices.DEVICE_KNOWN_FOR)
    assert find_device(ada, token) is None


def test_a_token_is_ignored_for_an_unknown_address(ada: User) -> None:
    token = issue_device_token(ada)
    ada.delete()
    statuses = [log_in(deviceToken=token).status_code for _ in range(2)]
    assert statuses == [401, 429]


def test_a_new_password_invalidates_device_tokens(ada: User) -> None:
    """Someone who knew the old password could have collected any number of tokens."""
    former = log_in().json()["deviceToken"]
    body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    response = bearer(access_token(ada)).post("/api/auth/password/change", body)
    attack()
    assert log_in(NEW_PASSWORD, deviceToken=former).status_code == 429
    assert log_in(NEW_PASSWORD, deviceToken=response.json()["deviceToken"]).status_code == 200


def test_the_browser_that_changes_the_password_stays_known(ada: User, client: Client) -> None:
    sign_in_page(client)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert client.post("/account/password", body).status_code == 302
    client.post("/sign-out")
    attack()
    assert sign_in_page(client, NEW_PASSWORD) == 302


def test_a_browser_can_be_known_to_several_accounts(ada: User, bob: User, client: Client) -> None:
    bob.set_password(PASSWORD)
    bob.save()
    sign_in_page(client)
    client.post("/sign-out")
    client.post("/sign-in", {"email": bob.email, "password": PASSWORD})
    client.post("/sign-out")
    tokens = client.cookies[COOKIE_NAME].value
    assert find_device(ada, tokens)
    assert find_device(bob, tokens)


def test_the_size_of_the_cookie_is_bounded(ada: User, client: Client) -> None:
    many = [f"{number:032x}-x" for number in range(50)]
    client.cookies[COOKIE_NAME] = ".".join(["x" * 3000, *many])
    sign_in_page(client)
    tokens = client.cookies[COOKIE_NAME].value
    assert len(tokens) < 2000
    assert find_device(ada, tokens)


def test_a_stolen_token_cannot_block_a_password_change(ada: User) -> None:
    def change(client: APIClient, current: str) -> int:
        body = {"currentPassword": current, "newPassword": NEW_PASSWORD}
        return int(client.post("/api/auth/password/change", body).status_code)

    thief, owner = bearer(access_token(ada)), bearer(access_token(ada))
    assert [change(thief, "wrong horse") for _ in range(2)] == [400, 429]
    assert change(owner, PASSWORD) == 200

"""Security headers, cookies, CORS, host names and request ids."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from tests.conftest import PASSWORD, ClientFor

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
APP = "https://app.example.org"


def test_pages_have_security_headers(client: Client) -> None:
    answer = client.get(LOGIN)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/docs", "/api/docs", "/nope"])
def test_every_page_has_a_policy(client: Client, address: str) -> None:
    assert "Content-Security-Policy" in client.get(address).headers


@pytest.mark.parametrize("address", ["/api/polls", "/api/nope", "/api/auth/me", "/api/v1/polls/"])
def test_api_responses_are_neither_stored_nor_sniffed(visitor: APIClient, address: str) -> None:
    answer = visitor.get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert not answer.cookies


@pytest.mark.parametrize("address", ["/api/polls", "/api/nope", "/health", "/metrics", LOGIN])
def test_every_response_has_its_own_id(client: Client, address: str) -> None:
    ids = {UUID(client.get(address).headers["X-Request-Id"]) for _ in range(2)}
    assert len(ids) == 2


# Cookies


def test_cookies_are_httponly_and_samesite(staff: User, client: Client, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    staff.set_password(PASSWORD)
    staff.save()
    client.get(LOGIN)
    client.post(LOGIN, {"username": staff.email, "password": PASSWORD})
    session, csrf = client.cookies["tallyroom_session"], client.cookies["tallyroom_csrf"]
    assert session["httponly"]
    assert session["secure"]
    assert csrf["secure"]
    assert session["samesite"] == csrf["samesite"] == "Lax"


def test_a_form_of_another_site_is_refused(staff: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get(LOGIN)
    body = {"username": staff.email, "password": PASSWORD}
    assert browser.post(LOGIN, body, headers={"Origin": "https://evil.test"}).status_code == 403


def test_the_api_ignores_sessions(staff: User) -> None:
    """Requests of any site send cookies, so the API accepts tokens only."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    assert browser.get("/api/auth/me").status_code == 401


# Other origins


@pytest.fixture
def app_allowed(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [APP]


@pytest.mark.usefixtures("app_allowed")
def test_an_allowed_origin_may_read_responses_and_errors(visitor: APIClient) -> None:
    for address in ("/api/polls", "/api/nope", "/api/auth/me"):
        answer = visitor.get(address, headers={"Origin": APP})
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "Idempotent-Replayed" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.usefixtures("app_allowed")
def test_an_allowed_origin_may_send_the_headers_of_the_api(visitor: APIClient) -> None:
    answer = visitor.options(
        "/api/polls",
        headers={
            "Origin": APP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert answer.status_code == 200
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(allowed)
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(
        answer.headers["Access-Control-Allow-Methods"].split(", ")
    )


@pytest.mark.usefixtures("app_allowed")
@pytest.mark.parametrize(("address", "origin"), [("/api/polls", "https://evil.test"), (LOGIN, APP)])
def test_other_origins_may_not_read_and_pages_are_not_shared(
    visitor: APIClient, address: str, origin: str
) -> None:
    answer = visitor.get(address, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_the_setting_no_origin_may_read(visitor: APIClient) -> None:
    answer = visitor.get("/api/polls", headers={"Origin": APP})
    assert "Access-Control-Allow-Origin" not in answer.headers


# Host names


@pytest.mark.parametrize("address", ["/api/polls", "/api/auth/me", "/api/nope", "/api", LOGIN])
def test_an_unknown_host_name_is_refused(client: Client, settings: Settings, address: str) -> None:
    settings.ALLOWED_HOSTS = ["polls.example.org"]
    answer = client.get(address, headers={"Host": "evil.test"})
    assert answer.status_code == 400
    assert "X-Request-Id" in answer.headers
    if address != LOGIN:
        body: Any = answer.json()
        assert (body["error"], body["code"]) == ("Bad Request", "request.invalid")
    ours = client.get(address, headers={"Host": "polls.example.org"})
    assert ours.status_code != 400


def test_health_checks_may_use_any_host_name(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["polls.example.org"]
    for address in ("/health", "/health/live", "/health/ready", "/metrics"):
        assert client.get(address, headers={"Host": "10.0.0.7"}).status_code == 200


def test_paths_have_one_canonical_name(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    for address in ("/api/users/me", "/api/users/me/", "/api/v1/users/me", "/api/v1/users/me/"):
        assert client.get(address).json()["user"]["id"] == str(alice.id)


# Every kind of response


@pytest.mark.parametrize("address", ["/", "/account", "/sign-in", "/docs", "/nope", LOGIN])
def test_no_page_is_cached_for_other_users(client: Client, address: str) -> None:
    cached = client.get(address).headers["Cache-Control"]
    assert "private" in cached
    assert "no-cache" in cached


@pytest.mark.parametrize(
    ("address", "is_stored"),
    [
        ("/account", False), ("/account/", False), ("/account/profile", False),
        ("/confirm-email?token=t", False), ("/reset?token=t", False),
        ("/", True), ("/sign-in", True), ("/accounts", True),
    ],
)  # fmt: skip
def test_personal_pages_are_not_stored(client: Client, address: str, is_stored: bool) -> None:
    assert ("no-store" not in client.get(address).headers["Cache-Control"]) is is_stored


@pytest.mark.parametrize("address", ["/", "/api/polls", "/api/nope", "/health", "/nope", LOGIN])
def test_every_response_has_security_headers(
    client: Client, settings: Settings, address: str
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")

"""Errors are pages for browsers, and JSON for API clients."""

import pytest
from django.db import OperationalError
from django.test import Client

from apikit import errors
from tests.conftest import ClientFor


def raise_in(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Lets the home page break."""

    def broken(*args: object, **context: object) -> None:
        raise error

    monkeypatch.setattr("web.views.home.form_page", broken)


def test_an_unknown_url_gets_a_page(db: None, client: Client) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "Page not found" in page.content.decode()
    assert "site-header" in page.content.decode()


def test_an_unknown_api_url_gets_json(db: None, client: Client) -> None:
    assert client.get("/api/nowhere").json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.ForbiddenError(), 403, "You don’t have access"),
        (errors.NotFoundError(), 404, "Page not found"),
        (errors.ConflictError(), 409, "That didn’t work"),
        (errors.TooManyRequestsError(retry_after_s=7), 429, "One moment"),
        (errors.ServerUnavailableError(), 503, "be right back"),
        (OperationalError("secret words"), 503, "be right back"),
    ],
)
def test_an_error_is_a_page_with_advice(
    db: None,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    raise_in(monkeypatch, error)
    page = client.get("/")
    assert page.status_code == status
    assert words in page.content.decode()
    assert "secret words" not in page.content.decode()


def test_a_rate_limit_page_shows_the_wait(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_in(monkeypatch, errors.TooManyRequestsError(retry_after_s=7))
    assert client.get("/")["Retry-After"] == "7"


@pytest.mark.parametrize(
    "error", [errors.AuthenticationRequiredError(), errors.GuestRefusedError()]
)
def test_a_page_that_needs_an_account_redirects_to_sign_in_and_back(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, error: errors.ApiError
) -> None:
    raise_in(monkeypatch, error)
    assert client.get("/?a=1")["Location"] == "/sign-in?next=%2F%3Fa%3D1"
    assert client.post("/?a=1")["Location"] == "/sign-in?next=%2F"


def test_the_page_of_a_bug_makes_no_query(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the db fixture a query would fail.
    raise_in(monkeypatch, RuntimeError("secret words"))
    client.raise_request_exception = False
    page = client.get("/")
    assert page.status_code == 500
    assert "Something went wrong on our end" in page.content.decode()
    assert "secret words" not in page.content.decode()


def test_a_csrf_failure_is_explained(db: None) -> None:
    page = Client(enforce_csrf_checks=True).post("/sign-out")
    assert page.status_code == 403
    assert "This form has expired" in page.content.decode()


def test_a_bad_request_is_a_page(db: None, client: Client) -> None:
    page = client.get("/", headers={"host": "bad host"})
    assert page.status_code == 400
    assert "That didn’t work" in page.content.decode()


def test_the_api_never_answers_with_a_page(client_for: ClientFor, db: None) -> None:
    for path in ("/api/polls/nothing", "/api/auth/me", "/health/nothing"):
        assert client_for(None).get(path)["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/p/999999", "999999"), ("/p/99999x", "99999x"), ("/nothing", None)],
)
def test_a_missing_page_has_a_join_form(
    db: None, client: Client, path: str, code: str | None
) -> None:
    page = client.get(path)
    assert page.status_code == 404
    html = page.content.decode()
    assert '<form class="join" action="/"' in html
    assert (f'value="{code}"' in html) == (code is not None)

"""All errors have the same form, whether from a view, DRF or Django."""

import gzip
import json
from http import HTTPStatus
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.test import APIClient

from apikit import errors
from apikit.errors import ApiError, FieldError, ServerUnavailableError, ValidationFailedError
from apikit.exception_handler import as_api_error
from polls import selectors
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

NOTHING_HERE = {"error": "Not Found", "code": "not_found", "message": "There is nothing here."}


def family(head: type[ApiError] = ApiError) -> list[type[ApiError]]:
    """All error classes that can be raised."""
    return [head, *(member for child in head.__subclasses__() for member in family(child))][
        head is ApiError :
    ]


@pytest.mark.parametrize("error_class", family(), ids=lambda each: each.__name__)
def test_every_error_has_status_code_and_message(error_class: type[ApiError]) -> None:
    body = error_class().as_body()
    assert set(body) - {"errors"} == {"error", "code", "message"}
    assert body["error"] == error_class.http_status.phrase
    assert body["message"][0].isupper()
    assert body["message"].endswith((".", "!"))
    if error_class.http_status == HTTPStatus.UNAUTHORIZED:
        assert body["message"].startswith("Authentication")


def test_errors_with_the_same_code_have_the_same_status() -> None:
    statuses: dict[str, set[int]] = {}
    for error_class in family():
        statuses.setdefault(error_class.code, set()).add(error_class.http_status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_details_are_part_of_the_body() -> None:
    error = ValidationFailedError(
        "No.", errors=[FieldError("options.1", "Too long.")], extra={"vote": None}
    )
    assert error.as_body() == {
        "error": "Bad Request",
        "code": "validation",
        "message": "No.",
        "errors": [{"field": "options.1", "message": "Too long."}],
        "vote": None,
    }


def test_errors_have_the_path_of_the_field(alice: Any, client_for: ClientFor) -> None:
    body = {"question": "Tea or coffee?", "options": ["Tea", {"text": ""}], "maxChoices": "two"}
    response = client_for(alice).post("/api/polls", body)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} >= {"options.1.text"}
    assert all(set(error) == {"field", "message"} for error in response.json()["errors"])


@pytest.mark.parametrize("body", [None, [], [{}], "text", 1, True])
def test_a_body_that_is_not_an_object_is_refused(visitor: APIClient, body: Any) -> None:
    response = visitor.post("/api/auth/login", body)
    assert response.status_code == 400
    # DRF's test client sends no body for None.
    assert [error["field"] for error in response.json()["errors"]] == (
        ["email", "password"] if body is None else [""]
    )


@pytest.mark.parametrize(
    "address",
    ["/api/nope", "/api/v1/nope", "/api/nope/", "/api/polls//", "/api//"],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_route_is_not_found(visitor: APIClient, method: str, address: str) -> None:
    response = getattr(visitor, method)(address)
    assert (response.status_code, response.json()) == (404, NOTHING_HERE)
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("address", ["/api/nope", "/api/polls/not-an-id", "/api/auth/me"])
def test_error_bodies_are_compact(visitor: APIClient, address: str) -> None:
    response = visitor.get(address)
    compact = json.dumps(response.json(), separators=(",", ":"))
    assert response.content == compact.encode()


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("get", "/api/auth/login", {"POST", "OPTIONS"}),
        ("delete", "/api/users/me", {"GET", "HEAD", "PUT", "PATCH", "OPTIONS"}),
        ("patch", "/api/users", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
def test_an_unsupported_method_gets_the_allowed_ones(
    alice: Any, client_for: ClientFor, method: str, address: str, allowed: set[str]
) -> None:
    response = getattr(client_for(alice), method)(address)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense"])
def test_only_json_is_acceptable(visitor: APIClient, accept: str) -> None:
    response = visitor.get("/api/polls", headers={"Accept": accept})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html,*/*;q=0.1", None])
def test_clients_that_accept_json_get_it(visitor: APIClient, accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    assert visitor.get("/api/polls", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "x", ""],
)
def test_a_body_of_another_media_type_is_refused(visitor: APIClient, content_type: str) -> None:
    response: Any = visitor.generic(
        "POST", "/api/auth/guest", "name=Ada", content_type=content_type
    )
    assert (response.status_code, response.json()["code"]) == (415, "request.media_type")


def test_a_compressed_body_is_refused_with_what_to_do(visitor: APIClient) -> None:
    body = gzip.compress(b'{"name": "Ada"}')
    response: Any = visitor.generic(
        "POST",
        "/api/auth/guest",
        body,  # type: ignore[arg-type]  # bytes are taken as well
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert (response.status_code, response.json()["code"]) == (415, "request.media_type")
    assert "uncompressed" in response.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'name': 'Ada'}",
        b'{"name": NaN}',
        b'{"name": 1' + b"0" * 5000 + b"}",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b" ",
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-hard-to-guess"}], ids=str)
def test_invalid_json_is_refused(visitor: APIClient, body: bytes, headers: dict[str, str]) -> None:
    response: Any = visitor.generic(
        "POST",
        "/api/auth/guest",
        body,  # type: ignore[arg-type]  # bytes are taken as well
        content_type="application/json",
        headers=headers,
    )
    assert (response.status_code, response.json()["code"]) == (400, "request.invalid")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (exceptions.NotAuthenticated(), errors.AuthenticationRequiredError),
        (exceptions.AuthenticationFailed(), errors.TokenInvalidError),
        (exceptions.PermissionDenied(), errors.ForbiddenError),
        (PermissionDenied("secret"), errors.ForbiddenError),
        (exceptions.NotFound(), errors.NotFoundError),
        (Http404("secret"), errors.NotFoundError),
        (exceptions.ParseError("secret"), errors.InvalidRequestError),
        (OperationalError("secret"), errors.ServerUnavailableError),
        (InterfaceError("secret"), errors.ServerUnavailableError),
        (IntegrityError("secret"), errors.ServerError),
        (KeyError("secret"), errors.ServerError),
    ],
)
def test_every_exception_becomes_an_api_error(raised: Exception, expected: type[ApiError]) -> None:
    error = as_api_error(raised)
    assert type(error) is expected
    assert "secret" not in str(error.as_body())


def test_a_bug_is_a_server_error_and_logged_with_its_traceback(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("what the log is for")

    monkeypatch.setattr(selectors, "list_polls_for", fail)
    response = visitor.get("/api/polls")
    assert response.status_code == 500
    assert response.json() == {
        "error": "Internal Server Error",
        "code": "server.error",
        "message": "Something went wrong on our side.",
    }
    assert "what the log is for" in caplog.text


def test_an_unavailable_database_is_a_503(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(selectors, "list_polls_for", fail)
    response = visitor.get("/api/polls")
    assert (response.status_code, response.json()["code"]) == (503, "server.unavailable")
    assert response.headers["Retry-After"] == "1"
    assert "database unavailable" in caplog.text
    assert ServerUnavailableError().retry_after_s == 1


def test_the_error_without_a_token_explains_how_to_get_one(visitor: APIClient) -> None:
    message = visitor.get("/api/auth/me").json()["message"]
    assert message.startswith("Authentication")
    for part in ("`Authorization: Bearer ", "POST /api/auth/login", "POST /api/auth/guest"):
        assert part in message


def test_the_error_for_an_expired_token_explains_how_to_renew_it(visitor: APIClient) -> None:
    response = visitor.get("/api/auth/me", headers={"Authorization": "Bearer x"})
    assert "POST /api/auth/refresh" in response.json()["message"]

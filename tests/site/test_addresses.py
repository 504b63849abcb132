"""The index, the health checks, aliases of paths, and unknown paths."""

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from apikit.errors import MethodNotAllowedError, NotFoundError
from polling_site import health
from polling_site.views import openapi_document
from tests.conftest import ClientFor, MakePoll

NOT_FOUND = NotFoundError().as_body()


def test_the_index_lists_every_endpoint(visitor: APIClient) -> None:
    index = visitor.get("/api").json()
    listed = {(each["method"].lower(), each["path"]) for each in index["endpoints"]}
    assert listed == {
        (method, path)
        for path, methods in openapi_document()["paths"].items()
        for method in methods
    }


@pytest.mark.django_db
def test_the_links_of_the_index_work(client: Client) -> None:
    index = client.get("/api").json()
    for name in ("docs", "openapi", "asyncapi", "health"):
        assert client.get(index[name]).status_code == 200, name


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/api/nothing",
        "/api/polls//",
        "/api//polls",
        "/api/POLLS",
        "/api/v1/nothing",
        "/api/v2/polls",
        "/health/nothing",
        "/metrics/nothing",
        # Without the prefix, where no page has the address.
        "/auth/nothing",
        "/rooms/nothing/at/all",
        "/messages/a/b/c",
        "/send/nothing",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_path_of_the_api_is_a_json_error(
    visitor: APIClient, address: str, method: str
) -> None:
    answer = visitor.generic(method.upper(), address)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/nothing", "/apis", "/docs/nothing", "/roomsx", "/sender", "/polls"]
)
def test_an_unknown_page_is_a_page(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_an_unknown_method_is_refused_with_the_allowed_ones(visitor: APIClient) -> None:
    answer = visitor.delete("/api/polls")
    assert answer.status_code == 405
    assert answer.json() == MethodNotAllowedError().as_body()
    assert {"GET", "POST"} <= set(answer["Allow"].split(", "))


@pytest.mark.parametrize(
    "address",
    ["/metrics", "/health/live", "/health/ready", "/api/schema", "/api/asyncapi.json"],
)
def test_a_read_only_path_refuses_writes(visitor: APIClient, address: str) -> None:
    answer = visitor.post(address)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    if address.startswith("/api"):
        assert answer.json() == MethodNotAllowedError().as_body()


# Aliases


def spellings(path: str) -> list[str]:
    versioned = path.replace("/api", "/api/v1", 1)
    return [path, f"{path}/", versioned, f"{versioned}/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", spellings("/api/polls"))
def test_a_list_is_served_at_all_its_paths(
    visitor: APIClient, make_poll: MakePoll, address: str
) -> None:
    poll = make_poll()
    [shown] = visitor.get(address, {"limit": 1}).json()["polls"]
    assert shown["id"] == str(poll.id)


@pytest.mark.django_db
@pytest.mark.parametrize("address", spellings("/api/polls"))
def test_a_write_is_accepted_at_all_its_paths(
    alice: User, client_for: ClientFor, address: str
) -> None:
    answer = client_for(alice).post(address, {"question": "Why?", "options": ["A", "B"]})
    assert answer.status_code == 201


@pytest.mark.django_db
def test_accounts_answer_without_the_prefix(
    visitor: APIClient, alice: User, client_for: ClientFor
) -> None:
    body = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    assert visitor.post("/auth/register", body).status_code == 201
    assert visitor.post("/auth/login/", {k: body[k] for k in ("email", "password")}).json()["user"]
    assert visitor.get("/users/me").json()["code"] == "auth.required"
    assert client_for(alice).get("/users/me/").json()["user"]["name"] == "Alice"
    assert client_for(alice).get("/users/search", {"q": "ada"}).json()["users"]


@pytest.mark.parametrize("address", [*spellings("/api"), *spellings("/api/asyncapi.json")])
def test_the_documents_are_served_at_all_their_paths(visitor: APIClient, address: str) -> None:
    assert visitor.get(address).status_code == 200


@pytest.mark.django_db
def test_a_key_is_the_same_at_all_paths(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    body = {"question": "Why?", "options": ["A", "B"]}
    first, *others = [
        client.post(address, body, HTTP_IDEMPOTENCY_KEY="k") for address in spellings("/api/polls")
    ]
    assert {other.json()["poll"]["id"] for other in others} == {first.json()["poll"]["id"]}


def test_every_response_has_its_own_id(visitor: APIClient) -> None:
    answers = [visitor.get(address) for address in ("/api", "/api", "/api/nothing", "/nothing")]
    assert len({answer["X-Request-Id"] for answer in answers}) == 4


@pytest.mark.parametrize("address", ["/api", "/api/nothing", "/api/schema", "/health/live"])
def test_an_api_response_is_neither_stored_nor_sniffed(visitor: APIClient, address: str) -> None:
    answer = visitor.get(address)
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


# Health


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/health", "/health/"])
def test_a_healthy_service_is_ok(visitor: APIClient, address: str) -> None:
    answer = visitor.get(address)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "OK")
    assert body["checks"] == {"database": "ok", "channelLayer": "ok"}
    assert set(body) == {"status", "message", "timestamp", "environment", "uptime", "checks"}
    assert body["environment"] == "test"
    assert body["uptime"] >= 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("check", "name"),
    [("_check_writes", "database"), ("_check_channel_layer", "channelLayer")],
)
def test_a_degraded_service_names_the_failing_check(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch, check: str, name: str
) -> None:
    monkeypatch.setattr(health, check, lambda: "failing")
    answer = visitor.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "DEGRADED")
    assert answer.json()["checks"][name] == "failing"


def fail(*args: Any) -> None:
    raise DatabaseError("no")


@pytest.mark.django_db
def test_a_failing_database_is_reported(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "cursor", fail)
    assert visitor.get("/health").json()["checks"]["database"] == "failing"
    assert visitor.get("/health/ready").status_code == 503
    assert visitor.get("/health/live").status_code == 200


@pytest.mark.django_db
def test_a_failing_channel_layer_is_reported_but_the_process_stays_ready(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down() -> None:
        raise ConnectionError

    monkeypatch.setattr(health, "_send_to_layer", break_down)
    assert visitor.get("/health").json()["checks"]["channelLayer"] == "failing"
    assert visitor.get("/health/ready").status_code == 200


@pytest.mark.parametrize("address", ["/health/live", "/health/live/"])
def test_a_process_that_responds_is_live(visitor: APIClient, address: str) -> None:
    answer = visitor.get(address)
    assert (answer.status_code, answer.json()) == (200, {"status": "OK"})


@pytest.mark.django_db
def test_a_process_is_ready_until_it_is_about_to_stop(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = visitor.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "OK"})
    monkeypatch.setattr(health, "is_draining", lambda: True)
    answer = visitor.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "UNAVAILABLE"})


def test_metrics_are_served_for_prometheus(visitor: APIClient) -> None:
    answer = visitor.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    for name in ("tallyroom_sockets", "tallyroom_frames_total", "tallyroom_fan_out_seconds_bucket"):
        assert f"\n{name}" in text

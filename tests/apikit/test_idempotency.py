"""``Idempotency-Key`` on all writes except votes, see ``tests/votes/test_keys.py``."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import services
from accounts.models import User
from apikit.idempotency import prune_keys
from apikit.models import IdempotencyRecord
from polls.models import Poll
from tests.conftest import PASSWORD, ClientFor

pytestmark = [pytest.mark.both, pytest.mark.django_db]

Response = Any
VISITOR_KEY = "a-key-hard-to-guess"
POLL = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}


def create_poll(client: APIClient, key: str, **fields: Any) -> Response:
    return client.post("/api/polls", POLL | fields, headers={"Idempotency-Key": key})


def register(key: str, email: str = "ada@example.org") -> Response:
    body = {"name": "Ada", "email": email, "password": PASSWORD}
    return APIClient().post("/api/auth/register", body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_get_the_first_response(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    first, second = create_poll(client, "k1"), create_poll(client, "k1")
    assert first.status_code == second.status_code == 201
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers.get("ETag") == first.headers.get("ETag")
    assert Poll.objects.count() == 1


def test_key_order_and_the_v1_prefix_do_not_change_the_fingerprint(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    create_poll(client, "k1")
    response = client.post(
        "/api/v1/polls/", dict(reversed(POLL.items())), headers={"Idempotency-Key": "k1"}
    )
    assert response.headers["Idempotent-Replayed"] == "true"


def test_another_body_with_the_key_is_refused(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    create_poll(client, "k1")
    response = create_poll(client, "k1", question="Something else?")
    assert response.status_code == 422
    assert response.json() == {
        "error": "Unprocessable Entity",
        "code": "idempotency.key_reused",
        "message": "This Idempotency-Key was used before, with a different request.",
    }
    assert Poll.objects.count() == 1


def test_another_path_with_the_key_is_refused(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    headers = {"Idempotency-Key": "k1"}
    client.put("/api/users/me/status", {"status": "busy"}, headers=headers)
    assert client.put("/api/users/me", {"name": "Al"}, headers=headers).status_code == 422


def test_keys_of_different_users_are_separate(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    statuses = [create_poll(client_for(user), "k1").status_code for user in (alice, bob)]
    assert statuses == [201, 201]
    assert Poll.objects.count() == 2


def test_a_refused_request_leaves_the_key_unused(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    assert create_poll(client, "k1", question="").status_code == 400
    assert not IdempotencyRecord.objects.exists()
    assert create_poll(client, "k1").status_code == 201


def test_a_failed_request_leaves_the_key_unused_and_changes_nothing(
    alice: User, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(alice)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("after the write")

    with monkeypatch.context() as patch:
        patch.setattr("polls.views.respond", fail)
        assert create_poll(client, "k1").status_code == 500
    assert not IdempotencyRecord.objects.exists()
    assert not Poll.objects.exists()
    assert create_poll(client, "k1").status_code == 201


def test_a_repeated_registration_is_not_a_conflict() -> None:
    first, second = register(VISITOR_KEY), register(VISITOR_KEY)
    assert (second.status_code, second.json()) == (201, first.json())
    assert register("another-key-to-guess").status_code == 409


@pytest.mark.parametrize(
    ("key", "status"), [("short", 400), ("x" * 15, 400), ("x" * 16, 201), ("x" * 255, 201)]
)
def test_a_visitors_key_has_to_be_hard_to_guess(key: str, status: int) -> None:
    response = register(key)
    assert response.status_code == status
    if status == 400:
        assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


def test_a_guessed_key_needs_the_same_request() -> None:
    register(VISITOR_KEY)
    assert register(VISITOR_KEY, email="eve@example.org").status_code == 422


def test_stored_responses_are_encrypted() -> None:
    tokens = register(VISITOR_KEY).json()["tokens"]
    kept = bytes(IdempotencyRecord.objects.get().response)
    for secret in (tokens["accessToken"], tokens["refreshToken"], "ada@example.org"):
        assert secret.encode() not in kept
    assert PASSWORD not in IdempotencyRecord.objects.get().fingerprint


def test_fingerprints_are_keyed(settings: Settings) -> None:
    register(VISITOR_KEY)
    settings.SECRET_KEY = "another" * 8
    assert register(VISITOR_KEY).status_code == 422


def test_expired_responses_are_pruned(
    alice: User, client_for: ClientFor, settings: Settings
) -> None:
    settings.IDEMPOTENCY_KEPT_HOURS = 30
    client = client_for(alice)
    for key in ("old", "young"):
        create_poll(client, key)
    now = timezone.now()
    for key, age in (("old", timedelta(hours=30, seconds=1)), ("young", timedelta(hours=29))):
        IdempotencyRecord.objects.filter(key=key).update(created_at=now - age)
    assert prune_keys("").deleted == 1
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]
    assert "Idempotent-Replayed" not in create_poll(client, "old").headers


def test_reads_ignore_the_key(alice: User, client_for: ClientFor) -> None:
    response = client_for(alice).get("/api/polls", headers={"Idempotency-Key": "k1"})
    assert response.status_code == 200
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_a_key_have_one_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second request waits for the first, and gets its response."""
    begun, may_go_on = threading.Event(), threading.Event()
    check = services.check_new_password

    def check_slowly(*args: Any, **options: Any) -> None:
        begun.set()
        assert may_go_on.wait(20)
        check(*args, **options)

    def register_once() -> Response:
        try:
            return register(VISITOR_KEY)
        finally:
            connection.close()

    monkeypatch.setattr(services, "check_new_password", check_slowly)
    with ThreadPoolExecutor(max_workers=4) as pool:
        responses = [pool.submit(register_once)]
        assert begun.wait(20)
        responses += [pool.submit(register_once) for _ in range(3)]
        may_go_on.set()
    results = [each.result() for each in responses]
    assert {result.status_code for result in results} == {201}
    assert len({result.content for result in results}) == 1
    assert sum("Idempotent-Replayed" in result.headers for result in results) == 3
    assert User.objects.count() == IdempotencyRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_refused_requests_are_all_refused() -> None:
    services.register_user(name="Ada", email="ada@example.org", password=PASSWORD)

    def register_once(_: int) -> int:
        try:
            return int(register(VISITOR_KEY).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(register_once, range(4))) == [409] * 4
    assert not IdempotencyRecord.objects.exists()

"""A wave of logins: concurrency and queue are bounded, and others get 429."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper as DatabaseWrapper
from rest_framework.test import APIClient

from accounts.models import User
from accounts.passwords import NICENESS, password_gate
from tests.accounts.conftest import NEW_PASSWORD, MakeGate, Response
from tests.conftest import PASSWORD
from tools.services import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class SlowHash:
    """Replaces hashing: blocks until released, and records the concurrency."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_end = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        monkeypatch.setattr(Argon2PasswordHasher, "verify", self._verify)

    def _verify(self, password: str, encoded: str) -> bool:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.may_end.wait(20)
        with self._lock:
            self.running -= 1
        return True


@pytest.fixture
def slow_hash(monkeypatch: pytest.MonkeyPatch) -> SlowHash:
    return SlowHash(monkeypatch)


def log_in(key: str | None = None) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"email": "ada@example.org", "password": PASSWORD}
    try:
        return APIClient().post("/api/auth/login", body, headers=headers)
    finally:
        connection.close()


def count_waiting() -> int:
    return password_gate().waiting


def test_concurrency_and_queue_are_bounded_and_others_are_refused(
    ada: User, slow_hash: SlowHash, make_gate: MakeGate
) -> None:
    make_gate(2, 3)
    with ThreadPoolExecutor(max_workers=5) as pool:
        waiting = [pool.submit(log_in) for _ in range(5)]
        try:
            wait_until(lambda: count_waiting() == 3 and slow_hash.running == 2, "five are there")
            turned_away = log_in()
        finally:
            slow_hash.may_end.set()
    assert (turned_away.status_code, turned_away.json()["code"]) == (429, "rate_limited")
    assert int(turned_away.headers["Retry-After"]) > 0
    assert {each.result().status_code for each in waiting} == {200}
    assert slow_hash.most == 2
    assert log_in().status_code == 200


@pytest.mark.parametrize("has_key", [False, True])
def test_a_waiting_request_holds_no_database_connection(
    ada: User,
    slow_hash: SlowHash,
    make_gate: MakeGate,
    monkeypatch: pytest.MonkeyPatch,
    has_key: bool,
) -> None:
    """More requests can wait than there are connections, which others need."""
    make_gate(1, 2)
    connected: list[int] = []
    monkeypatch.setattr(DatabaseWrapper, "connect", _noting(connected, DatabaseWrapper.connect))
    with ThreadPoolExecutor(max_workers=3) as pool:
        keys = [f"a-key-hard-to-guess-{number}" if has_key else None for number in range(3)]
        waiting = [pool.submit(log_in, key) for key in keys]
        try:
            wait_until(lambda: count_waiting() == 2 and slow_hash.running == 1, "three are there")
            assert len(connected) == 1
        finally:
            slow_hash.may_end.set()
    assert [each.result().status_code for each in waiting] == [200] * 3


def _noting(threads: list[int], connect: Callable[[Any], None]) -> Callable[[Any], None]:
    def connect_and_note(wrapper: Any) -> None:
        threads.append(threading.get_ident())
        connect(wrapper)

    return connect_and_note


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own")
def test_hashing_threads_have_low_priority(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    priorities: list[int] = []

    def note_priority(*_: Any) -> bool:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return True

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    monkeypatch.setattr(Argon2PasswordHasher, "verify", note_priority)
    assert log_in().status_code == 200
    assert priorities == [min(own + NICENESS, 19)]


def test_a_failed_turn_is_released(
    ada: User, make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_gate(1, 0)

    def fail(*_: Any) -> bool:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "verify", fail)
        assert log_in().status_code == 500
    assert log_in().status_code == 200


def test_a_turn_is_reentrant(ada: User, make_gate: MakeGate) -> None:
    make_gate(1, 0)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    User.objects.filter(id=ada.id).update(password=f"argon2{cheap}")
    assert log_in().status_code == 200


@pytest.mark.parametrize("address", ["register", "password/reset/confirm"])
def test_every_entry_point_that_hashes_waits_for_a_turn(
    ada: User, slow_hash: SlowHash, make_gate: MakeGate, address: str
) -> None:
    make_gate(1, 0)
    token = f"{ada.id}.{default_token_generator.make_token(ada)}"
    bodies = {
        "register": {"name": "Eve", "email": "eve@example.org", "password": NEW_PASSWORD},
        "password/reset/confirm": {"token": token, "newPassword": NEW_PASSWORD},
    }
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(log_in)
        try:
            wait_until(lambda: slow_hash.running == 1, "one hashes")
            response: Response = APIClient().post(f"/api/auth/{address}", bodies[address])
        finally:
            slow_hash.may_end.set()
    assert response.status_code == 429
    assert first.result().status_code == 200

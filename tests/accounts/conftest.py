"""Fixtures for tests of accounts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import emails, passwords
from accounts.models import User
from tests.conftest import PASSWORD, make_user

# A REST response; the type in the stubs lacks json().
Response = Any
Post = Callable[..., Response]

NEW_PASSWORD = "incorrect mule charger"


@pytest.fixture
def post(visitor: APIClient) -> Post:
    """Posts a body as a visitor: ``post("login", email=…, password=…)``."""

    def post_body(way: str, **body: Any) -> Response:
        return visitor.post(f"/api/auth/{way}", body)

    return post_body


@pytest.fixture
def ada(db: None) -> User:
    """An account with the password ``PASSWORD``."""
    user = make_user("Ada")
    user.set_password(PASSWORD)
    user.save()
    return user


def bearer(token: str) -> APIClient:
    """A client with this access token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def lets_in(token: str) -> bool:
    """Whether an access token is accepted."""
    return bool(bearer(token).get("/api/auth/me").status_code == 200)


def wait_for_emails() -> None:
    """Waits until all emails requested so far are sent."""
    assert emails.flush_emails(10) == 0


MakeGate = Callable[[int, int], None]


@pytest.fixture
def make_gate(settings: Settings) -> Iterator[MakeGate]:
    """Replaces the password gate by one with this concurrency and queue."""

    def make(concurrency: int, queue: int) -> None:
        settings.PASSWORD_HASH_CONCURRENCY = concurrency
        settings.PASSWORD_HASH_QUEUE = queue
        passwords.password_gate.cache_clear()

    yield make
    passwords.password_gate.cache_clear()


def at_once(function: Callable[[int], Any], count: int) -> list[Any]:
    """Calls ``function`` ``count`` times concurrently, each with its own database connection."""

    def call(number: int) -> Any:
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(call, range(count)))

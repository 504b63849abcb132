"""Fixtures and helpers for tests of voting."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.downloads import Download
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from polls.models import Poll
from tests.conftest import ClientFor, access_token, option_ids
from votes import ledger
from votes.exports import ExportFormat, export_results_for

# A REST response, which the stubs declare as another type.
Response = Any
Cast = Callable[..., Response]
Post = Callable[[User | None, str, Any, dict[str, str]], Response]


def post_through(app: AsgiApp) -> Post:
    """Posts to an ASGI application: ``post(user, path, body, headers)``."""
    tokens: dict[User, str] = {}

    async def send(path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        # Without httpx's own headers, which not every client sends.
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.post(path, json=body, headers=headers)

    def post(user: User | None, path: str, body: Any, headers: dict[str, str]) -> Response:
        if user is not None:
            token = tokens.get(user) or tokens.setdefault(user, access_token(user))
            headers = {"Authorization": f"Bearer {token}", **headers}
        return async_to_sync(send)(path, body, headers)

    return post


@pytest.fixture(params=["view", "fast path"])
def post(request: pytest.FixtureRequest, client_for: ClientFor) -> Post:
    """Posts through the view or the fast path; both have to respond alike."""
    if request.param == "fast path":
        return post_through(FastPath(get_asgi_application()))  # type: ignore[arg-type]
    clients: dict[User | None, Any] = {}

    def post(user: User | None, path: str, body: Any, headers: dict[str, str]) -> Response:
        client = clients.get(user) or clients.setdefault(user, client_for(user))
        return client.post(path, body, headers=headers)

    return post


@pytest.fixture
def cast(post: Post) -> Cast:
    """Casts a vote over REST: ``cast(bob, poll, 0, 2)`` for the options at these positions.

    ``body`` is sent instead of what the positions say; ``key`` is the idempotency key.
    """

    def cast(
        user: User | None, poll: Poll, *positions: int, body: Any = None, key: str | None = None
    ) -> Response:
        ids = [str(option_id) for option_id in option_ids(poll)]
        chosen = [ids[position] for position in positions]
        if body is None:
            one = len(chosen) == 1
            body = {"pollOptionId": chosen[0]} if one else {"pollOptionIds": chosen}
        headers = {"Idempotency-Key": key} if key else {}
        return post(user, f"/api/polls/{poll.id}/vote", body, headers)

    return cast


def counts(poll: Poll) -> list[int]:
    """The stored counters of the options."""
    return list(poll.options.order_by("position").values_list("vote_count", flat=True))


class Clock:
    """The clock of the ledger, which tests set."""

    def __init__(self) -> None:
        # A whole second, so that tests know where the intervals of samples begin.
        self.time = timezone.now().replace(microsecond=0)

    def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ledger, "timezone", clock)
    return clock


def export_at_once(actor: Actor, poll_id: UUID, export_format: ExportFormat) -> Download:
    """The export of a poll that is not streamed."""
    download = export_results_for(actor, poll_id, export_format)
    assert isinstance(download, Download)
    return download

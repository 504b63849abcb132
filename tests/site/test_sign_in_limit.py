"""Requests that hash a password are queued, fairly by address; all others pass."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import pytest
from pytest_django import Settings

from polling_site.asgi_middleware import sign_in_limit as limit_module
from polling_site.asgi_middleware.sign_in_limit import MAX_BODY_BYTES, SignInLimit
from web.views import errors as error_pages

PATIENCE_S = 10
LOGIN = "/api/auth/login"
ORIGIN = "https://app.example"


class Inside:
    """The application behind the middleware; holds requests until ``may_go`` is set."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.entered: asyncio.Queue[str] = asyncio.Queue()
        self.may_go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        is_complete, body = False, b""
        while not is_complete:
            message = await receive()
            body += message["body"]
            is_complete = not message.get("more_body")
        self.bodies.append(body)
        self.entered.put_nowait(scope["path"])
        await self.may_go.wait()


class Visit:
    """A request to the middleware, and its response."""

    def __init__(
        self,
        app: Any,
        path: str,
        method: str = "POST",
        *,
        is_slow: bool = False,
        body: bytes = b"}",
        address: str = "192.0.2.1",
    ) -> None:
        self.sent: list[Any] = []
        self.coming: asyncio.Queue[Any] = asyncio.Queue()
        self.come(b"{", more_body=True)
        if not is_slow:
            self.come(body)
        headers = [(b"origin", ORIGIN.encode())]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": headers,
            "query_string": b"",
            "client": (address, 1),
        }
        self.task = asyncio.create_task(app(scope, self.coming.get, self._send))

    def come(self, body: bytes, *, more_body: bool = False) -> None:
        """Delivers a part of the body."""
        self.coming.put_nowait({"type": "http.request", "body": body, "more_body": more_body})

    def go_away(self) -> None:
        self.coming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.fixture(autouse=True)
def _quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_module, "REFUSED_AFTER_S", 0.0)


@pytest.fixture
def small(settings: Settings) -> None:
    settings.PASSWORD_HASH_CONCURRENCY = 1
    settings.PASSWORD_HASH_QUEUE = 1
    settings.PASSWORD_HASH_QUEUE_PER_ADDRESS = 1
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]


async def soon(*waiting: Awaitable[Any]) -> Any:
    """Awaits all of these within PATIENCE_S."""
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.gather(*waiting)


async def test_one_request_passes_at_a_time_and_a_full_queue_refuses(small: None) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    first, second, third = (Visit(app, path) for path in (LOGIN, "/api/v1/auth/register/", LOGIN))
    await soon(inside.entered.get(), third.task)
    head = third.sent[0]
    assert head["status"] == 429
    headers = dict(head["headers"])
    assert headers[b"retry-after"] == b"3"
    assert headers[b"access-control-allow-origin"] == ORIGIN.encode()
    assert inside.paths == [LOGIN]
    assert not second.sent
    inside.may_go.set()
    await soon(first.task, second.task)
    assert inside.paths == [LOGIN, "/api/v1/auth/register/"]


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register/", "/users"])
async def test_addresses_without_the_prefix_are_limited_like_others(small: None, path: str) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    first, _second, third = (Visit(app, each) for each in (LOGIN, LOGIN, path))
    await soon(inside.entered.get(), third.task)
    head = third.sent[0]
    assert head["status"] == 429
    assert dict(head["headers"])[b"access-control-allow-origin"] == ORIGIN.encode()
    inside.may_go.set()
    await soon(first.task)


async def test_other_requests_pass(small: None) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    visits = [
        Visit(app, LOGIN),
        Visit(app, LOGIN, "OPTIONS"),
        Visit(app, "/api/auth/guest"),
        Visit(app, "/"),
    ]
    visits += [
        Visit(app, path, method, body=b'"name": "Ada"}')
        for method, path in (("PUT", "/api/users/me"), ("PATCH", "/users/me"))
    ]
    await soon(*(inside.entered.get() for _ in visits))
    assert sorted(inside.paths) == [
        "/", "/api/auth/guest", LOGIN, LOGIN, "/api/users/me", "/users/me"
    ]  # fmt: skip
    inside.may_go.set()
    await soon(*(each.task for each in visits))


async def test_a_cancelled_request_leaves_the_queue(small: None) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    first, second, refused = (Visit(app, LOGIN) for _ in range(3))
    # By now the second waits, or there would have been room.
    await soon(refused.task)
    second.task.cancel()
    with suppress(asyncio.CancelledError):
        await second.task
    third = Visit(app, LOGIN)
    inside.may_go.set()
    await soon(first.task, third.task)
    assert not third.sent
    assert inside.paths == [LOGIN, LOGIN]


async def test_a_client_that_sends_slowly_holds_no_turn(small: None) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    slow, gone = (Visit(app, LOGIN, is_slow=True) for _ in range(2))
    quick = Visit(app, LOGIN)
    gone.go_away()
    await soon(inside.entered.get(), gone.task)
    assert inside.bodies == [b"{}"]
    assert not gone.sent
    slow.come(b"}")
    inside.may_go.set()
    await soon(quick.task, slow.task)
    assert inside.bodies == [b"{}", b"{}"]


async def test_a_client_that_disconnects_leaves_the_queue(small: None) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    first, gone = Visit(app, LOGIN), Visit(app, LOGIN)
    await soon(inside.entered.get())
    gone.go_away()
    await soon(gone.task)
    third = Visit(app, LOGIN)
    inside.may_go.set()
    await soon(first.task, third.task)
    assert not third.sent
    assert not gone.sent
    assert inside.paths == [LOGIN, LOGIN]


async def test_addresses_take_turns(settings: Settings) -> None:
    """Requests from other addresses go ahead of a flood from one address."""
    settings.PASSWORD_HASH_CONCURRENCY = 1
    settings.PASSWORD_HASH_QUEUE = 10
    settings.PASSWORD_HASH_QUEUE_PER_ADDRESS = 10
    served: list[str] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["client"][0])
        await asyncio.sleep(0)

    app = SignInLimit(note)
    flood = [Visit(app, LOGIN, address="2001:db8::1") for _ in range(20)]
    flood += [Visit(app, LOGIN, address=f"2001:db8::{number}") for number in range(2, 20)]
    others = [Visit(app, LOGIN, address=f"192.0.2.{number}") for number in range(5)]
    await soon(*(each.task for each in [*flood, *others]))
    assert not any(each.sent for each in others)
    assert {f"192.0.2.{number}" for number in range(5)} < set(served[:8])
    assert sum(bool(each.sent) for each in flood) == len(flood) - (len(served) - 5)


HASHING = [
    *(
        ("POST", f"{prefix}/{path}{slash}")
        for prefix in ("/api", "/api/v1")
        for path in (
            "auth/login",
            "auth/register",
            "auth/password/change",
            "auth/password/reset/confirm",
            "users",
        )
        for slash in ("", "/")
    ),
    *(
        (method, f"{prefix}/users/me{slash}")
        for method in ("PUT", "PATCH")
        for prefix in ("/api", "/api/v1")
        for slash in ("", "/")
    ),
    *(
        ("POST", f"{path}{slash}")
        for path in (
            "/sign-in",
            "/register",
            "/reset",
            "/account/password",
            "/account/email",
            "/account/erase",
        )
        for slash in ("", "/")
    ),
    ("POST", "/admin/login/"),
    ("POST", "/admin/password_change/"),
    ("POST", "/admin/accounts/user/"),
    ("POST", "/admin/accounts/user/add/"),
    ("POST", "/admin/accounts/user/01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10/change/"),
]


@pytest.mark.parametrize(("method", "path"), HASHING)
async def test_every_endpoint_that_hashes_is_queued(small: None, method: str, path: str) -> None:
    inside = Inside()
    app = SignInLimit(inside)
    first = Visit(app, LOGIN)
    waiting = Visit(app, path, method, body=b'"currentPassword": "x"}')
    refused = Visit(app, path, method, body=b'"current_password": "x"}')
    await soon(inside.entered.get(), refused.task)
    assert inside.paths == [LOGIN]
    head, body = refused.sent
    assert (head["status"], dict(head["headers"])[b"retry-after"]) == (429, b"3")
    is_page = not path.startswith("/api")
    assert (b"<h1>One moment, please</h1>" in body["body"]) is is_page
    inside.may_go.set()
    await soon(first.task, waiting.task)
    assert inside.paths == [LOGIN, path]


async def test_a_long_body_is_refused_at_once(small: None) -> None:
    inside = Inside()
    refused = Visit(SignInLimit(inside), LOGIN, body=b"x" * MAX_BODY_BYTES)
    await soon(refused.task)
    assert refused.sent[0]["status"] == 413
    assert not inside.paths


async def test_a_refusal_is_delayed_so_that_retries_cost_little(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_module, "REFUSED_AFTER_S", 3600.0)
    inside = Inside()
    app = SignInLimit(inside)
    first, second, held = (Visit(app, LOGIN) for _ in range(3))
    inside.may_go.set()
    await soon(first.task, second.task)
    assert not held.sent
    held.go_away()
    await soon(held.task)
    assert not held.sent


async def test_no_refusal_waits_for_a_template(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    error_pages._sign_in_queue_html.cache_clear()
    app = SignInLimit(Inside())
    monkeypatch.setattr("web.views.errors.render_to_string", None)
    for _ in range(2):
        Visit(app, "/sign-in")
    refused = Visit(app, "/sign-in")
    await soon(refused.task)
    assert refused.sent[0]["status"] == 429

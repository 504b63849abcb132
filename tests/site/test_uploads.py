"""The middleware that receives files: who may send them, how many at a time, what is refused."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from polling_site.asgi_middleware.uploads import OVERHEAD_BYTES, PER_ACCOUNT, UploadLimit, Uploads
from tests.conftest import access_token

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_BYTES = 1024


class Behind:
    """The application behind the middleware; responds when the test allows."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.begun = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        self.bodies.append(body + message.get("body", b""))
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


class Sending:
    """A request with a file."""

    def __init__(
        self,
        app: Any,
        token: str = "",
        parts: Iterable[bytes] = (b"a", b"b"),
        path: str = "/api/uploads",
        headers: Iterable[tuple[bytes, bytes]] = (),
        address: str = "192.0.2.1",
    ) -> None:
        self.parts = list(parts)
        self.sent: list[Any] = []
        bearer = [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "client": (address, 1234),
            "headers": [
                (b"host", b"polls.test"),
                (b"transfer-encoding", b"chunked"),
                *bearer,
                *headers,
            ],
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def outcome(self) -> tuple[int, str]:
        await self.task
        return self.sent[0]["status"], json.loads(self.sent[1]["body"]).get("code", "")


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def app(behind: Behind, settings: Settings) -> Uploads:
    settings.UPLOAD_MAX_BYTES = LIMIT_BYTES

    async def others(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    return Uploads(others, behind, others)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/uploads", 201),
        ("/api/v1/uploads", 201),
        ("/api/v1/uploads/", 201),
        ("/api/uploads/x", 200),
        ("/api/polls", 200),
    ],
)
async def test_only_uploads_are_received_here(
    app: Uploads, behind: Behind, alice: User, path: str, status: int
) -> None:
    token = await asyncio.to_thread(access_token, alice)
    assert await Sending(app, token, path=path).outcome() == (status, "")
    assert behind.bodies == ([b"ab"] if status == 201 else [])


async def test_a_client_that_may_not_upload_is_refused_before_its_file_is_kept(
    app: Uploads, behind: Behind, guest: User, charlie: User
) -> None:
    guests = await asyncio.to_thread(access_token, guest)
    charlies = await asyncio.to_thread(access_token, charlie)
    await User.objects.filter(id=charlie.id).aupdate(is_active=False)
    refusals = {
        "": (401, "auth.required"),
        "nonsense": (401, "auth.token_invalid"),
        guests: (403, "auth.account_required"),
        charlies: (401, "account.suspended"),
    }
    for token, expected in refusals.items():
        sending = Sending(app, token)
        assert await sending.outcome() == expected
        # Read, so that the client looks for the answer.
        assert sending.parts == []
    assert behind.begun == 0


async def test_a_client_that_waits_for_permission_sends_nothing(app: Uploads) -> None:
    sending = Sending(app, headers=[(b"expect", b"100-continue")])
    assert await sending.outcome() == (401, "auth.required")
    assert len(sending.parts) == 2
    assert (b"connection", b"close") in sending.sent[0]["headers"]


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_a_body_above_the_limit_is_read_no_further(
    app: Uploads, alice: User, is_allowed: bool
) -> None:
    token = await asyncio.to_thread(access_token, alice) if is_allowed else ""
    parts = [b"x" * LIMIT_BYTES, b"y" * OVERHEAD_BYTES]
    assert (await Sending(app, token, parts).outcome())[0] == (201 if is_allowed else 401)
    sending = Sending(app, token, [*parts, b"z", b"never read"])
    assert await sending.outcome() == (413, "upload.too_large")
    assert sending.parts == [b"never read"]


async def test_an_account_sends_two_files_at_a_time_and_an_address_half_of_all(
    app: Uploads, behind: Behind, alice: User, bob: User, settings: Settings
) -> None:
    settings.UPLOADS_AT_ONCE = PER_ACCOUNT + 1
    behind.may_answer.clear()
    [alices, bobs] = [await asyncio.to_thread(access_token, user) for user in (alice, bob)]
    held = [Sending(app, alices) for _ in range(PER_ACCOUNT)]
    await begun(behind, PER_ACCOUNT)
    assert await Sending(app, alices).outcome() == (429, "rate_limited")
    # Half of all, but at least two, from one address.
    assert await Sending(app, bobs).outcome() == (429, "rate_limited")
    held.append(Sending(app, bobs, address="192.0.2.2"))
    await begun(behind, PER_ACCOUNT + 1)
    # Three of all.
    assert await Sending(app, bobs, address="192.0.2.3").outcome() == (503, "server.unavailable")
    behind.may_answer.set()
    assert [(await each.outcome())[0] for each in held] == [201] * 3
    # Places are given back.
    assert [(await Sending(app, token).outcome())[0] for token in (alices, bobs)] == [201] * 2


async def test_a_failed_upload_gives_its_turn_back(alice: User) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    limit = UploadLimit(failing)
    token = await asyncio.to_thread(access_token, alice)
    for _ in range(PER_ACCOUNT + 1):
        with pytest.raises(RuntimeError, match="broken"):
            await Sending(limit, token).task


async def begun(behind: Behind, count: int) -> None:
    async with asyncio.timeout(20):
        while behind.begun < count:  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("path", "is_upload"),
    [
        ("/manage/import", True),
        ("/manage/workspaces/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f20/import", True),
        ("/manage/projects/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f20/import-workspace", True),
        ("/manage/jobs/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f20/import", False),
    ],
)
async def test_forms_of_pages_send_files_with_the_session(
    app: Uploads, behind: Behind, alice: User, path: str, is_upload: bool
) -> None:
    token = await asyncio.to_thread(access_token, alice)
    cookie = (b"cookie", await asyncio.to_thread(_session_of, alice))
    if not is_upload:
        assert await Sending(app, path=path, headers=[cookie]).outcome() == (200, "")
        assert behind.bodies == []
        return
    assert await Sending(app, path=path, headers=[cookie]).outcome() == (201, "")
    # A token says nothing about who uses the page, and a session nothing about who uses the API:
    # only forms of pages are protected against other sites.
    assert await Sending(app, token, path=path).outcome() == (401, "auth.required")
    assert await Sending(app, headers=[cookie]).outcome() == (401, "auth.required")


def _session_of(user: User) -> bytes:
    browser = Client()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}".encode()

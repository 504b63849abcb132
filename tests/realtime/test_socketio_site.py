"""Socket.IO in the site: client files, headers, CORS and unknown addresses."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from pytest_django import Settings

from polling_site.asgi import application
from polling_site.socketio import CLIENT_FILES, CLIENT_VERSION
from realtime.hub import Hub
from tests.clients.toolchain import HERE

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"
NAMES = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def browser(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://polls.test") as client:
        yield client


@pytest.mark.parametrize("name", NAMES)
async def test_the_client_is_served(browser: httpx.AsyncClient, name: str) -> None:
    response = await browser.get(f"/socket.io/{name}")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert response.headers["Cache-Control"] == "max-age=3600, public"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    # Pages of other sites load it too.
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert f"Socket.IO v{CLIENT_VERSION}" in response.text
    [source_map] = re.findall(r"sourceMappingURL=(\S+)", response.text)
    mapped = await browser.get(f"/socket.io/{source_map}")
    assert mapped.headers["Content-Type"].startswith("application/json")
    assert json.loads(mapped.text)["version"] == 3
    again = await browser.get(
        f"/socket.io/{name}", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_the_vendored_client_is_the_tested_one() -> None:
    package = json.loads((HERE / "package.json").read_text())
    assert package["devDependencies"]["socket.io-client"] == CLIENT_VERSION
    assert "MIT" in (CLIENT_FILES / "LICENSE").read_text()


@pytest.mark.parametrize("path", ["LICENSE", "nope.js", "../socketio.py", "a/"])
async def test_other_files_are_not(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(f"/socket.io/{path}")
    assert response.status_code == 404
    assert path != "nope.js" or response.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/socket.io/", "/socket.io"])
async def test_a_handshake(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(f"{path}?EIO=4&transport=polling")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Length"] == str(len(response.content))
    opened = json.loads(response.text[1:])
    assert opened["upgrades"] == ["websocket"]
    assert re.fullmatch(r"web-[0-9a-f]{8}\.[\w-]{20}", opened["sid"])


async def test_another_method_is_refused(browser: httpx.AsyncClient) -> None:
    response = await browser.put(HANDSHAKE)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("allowed", "origin", "answer"),
    [
        (["https://a.test"], "https://a.test", "https://a.test"),
        (["https://a.test"], "https://b.test", None),
        ([], "https://a.test", None),
    ],
)
async def test_pages_of_allowed_origins_may_poll(
    browser: httpx.AsyncClient,
    settings: Settings,
    allowed: list[str],
    origin: str,
    answer: str | None,
) -> None:
    settings.CORS_ALLOWED_ORIGINS = allowed
    headers = {"Origin": origin}
    response = await browser.get(HANDSHAKE, headers=headers)
    assert response.headers.get("Access-Control-Allow-Origin") == answer
    assert "origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers
    preflight = await browser.options(
        HANDSHAKE,
        headers={
            **headers,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert preflight.headers.get("Access-Control-Allow-Origin") == answer
    assert ("authorization" in preflight.headers.get("Access-Control-Allow-Headers", "")) is (
        answer is not None
    )

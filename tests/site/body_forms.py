"""Sends the same requests with a Content-Length and in chunks."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from tests.processes import PATIENCE_S, ServerProcess

PASSWORD = "correct horse battery"
JSON = {"Content-Type": "application/json"}


class Sender:
    """Sends bodies whole or in chunks."""

    def __init__(self, http: httpx.Client, *, is_chunked: bool) -> None:
        self.is_chunked = is_chunked
        self.http = http

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        content = self._parts(body) if self.is_chunked else body
        return self.http.request(method, path, content=content, headers=headers)

    def json(self, method: str, path: str, body: Any, token: str = "") -> httpx.Response:
        headers = JSON | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.send(method, path, json.dumps(body).encode(), headers)

    def _parts(self, body: bytes) -> Iterator[bytes]:
        yield from (body[:3], body[3:4], body[4:])


def check_bodies(server: ServerProcess, *, is_chunked: bool) -> None:
    """Sends every kind of body to the server, and checks that all are read."""
    for check in (_check_api, _check_pages, _check_bounds, _check_uploads):
        with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as http:
            check(Sender(http, is_chunked=is_chunked))


def _check_api(sender: Sender) -> None:
    """Checks every kind of write of the API."""
    email = f"ada-{uuid4().hex}@example.org"
    account = {"name": "Ada", "email": email, "password": PASSWORD}
    assert sender.json("POST", "/api/auth/register", account).status_code == 201
    login = sender.json("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
    token = login.json()["tokens"]["accessToken"]
    guest = sender.json("POST", "/api/auth/guest", {"name": "Grace"}).json()
    assert guest["user"]["name"] == "Grace"
    changed = sender.json("PUT", "/api/users/me", {"name": "Ada L."}, token)
    assert changed.json()["user"]["name"] == "Ada L."

    asked = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"], "isPublished": True}
    poll = sender.json("POST", "/api/polls", asked, token).json()["poll"]
    address = f"/api/polls/{poll['id']}"
    patched = sender.json("PATCH", address, {"question": "Coffee or tea?"}, token)
    assert patched.json()["poll"]["question"] == "Coffee or tea?"
    vote = {"pollOptionId": poll["options"][1]["id"]}
    voter = guest["tokens"]["accessToken"]
    assert sender.json("POST", f"{address}/vote", vote, voter).status_code == 201
    assert sender.json("POST", "/api/votes", vote, token).status_code == 201
    # Through the views: the fast path takes no Origin of another site.
    odd = JSON | {"Authorization": f"Bearer {voter}", "Origin": "https://elsewhere.test"}
    again = sender.send("POST", "/api/votes", json.dumps(vote).encode(), odd)
    assert again.json()["code"] == "vote.duplicate"
    results = sender.http.get(f"{address}/results").json()["poll"]
    assert [option["voteCount"] for option in results["options"]] == [0, 2]
    # An unexpected body is ignored.
    assert sender.json("GET", address, {"a": 1}).json()["poll"]["id"] == poll["id"]
    assert sender.json("DELETE", address, {"a": 1}, token).status_code == 200


def _check_pages(sender: Sender) -> None:
    """Checks forms in both encodings that browsers use."""
    page = sender.http.get("/sign-in")
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "email": "nobody@example.org", "password": "x"}
    for encoded in (
        httpx.Request("POST", "http://a/", data=fields),
        httpx.Request("POST", "http://a/", files={k: (None, v) for k, v in fields.items()}),
    ):
        headers = {"Content-Type": encoded.headers["Content-Type"]}
        answer = sender.send("POST", "/sign-in", encoded.read(), headers)
        # Not 403 for a missing token: the form was read, and the sign-in was refused.
        assert "nobody@example.org" in answer.text
        assert answer.status_code != 403


def _check_bounds(sender: Sender) -> None:
    """Checks that a large body is refused, and that an empty one counts as none."""
    large = sender.json("POST", "/api/auth/guest", {"name": "x" * 300_000})
    assert (large.status_code, large.json()["code"]) == (413, "request.too_large")
    page = sender.send("POST", "/sign-in", b"x" * 300_000, {"Content-Type": "text/plain"})
    assert page.status_code == 413
    empty = sender.send("POST", "/api/auth/guest", b"", JSON)
    assert empty.json()["user"]["name"] == "Guest"


def _check_uploads(sender: Sender) -> None:
    """Checks that files may be larger than other bodies, up to a bound of their own."""
    account = {"name": "Ada", "email": f"ada-{uuid4().hex}@example.org", "password": PASSWORD}
    tokens = sender.json("POST", "/api/auth/register", account).json()["tokens"]
    bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
    content = b"question;options\n" * 200_000
    sent = sender.send("POST", "/api/v1/uploads/?name=a.csv", content, bearer)
    assert (sent.status_code, sent.json()["upload"]["sizeBytes"]) == (201, len(content))
    form = httpx.Request("POST", "http://a/", files={"file": ("b.csv", content, "text/csv")})
    headers = bearer | {"Content-Type": form.headers["Content-Type"]}
    upload = sender.send("POST", "/api/uploads", form.read(), headers).json()["upload"]
    expected = {"name": "b.csv", "mediaType": "text/csv", "sizeBytes": len(content)}
    assert upload.items() >= expected.items()
    large = sender.send("POST", "/api/uploads", b"x" * (33 * 1024 * 1024), bearer)
    assert (large.status_code, large.json()["code"]) == (413, "upload.too_large")
    # Read, so that the client sees the answer, and not kept.
    refused = sender.send("POST", "/api/uploads", content, {})
    assert (refused.status_code, refused.json()["code"]) == (401, "auth.required")

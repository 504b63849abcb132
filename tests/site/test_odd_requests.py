"""Arbitrary bytes in any part of a request cause neither a 5xx nor a traceback in the log."""

import json
import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.processes import PATIENCE_S, ServerProcess
from tests.site.odd_input import COOKIES, FIELDS, HEADERS, ODD, ODD_JSON, PATHS
from tests.site.raw_http import exchange, status_of

PASSWORD = "correct horse battery"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SOCKET = {
    "Upgrade": b"websocket",
    "Connection": b"Upgrade",
    "Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": b"13",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and the credentials of a user signed in to it."""

    server: ServerProcess
    cookies: bytes
    csrf: bytes
    token: bytes
    poll_id: str
    join_code: str

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, bytes],
        *,
        query: bytes = b"",
        body: bytes = b"",
        ending: bytes = b"",
    ) -> int:
        """Sends one request; ``ending`` is added to the path as it is. Returns the status."""
        target = path.format(poll=self.poll_id, code=self.join_code).encode() + ending
        target += b"?" + query if query else b""
        named = {"Host": b"localhost", "Connection": b"close", "Cookie": self.cookies} | headers
        if body and "Transfer-Encoding" not in headers:
            named = {"Content-Length": b"%d" % len(body)} | named
        lines = [b"%s: %s" % (name.encode(), value) for name, value in named.items()]
        head = [method.encode() + b" " + target + b" HTTP/1.1", *lines, b"", body]
        return status_of(exchange(self.server.port, b"\r\n".join(head), until_upgraded=True))

    def lines_since(self, start: int) -> list[dict[str, str]]:
        """The log lines after the first ``start`` bytes."""
        texts = self.server.log.read_bytes()[start:].decode().splitlines()
        return [json.loads(text) for text in texts if text.startswith("{")]

    def logged_bytes(self) -> int:
        return self.server.log.stat().st_size


@pytest.fixture(scope="session")
def site(raw_server: ServerProcess) -> Site:
    account = {"name": "Ada", "email": f"ada-{uuid4().hex}@example.org", "password": PASSWORD}
    with httpx.Client(base_url=raw_server.url, timeout=PATIENCE_S) as http:
        token = http.post("/api/auth/register", json=account).json()["tokens"]["accessToken"]
        asked = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"], "isPublished": True}
        bearer = {"Authorization": f"Bearer {token}"}
        poll = http.post("/api/polls", json=asked, headers=bearer).json()["poll"]
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', http.get("/sign-in").text)
        assert found
        assert http.post("/sign-in", data={"csrfmiddlewaretoken": found[1], **account}).is_redirect
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        csrf = http.cookies["tallyroom_csrf"]
    return Site(
        raw_server, cookies.encode(), csrf.encode(), token.encode(), poll["id"], poll["joinCode"]
    )


# Regressions


@pytest.mark.parametrize(
    ("path", "headers", "query", "status"),
    [
        ("/", {"Host": b"["}, b"", 400),
        ("/", {"Host": b"\xff"}, b"", 400),
        ("/api/polls", {"Host": b"[::1"}, b"", 400),
        ("/api/users/me", {"Host": b"evil.test:x"}, b"", 400),
        ("/admin/login/", {"Host": b"a b"}, b"", 400),
        ("/admin/login/", {}, b"&".join([b"a=1"] * 2_000), 400),
        ("/p/{code}", {}, b"&".join([b"a=1"] * 2_000), 400),
        ("/api/polls", {}, b"&".join([b"a=1"] * 2_000), 400),
        ("/nowhere", SOCKET, b"", 404),
        ("/ws", SOCKET | {"Cookie": b"a" * 9_000}, b"", 431),
        ("/ws", SOCKET | {"Sec-WebSocket-Protocol": b"bearer, \xff"}, b"", 400),
        ("/ws", SOCKET | {"Sec-WebSocket-Key": b"\xff"}, b"", 400),
    ],
)
def test_a_malformed_request_is_refused_with_one_log_line(
    site: Site, path: str, headers: dict[str, bytes], query: bytes, status: int
) -> None:
    start = site.logged_bytes()
    assert site.send("GET", path, headers, query=query) == status
    [line] = site.lines_since(start)
    assert line["level"] == "info"
    assert "exception" not in line
    assert len(json.dumps(line)) < 1_000


def test_a_form_without_its_secret_is_refused_with_one_log_line(site: Site) -> None:
    start = site.logged_bytes()
    form = {"Content-Type": FORM.encode(), "Origin": b"http://\x9b31mevil.test"}
    assert site.send("POST", "/sign-in", form, body=b"email=a") == 403
    [line] = site.lines_since(start)
    assert (line["level"], line["event"]) == ("info", "request refused")
    assert "\x9b" not in line["reason"]


@pytest.mark.parametrize("target", [b"nonsense", b"%5b", b"web:home", b"account", b";q="])
def test_a_word_is_no_redirect_target(site: Site, target: bytes) -> None:
    assert site.send("GET", "/sign-in", {}, query=b"next=" + target) == 302
    form = {"Content-Type": FORM.encode(), "X-CSRFToken": site.csrf}
    assert site.send("POST", "/manage/{poll}/reopen", form, body=b"next=" + target) == 302


# Fuzzing

ANYTHING = (
    st.sampled_from(ODD + ODD_JSON) | st.binary(max_size=40) | st.text(max_size=20).map(str.encode)
)
PLACES = [
    *(("header", name) for name in HEADERS),
    *(("cookie", name) for name in COOKIES),
    *(("query", name) for name in FIELDS),
    *(("form", name) for name in FIELDS),
    *(("json", name) for name in FIELDS),
    ("path", ""), ("query", ""), ("form", ""), ("json", ""),
]  # fmt: skip
# Bytes that end a header or a request line; what follows would be another one.
BREAKS = re.compile(rb"[\r\n]")


@hypothesis_settings(
    max_examples=600,
    derandomize=True,
    database=None,
    deadline=None,
    # Shrinking would take minutes where a server does not answer.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    path=st.sampled_from(PATHS),
    place=st.sampled_from(PLACES),
    value=ANYTHING,
    bears_token=st.booleans(),
)
@example(path="/sign-in", place=("query", "next"), value=b"nonsense", bears_token=False)
@example(path="/ws", place=("header", "Cookie"), value=b"a" * 9_000, bears_token=False)
def test_no_bytes_break_anything(
    site: Site, path: str, place: tuple[str, str], value: bytes, bears_token: bool
) -> None:
    start = site.logged_bytes()
    status = _send_odd(site, path, place, value, bears_token)
    assert 200 <= status < 500 or status == 101
    for line in site.lines_since(start):
        assert line["level"] != "error"
        assert "exception" not in line


def _send_odd(
    site: Site, path: str, place: tuple[str, str], value: bytes, bears_token: bool
) -> int:
    kind, name = place
    headers = dict(SOCKET) if path.startswith("/ws") else {}
    if bears_token:
        headers["Authorization"] = b"Bearer " + site.token
    escaped = quote_from_bytes(value).encode() if b"%" not in value else BREAKS.sub(b"", value)
    pair = name.encode() + b"=" + escaped if name else escaped
    match kind:
        case "header":
            # With the length of what follows, the server would wait for it.
            sent = b"x" if name == "Content-Length" and value.isdigit() else BREAKS.sub(b"", value)
            if name == "Connection":
                sent += b", Upgrade, close"
            return site.send("GET", path, headers | {name: sent})
        case "cookie":
            cookie = site.cookies + b"; " + name.encode() + b"=" + BREAKS.sub(b"", value)
            return site.send("GET", path, headers | {"Cookie": cookie})
        case "query":
            return site.send("GET", path, headers, query=pair)
        case "path":
            raw = value.replace(b" ", b"")
            return site.send("GET", path, headers, ending=b"/" + BREAKS.sub(b"", raw))
        case "form":
            form = {"Content-Type": FORM.encode(), "X-CSRFToken": site.csrf}
            return site.send("POST", path, headers | form, body=pair or b"=")
        case _:
            body = _json_body(name, value)
            return site.send("POST", path, headers | {"Content-Type": JSON.encode()}, body=body)


def _json_body(name: str, value: bytes) -> bytes:
    if not name:
        return value or b"{"
    if value in ODD_JSON:
        return b'{"%s": %s}' % (name.encode(), value)
    # Half of a pair of surrogates is easy to come by in UTF-16.
    size = len(value) // 2 * 2
    return json.dumps({name: value[:size].decode("utf-16-le", "surrogatepass")}).encode()

"""Property: the fast path and the views answer any request alike, in status, headers and body.

Requests begin as a browser sends them and are then changed: headers repeated, reordered, padded,
renamed or given odd values, bodies and paths too. No request changes anything in the database, so
that each can be sent both ways: every voter has voted in every poll.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from polls.models import Poll
from polls.services import close_poll
from tests.browser_headers import BROWSERS
from tests.conftest import MakePoll, access_token, actor_of, option_ids
from votes.services import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)

DJANGO: Any = get_asgi_application()
EXAMPLES = 150
# The id of a request differs, and the second of two with a key is marked as a repeat.
VARYING = {b"x-request-id", b"idempotent-replayed"}

Pair = tuple[bytes, bytes]
Response = tuple[int, bytes, list[Pair]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: bytes
    headers: tuple[Pair, ...]
    body: bytes
    # Where the body is cut into messages.
    cut: int


@dataclass(frozen=True)
class World:
    """What requests can name: tokens of voters, polls and options."""

    tokens: tuple[str, ...]
    poll_ids: tuple[str, ...]
    option_ids: tuple[str, ...]


@pytest.fixture
def world(make_poll: MakePoll, alice: User, bob: User, charlie: User) -> World:
    fixed, changeable, closed = make_poll(), make_poll(allow_change=True), make_poll()
    for poll in (fixed, changeable, closed):
        for voter, key in ((bob, None), (charlie, f"key-{poll.id}")):
            cast_vote(actor=actor_of(voter), option_ids=option_ids(poll)[:1], key=key)
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    polls: list[Poll] = [fixed, changeable, closed, make_poll(is_published=False)]
    return World(
        tokens=tuple(map(access_token, (bob, charlie))),
        poll_ids=(*(str(poll.id) for poll in polls), str(uuid4())),
        # Where votes can be changed, only the option that everyone has chosen.
        option_ids=(
            *(str(option_ids(poll)[0]) for poll in polls),
            str(option_ids(fixed)[1]),
            str(uuid4()),
        ),
    )


# Requests


def values_of(world: World) -> dict[bytes, list[bytes]]:
    """Usual and odd values of the headers that mean something."""
    tokens = [token.encode() for token in world.tokens]
    return {
        b"host": [
            b"testserver", b"TestServer:80", b"elsewhere.example", b"testserver,a", b"", b"[",
        ],
        b"authorization": [
            *(b"Bearer " + token for token in tokens),
            b"bearer   " + tokens[0] + b" ", b"Bearer\t" + tokens[0], b"Bearer\xa0" + tokens[0],
            b"Bearer " + tokens[0] + b"," + tokens[1], b"Bearer " + tokens[0] + b"\xa0",
            b"Bearer", b"Bearer ", b"Bearer x", b"Basic x", b"", tokens[0],
        ],
        b"accept": [
            b"*/*", b"application/json", b"application/json, text/plain, */*", b"text/html", b"",
            b"application/json; indent=4", b"*/*;q=0", b"APPLICATION/JSON", b"x",
        ],
        b"content-type": [
            b"application/json", b"application/json; charset=utf-8", b"Application/JSON",
            b"application/json;charset=utf-8", b"application/json; charset=latin-1", b"text/plain",
            b"application/json; charset=utf-7", b"", b"multipart/form-data; boundary=x",
        ],
        b"content-length": [b"0", b"", b"1", b"+80", b"0080", b"9999", b"1_0", b"\xb2", b"-1"],
        b"content-encoding": [b"gzip", b"identity"],
        b"transfer-encoding": [b"chunked"],
        b"idempotency-key": [
            b"k", b" k ", b"other", b"", b" ", b"\xe4", b"x" * 255, b"x" * 256, b"a,b",
            *(f"key-{poll_id}".encode() for poll_id in world.poll_ids),
        ],
        b"origin": [
            b"http://testserver", b"https://testserver", b"https://testserver:443", b"null", b"",
            b"https://elsewhere.example", b"http://testserver/", b"HTTP://testserver", b"http://[",
            b"ftp://testserver", b"testserver",
        ],
        b"if-match": [b'"1"', b"*"],
        b"if-none-match": [b'"1"', b"*"],
        b"if-modified-since": [b"Mon, 04 May 2026 09:30:00 GMT"],
        b"range": [b"bytes=0-1"],
        b"cookie": [b"", b"tallyroom_session=x", b"=;;=", b"tallyroom_language=ar", b"\xff"],
        b"accept-language": [b"ar", b"de", b"\xff", b""],
        b"x-forwarded-host": [b"elsewhere.example"],
        b"x-http-method-override": [b"DELETE"],
    }  # fmt: skip


@st.composite
def requests(draw: st.DrawFn, world: World) -> Request:
    """A request of a browser, with up to three changes."""
    method = draw(st.sampled_from(["POST", "POST", "GET"]))
    body = draw(bodies(world)) if method == "POST" else b""
    pairs = [(b"host", b"testserver")]
    browser = draw(st.sampled_from([*BROWSERS.values(), {}]))
    pairs += [(name.lower().encode(), value.encode()) for name, value in browser.items()]
    if method == "POST":
        pairs += [
            (b"authorization", b"Bearer " + draw(st.sampled_from(world.tokens)).encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        keys = st.sampled_from(values_of(world)[b"idempotency-key"])
        pairs += [(b"idempotency-key", draw(keys))] * draw(st.booleans())
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        pairs = draw(changed_headers(world, pairs))
    return Request(
        method=draw(st.sampled_from([method] * 8 + ["GET", "POST", "HEAD", "PUT"])),
        path=draw(paths(world, method)),
        query=draw(st.sampled_from([b""] * 8 + [b"page=1", b"x", b"_=1"])),
        headers=tuple(pairs),
        body=body,
        cut=draw(st.integers(0, len(body))),
    )


@st.composite
def changed_headers(draw: st.DrawFn, world: World, pairs: Sequence[Pair]) -> list[Pair]:
    """These headers with one change."""
    pairs = list(pairs) or [(b"host", b"testserver")]
    at = draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[at]
    values = values_of(world)
    change = draw(st.sampled_from(["set", "add", "drop", "repeat", "pad", "rename", "shuffle"]))
    if change in {"set", "add"}:
        name = draw(st.sampled_from(sorted(values)))
        pair = (name, draw(st.sampled_from(values[name])))
        kept = pairs if change == "add" else [each for each in pairs if each[0] != name]
        return [*kept, pair] if draw(st.booleans()) else [pair, *kept]
    if change == "shuffle":
        return list(draw(st.permutations(pairs)))
    changes: dict[str, list[Pair]] = {
        "drop": [],
        "repeat": [(name, value), (name, value)],
        "pad": [(name, draw(PADDING) + value + draw(PADDING))],
        "rename": [(draw(st.sampled_from([name.upper(), name.replace(b"-", b"_"), b"x"])), value)],
    }
    return [*pairs[:at], *changes[change], *pairs[at + 1 :]]


PADDING = st.sampled_from([b"", b" ", b"\t", b"\xa0", b",", b";"])


@st.composite
def bodies(draw: st.DrawFn, world: World) -> bytes:
    ids = st.sampled_from(world.option_ids)
    one, several = draw(ids), draw(st.lists(ids, max_size=3))
    odd: list[Any] = [
        {}, [], None, 1, one, {"pollOptionId": one, "pollOptionIds": [one]}, {"pollOptionId": None},
        {"pollOptionId": one.upper()}, {"pollOptionId": one.replace("-", "")},
        {"pollOptionId": [one]}, {"pollOptionIds": one}, {"pollOptionIds": several},
        {"poll_option_ids": several}, {"pollOptionIds": [[one]]}, {"pollOptionIds": [one] * 51},
        {"pollOptionId": f" {one}"}, {"pollOptionId": one, "x": 1}, {"PollOptionId": one},
        {"pollOptionId": one + "\n"}, {"pollOptionId": 1e400}, {"": one},
    ]  # fmt: skip
    usual = [{name: one} for name in ("pollOptionId", "poll_option_id")] * 12
    text = json.dumps(draw(st.sampled_from([*usual, *odd])))
    repeated = f'{{"pollOptionId":"x","pollOptionId":"{one}"}}'
    escaped = f'{{"poll\\u004fptionId":"{one}"}}'
    return draw(
        st.sampled_from(
            [text.encode()] * 10
            + [repeated.encode(), escaped.encode(), b"", b"{", text.encode() + b"x"]
            + [b" \n" + text.encode() + b" ", b"\xef\xbb\xbf" + text.encode(), b"\xff", b"NaN"]
            + [text.encode("utf-16"), b"\x00" + text.encode(), text.encode() + b" " * 5000]
        )
    )


@st.composite
def paths(draw: st.DrawFn, world: World, method: str) -> str:
    poll_id = draw(st.sampled_from(world.poll_ids))
    of_poll = f"/polls/{poll_id}"
    votes, reads = [f"{of_poll}/vote", "/votes"], ["/polls", of_poll, f"{of_poll}/results"]
    usual = votes if method == "POST" else reads
    odd = [
        f"/polls/{poll_id.upper()}/vote", f"/polls/{poll_id}x", f"/polls/{poll_id}/vote/x",
        f"/polls/{poll_id.replace('-', '')}", "/polls\n", "/polls//", "/v1/polls", "/votes ",
    ]  # fmt: skip
    tail = draw(st.sampled_from(usual * 8 + odd))
    prefix = draw(st.sampled_from(["/api", "/api", "/api/v1", "/api/v1/v1", "//api", ""]))
    return prefix + tail + draw(st.sampled_from(["", "", "", "/", "//"]))


# Both ways


async def call(app: AsgiApp, request: Request) -> Response:
    body = [request.body[: request.cut], request.body[request.cut :]]
    messages = [
        {"type": "http.request", "body": part, "more_body": number == 0}
        for number, part in enumerate(body)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query,
        "root_path": "",
        "headers": list(request.headers),
        "client": ("127.0.0.1", 1234),
        "server": ("testserver", 80),
    }
    await app(scope, receive, send)
    start, *rest = sent
    headers = [(name.lower(), value) for name, value in start["headers"]]
    kept = sorted(pair for pair in headers if pair[0] not in VARYING)
    return start["status"], b"".join(each.get("body", b"") for each in rest), kept


class Counted:
    """Django, with the number of requests that reach it."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        await DJANGO(scope, receive, send)


@pytest.mark.parametrize("allowed", [[], ["https://testserver", "https://elsewhere.example"], None])
def test_the_fast_path_and_the_views_answer_alike(
    world: World, settings: Settings, allowed: list[str] | None
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CORS_ALLOW_ALL_ORIGINS = allowed is None
    settings.CORS_ALLOWED_ORIGINS = allowed or []
    behind = Counted()
    fast_path = FastPath(behind)
    statuses: Counter[int] = Counter()

    @async_to_sync
    async def both(request: Request) -> tuple[Response, Response]:
        return await call(fast_path, request), await call(DJANGO, request)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests(world))
    def compare(request: Request) -> None:
        passed_on = behind.count
        by_fast_path, by_view = both(request)
        assert by_fast_path == by_view
        if behind.count == passed_on:
            statuses[by_fast_path[0]] += 1

    compare()
    # It would say little if most requests were passed on, or refused.
    assert statuses.total() > EXAMPLES / 5
    assert {200, 404, 409} <= set(statuses)


def test_a_session_does_not_decide_who_votes(
    world: World, alice: User, client: Any, settings: Settings
) -> None:
    """The token decides, whatever account the browser's session belongs to."""
    client.force_login(alice)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    body = json.dumps({"pollOptionId": world.option_ids[0]}).encode()
    request = Request(
        method="POST",
        path="/api/votes",
        query=b"",
        headers=(
            (b"host", b"testserver"),
            (b"origin", b"http://testserver"),
            (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ),
        body=body,
        cut=0,
    )
    token = (b"authorization", f"Bearer {world.tokens[0]}".encode())
    behind = Counted()
    run = async_to_sync(call)
    # Bob, whose token it is, has voted; alice has not.
    assert run(FastPath(behind), replace(request, headers=(*request.headers, token)))[0] == 409
    assert behind.count == 0
    assert run(FastPath(behind), request)[0] == 401

"""Property: the fast path answers as the views do (status, headers, body), or passes requests on.

Requests begin as a browser sends them and are then changed: headers repeated, reordered, padded,
renamed or given odd values, bodies and paths too. No request changes anything in the database, so
that each can be sent both ways: every voter has voted in every poll.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from apikit.serializers import to_camel_case
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from polls.kinds.base import SentAnswer
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import MakePoll, access_token, actor_of, option_ids
from tests.polls.kinds.asking import answer, ask
from tests.polls.kinds.generators import CASES
from tests.site.request_strategies import Pair, Request, World, requests
from votes.services import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)

DJANGO: Any = get_asgi_application()
EXAMPLES = 300
# The id of a request differs, and the second of two with a key is marked as a repeat.
VARYING = {b"x-request-id", b"idempotent-replayed"}
ALLOWED_ORIGINS = [[], ["*"], ["http://testserver", "https://elsewhere.example"]]

Response = tuple[int, bytes, list[Pair]]


@pytest.fixture
def world(make_poll: MakePoll, alice: User, bob: User, charlie: User) -> World:
    fixed, changeable, closed = make_poll(), make_poll(allow_change=True), make_poll()
    for poll in (fixed, changeable, closed):
        for voter, key in ((bob, None), (charlie, f"key-{poll.id}")):
            cast_vote(actor=actor_of(voter), option_ids=option_ids(poll)[:1], key=key)
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    answers = dict(answered(alice, (bob, charlie), case) for case in CASES)
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
        answers=answers,
    )


def answered(creator: User, voters: Sequence[User], case: str) -> tuple[str, list[dict[str, Any]]]:
    """The id of a new poll in which all have voted, with fixed votes, and what they have sent."""
    poll = ask(creator, case, allow_change=False)
    sent = CASES[case][2](Random(case), option_ids(poll))
    for voter in voters:
        answer(voter, poll, sent)
    wanted = [field.name for field in fields(SentAnswer)]
    return str(poll.id), [
        {
            to_camel_case(name): getattr(each, name) if name != "option_id" else str(each.option_id)
            for name in wanted
            if getattr(each, name) is not None
        }
        for each in sent
    ]


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


class Behind:
    """Stands in for Django behind the fast path: records what is passed on."""

    def __init__(self) -> None:
        self.passed_on: list[tuple[str, tuple[Pair, ...], bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, has_more = b"", True
        while has_more:
            message = await receive()
            body, has_more = body + message["body"], message["more_body"]
        self.passed_on.append((scope["path"], tuple(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def test_the_fast_path_and_the_views_answer_alike(world: World, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    behind = Behind()
    fast_path = FastPath(behind)
    statuses: Counter[tuple[int, bool]] = Counter()
    run = async_to_sync(call)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests(world), allowed=st.sampled_from(ALLOWED_ORIGINS))
    def compare(request: Request, allowed: list[str]) -> None:
        behind.passed_on.clear()
        origins = [each for each in allowed if each != "*"]
        with override_settings(CORS_ALLOW_ALL_ORIGINS="*" in allowed, CORS_ALLOWED_ORIGINS=origins):
            by_fast_path = run(fast_path, request)
            if behind.passed_on:
                assert behind.passed_on == [(request.path, request.headers, request.body)]
                return
            assert by_fast_path == run(DJANGO, request)
        statuses[by_fast_path[0], b"answers" in request.body] += 1

    compare()
    # It would say little if most requests were passed on, or refused.
    assert statuses.total() > EXAMPLES / 4
    assert {(200, False), (404, False), (409, False), (409, True), (422, True)} <= set(statuses)


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
    run = async_to_sync(call)
    # Bob, whose token it is, has voted; alice has not.
    assert run(FastPath(Behind()), replace(request, headers=(*request.headers, token)))[0] == 409
    assert run(FastPath(DJANGO), request)[0] == 401

"""Votes on the fast path: plain ones take it, all others go to Django, with equal responses."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from pytest_django import Settings

from accounts.models import User
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from polls.models import Poll, PollKind
from polls.services import close_poll
from tests.browser_headers import BROWSERS, CHROME
from tests.conftest import MakePoll, access_token, actor_of, option_ids
from tests.votes.conftest import counts
from votes.services import cast_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

DJANGO: Any = get_asgi_application()
Response = httpx.Response
# Headers that differ from one response to the next.
VARYING = {"x-request-id", "idempotent-replayed"}


def post(app: AsgiApp, path: str, **request: Any) -> Response:
    """Posts to ``app``."""

    async def send() -> Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.post(path, **request)

    return async_to_sync(send)()


class Django:
    """Stands in for Django behind the fast path: records the bodies of requests passed on."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def django() -> Django:
    return Django()


@pytest.fixture
def headers(bob: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(bob)}"}


def vote_path(poll: Poll) -> str:
    return f"/api/polls/{poll.id}/vote"


def body_for(poll: Poll) -> dict[str, str]:
    return {"pollOptionId": str(option_ids(poll)[0])}


@pytest.mark.parametrize(
    "path",
    ["/api/polls/{}/vote", "/api/v1/polls/{}/vote/", "/api/votes", "/api/v1/votes/"],
)
def test_a_plain_vote_does_not_reach_django(
    make_poll: MakePoll, headers: dict[str, str], django: Django, path: str
) -> None:
    poll = make_poll()
    request = {"json": body_for(poll), "headers": headers}
    response = post(FastPath(django), path.format(poll.id), **request)
    assert response.status_code == 201
    assert django.bodies == []
    assert counts(poll) == [1, 0, 0]


@pytest.mark.parametrize("browser", BROWSERS.values(), ids=BROWSERS)
def test_a_vote_from_a_browser_does_not_reach_django(
    make_poll: MakePoll, headers: dict[str, str], django: Django, browser: dict[str, str]
) -> None:
    poll = make_poll()
    request = {"json": body_for(poll), "headers": browser | headers}
    assert post(FastPath(django), vote_path(poll), **request).status_code == 201
    assert django.bodies == []
    refused = post(FastPath(django), vote_path(poll), **request)
    assert refused.status_code == 409
    assert shown(refused) == shown(post(DJANGO, vote_path(poll), **request))


@pytest.mark.parametrize("allowed", [[], ["http://testserver"], ["*"]])
def test_a_page_of_the_site_gets_the_same_cors_headers(
    make_poll: MakePoll, headers: dict[str, str], settings: Settings, allowed: list[str]
) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = "*" in allowed
    settings.CORS_ALLOWED_ORIGINS = [each for each in allowed if each != "*"]
    poll = make_poll(allow_change=True)
    request = {"json": body_for(poll), "headers": CHROME | headers | {"Idempotency-Key": "k"}}
    by_fast_path = post(FastPath(Django()), vote_path(poll), **request)
    assert by_fast_path.status_code == 201
    assert ("Access-Control-Allow-Origin" in by_fast_path.headers) is bool(allowed)
    assert shown(by_fast_path) == shown(post(DJANGO, vote_path(poll), **request))


def shown(response: Response) -> tuple[int, bytes, dict[str, str]]:
    kept = {name: value for name, value in response.headers.items() if name not in VARYING}
    return response.status_code, response.content, kept


def open_poll(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll()
    return poll, body_for(poll)


def poll_voted_in(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll()
    cast_vote(actor=actor_of(bob), option_ids=option_ids(poll)[:1])
    return poll, body_for(poll)


def closed_poll(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll()
    close_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    return poll, body_for(poll)


def draft(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll(is_published=False)
    return poll, body_for(poll)


def poll_without_that_option(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    return make_poll(), {"pollOptionId": str(uuid4())}


def poll_with_one_choice(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll()
    return poll, {"pollOptionIds": [str(each) for each in option_ids(poll)[:2]]}


def rating(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll(kind=PollKind.RATING)
    first, second, _ = option_ids(poll)
    scores = {first: 4, second: 0}
    return poll, {"answers": [{"optionId": str(id_), "score": n} for id_, n in scores.items()]}


def rating_out_of_range(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll, body = rating(make_poll, bob)
    body["answers"][1]["score"] = 10**30
    return poll, body


def single_choice_as_answer(make_poll: MakePoll, bob: User) -> tuple[Poll, dict[str, Any]]:
    poll = make_poll()
    return poll, {"answers": [{"optionId": str(option_ids(poll)[0])}]}


@pytest.mark.parametrize(
    "case",
    [
        rating,
        rating_out_of_range,
        single_choice_as_answer,
        open_poll,
        poll_voted_in,
        closed_poll,
        draft,
        poll_without_that_option,
        poll_with_one_choice,
    ],
)
def test_both_paths_give_equal_responses(
    bob: User,
    make_poll: MakePoll,
    headers: dict[str, str],
    case: Callable[[MakePoll, User], tuple[Poll, dict[str, Any]]],
) -> None:
    poll, body = case(make_poll, bob)
    # With a key, so that an accepted vote is the same vote both times.
    headers |= {"Idempotency-Key": "k"}
    by_fast_path = post(FastPath(Django()), vote_path(poll), json=body, headers=headers)
    by_view = post(DJANGO, vote_path(poll), json=body, headers=headers)
    assert by_fast_path.status_code != 299
    assert shown(by_fast_path) == shown(by_view)
    assert by_fast_path.headers["X-Request-Id"] != by_view.headers["X-Request-Id"]


def test_a_suspended_voter_gets_equal_errors(
    bob: User, make_poll: MakePoll, headers: dict[str, str]
) -> None:
    poll = make_poll()
    User.objects.filter(id=bob.id).update(is_active=False)
    request = {"json": body_for(poll), "headers": headers}
    by_fast_path = post(FastPath(Django()), vote_path(poll), **request)
    assert by_fast_path.status_code == 401
    assert shown(by_fast_path) == shown(post(DJANGO, vote_path(poll), **request))


def test_both_paths_share_one_rate_limit(
    make_poll: MakePoll, headers: dict[str, str], limited: Any
) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 2
    poll = make_poll()
    request = {"json": body_for(poll), "headers": headers}
    fast_path = FastPath(Django())
    statuses = [post(app, vote_path(poll), **request).status_code for app in (fast_path, DJANGO)]
    refused = post(fast_path, vote_path(poll), **request)
    assert statuses == [201, 409]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


OPTION = '"01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"'


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        pytest.param(f'{{"pollOptionId":{OPTION}}}', changes, id=str(changes))
        for changes in (
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Accept": "text/html"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/json; charset=latin-1"},
            {"Content-Encoding": "gzip"},
            {"Authorization": "Basic x"},
            {"Authorization": "Bearer x"},
            {"Idempotency-Key": ""},
            {"Idempotency-Key": "x" * 256},
            {"X-Unheard-Of": "x"},
        )
    ]
    + [
        pytest.param(content, {}, id=content[:40])
        for content in (
            "{}",
            "[]",
            "nonsense",
            f'{{"pollOptionId":{OPTION},"more":1}}',
            f'{{"pollOptionId":{OPTION[:-2]}"}}',
            '{"pollOptionId":true}',
            '{"pollOptionIds":[]}',
            f'{{"poll_option_ids":[{OPTION},{OPTION}]}}',
            f'{{"pollOptionIds":[{",".join([OPTION] * 51)}]}}',
            f'{{"pollOptionId":{OPTION}}}' + " " * 5000,
            '{"answers":[]}',
            '{"answers":{"number":1}}',
            '{"answers":[{"number":1e999}]}',
            '{"answers":[{"number":"1"}]}',
            '{"answers":[{"number":null}]}',
            '{"answers":[{"numbers":1}]}',
            f'{{"answers":[{{"option_id":{OPTION}}}]}}',
            f'{{"answers":[{{"optionId":{OPTION},"score":1.0}}]}}',
            f'{{"answers":[{",".join(["{}"] * 51)}]}}',
        )
    ],
)
def test_a_request_that_is_not_plain_reaches_django_unchanged(
    make_poll: MakePoll,
    headers: dict[str, str],
    django: Django,
    content: str,
    changes: dict[str, str],
) -> None:
    poll = make_poll()
    headers |= {"Content-Type": "application/json", **changes}
    response = post(FastPath(django), vote_path(poll), content=content, headers=headers)
    assert response.status_code == 299
    assert django.bodies == [content.encode()]


def test_other_paths_and_queries_go_to_django(
    make_poll: MakePoll, headers: dict[str, str], django: Django
) -> None:
    poll = make_poll()
    for path in (f"{vote_path(poll)}?x=1", f"{vote_path(poll)}r", f"/api/polls/{poll.id}"):
        post(FastPath(django), path, json=body_for(poll), headers=headers)
    assert len(django.bodies) == 3


def test_a_body_in_pieces_of_unknown_length_goes_to_django(
    make_poll: MakePoll, headers: dict[str, str], django: Django
) -> None:
    async def pieces() -> Any:
        for piece in (b'{"pollOptionId":', OPTION.encode(), b"}"):
            yield piece

    headers |= {"Content-Type": "application/json"}
    poll = make_poll()
    post(FastPath(django), vote_path(poll), content=pieces(), headers=headers)
    assert django.bodies == [f'{{"pollOptionId":{OPTION}}}'.encode()]

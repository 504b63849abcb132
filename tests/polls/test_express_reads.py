"""Reads of visitors in the express lane: like the views' to the letter."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application

from accounts.models import User
from polling_site.express_lane import express_lane
from polling_site.plain_requests import AsgiApp
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from tests.conftest import MakePoll, actor_of, vote

pytestmark = pytest.mark.django_db(transaction=True)

DJANGO: Any = get_asgi_application()
PATHS = ["/api/polls", "/api/polls/{}", "/api/polls/{}/results"]


async def django_is_not_asked(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(app: AsgiApp, path: str, **request: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(path, **request)

    return async_to_sync(send)()


def shown(response: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, response.content, headers


def open_poll(make_poll: MakePoll, staff: User) -> Poll:
    return make_poll(question="Tee oder Kaffee? ☕", allow_change=True)


def draft(make_poll: MakePoll, staff: User) -> Poll:
    return make_poll(is_published=False)


def closed_poll(make_poll: MakePoll, staff: User) -> Poll:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_CLOSE)
    close_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    return poll


def hidden_results(make_poll: MakePoll, staff: User) -> Poll:
    return make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)


def hidden_poll(make_poll: MakePoll, staff: User) -> Poll:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Spam")
    return poll


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "case",
    [open_poll, draft, closed_poll, hidden_results, hidden_poll],
    ids=lambda each: each.__name__,
)
def test_both_ways_answer_to_the_letter_alike(
    bob: User,
    staff: User,
    make_poll: MakePoll,
    path: str,
    case: Callable[[MakePoll, User], Poll],
) -> None:
    voted_in = make_poll()
    vote(bob, voted_in, 1)
    for poll in (voted_in, case(make_poll, staff)):
        address = path.format(poll.id)
        by_lane = ask(express_lane(django_is_not_asked), address)
        assert by_lane.status_code != 299
        assert shown(by_lane) == shown(ask(DJANGO, address))


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?page=2", {}),
        ("", {"Authorization": "Bearer x"}),
        ("", {"Origin": "https://elsewhere.example"}),
        ("", {"Accept": "text/html"}),
        ("", {"If-None-Match": '"1"'}),
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_whatever_is_not_plain_goes_to_django(
    make_poll: MakePoll, path: str, query: str, headers: dict[str, str]
) -> None:
    address = path.format(make_poll().id) + query
    response = ask(express_lane(django_is_not_asked), address, headers=headers)
    assert response.status_code == 299


def test_a_host_name_that_is_not_the_sites_goes_to_django(limited: Any) -> None:
    limited.ALLOWED_HOSTS = ["testserver"]
    lane = express_lane(django_is_not_asked)
    assert ask(lane, "/api/polls").status_code == 200
    assert ask(lane, "/api/polls", headers={"Host": "elsewhere.example"}).status_code == 299


def test_visitors_are_counted_by_their_address(make_poll: MakePoll, limited: Any) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 1
    lane = express_lane(django_is_not_asked)
    statuses = [ask(lane, "/api/polls").status_code for _ in range(2)]
    assert statuses == [200, 429]

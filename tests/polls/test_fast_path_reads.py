"""Anonymous reads on the fast path give the same responses as the views."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application

from accounts.models import User
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from tests.browser_headers import BROWSERS
from tests.conftest import MakePoll, actor_of, vote

pytestmark = pytest.mark.django_db(transaction=True)

DJANGO: Any = get_asgi_application()
PATHS = ["/api/polls", "/api/polls/{}", "/api/polls/{}/results"]


async def no_django(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def get(
    app: AsgiApp, path: str, client: tuple[str, int] = ("127.0.0.1", 123), **request: Any
) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            return await http.get(path, **request)

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
def test_both_paths_give_equal_responses(
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
        by_fast_path = get(FastPath(no_django), address)
        assert by_fast_path.status_code != 299
        assert shown(by_fast_path) == shown(get(DJANGO, address))


@pytest.mark.parametrize("browser", BROWSERS.values(), ids=BROWSERS)
@pytest.mark.parametrize("path", PATHS)
def test_a_read_from_a_browser_does_not_reach_django(
    make_poll: MakePoll, path: str, browser: dict[str, str]
) -> None:
    address = path.format(make_poll().id)
    by_fast_path = get(FastPath(no_django), address, headers=browser)
    assert by_fast_path.status_code == 200
    assert shown(by_fast_path) == shown(get(DJANGO, address, headers=browser))


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
def test_a_request_that_is_not_plain_goes_to_django(
    make_poll: MakePoll, path: str, query: str, headers: dict[str, str]
) -> None:
    address = path.format(make_poll().id) + query
    response = get(FastPath(no_django), address, headers=headers)
    assert response.status_code == 299


def test_a_foreign_host_name_goes_to_django(limited: Any) -> None:
    limited.ALLOWED_HOSTS = ["testserver"]
    fast_path = FastPath(no_django)
    assert get(fast_path, "/api/polls").status_code == 200
    assert get(fast_path, "/api/polls", headers={"Host": "elsewhere.example"}).status_code == 299


def test_visitors_are_limited_by_network(make_poll: MakePoll, limited: Any) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 1
    fast_path = FastPath(no_django)
    statuses = [
        get(app, "/api/polls", client=(f"2001:db8::{number}", 1)).status_code
        for number, app in enumerate([fast_path, DJANGO, fast_path])
    ]
    assert statuses == [200, 429, 429]

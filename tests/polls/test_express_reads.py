"""Reads of visitors in the express lane: like the views' to the letter, and shared."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application

from accounts.models import User
from polling_site.express_lane import express_lane
from polling_site.plain_requests import Answer, AsgiApp
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from realtime.shared_reads import SharedReads
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


def shown(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content, headers


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
    answer = ask(express_lane(django_is_not_asked), address, headers=headers)
    assert answer.status_code == 299


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


class Shelf:
    """What is read, and how often; a reading takes until it is let go on."""

    def __init__(self) -> None:
        self.content = b"old"
        self.readings = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def read(self, _askers: object) -> Answer:
        self.readings += 1
        content = self.content
        self.begun.set()
        assert self.may_end.wait(10)
        return Answer(200, content, {})


async def test_who_comes_during_a_reading_shares_the_next_one() -> None:
    shelf, shared = Shelf(), SharedReads[None, Answer]()
    first = asyncio.create_task(shared.get("x", None, shelf.read))
    await asyncio.to_thread(shelf.begun.wait, 10)
    # Committed while the first reading is under way, which has not seen it.
    shelf.content = b"new"
    others = [asyncio.create_task(shared.get("x", None, shelf.read)) for _ in range(20)]
    await asyncio.sleep(0)
    shelf.may_end.set()
    assert (await first).body == b"old"
    assert {(await each).body for each in others} == {b"new"}
    assert shelf.readings == 2


async def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    shelf, shared = Shelf(), SharedReads[None, Answer]()
    leaving, staying = (asyncio.create_task(shared.get("x", None, shelf.read)) for _ in range(2))
    await asyncio.to_thread(shelf.begun.wait, 10)
    leaving.cancel()
    shelf.may_end.set()
    assert (await staying).body == b"old"


async def test_what_goes_wrong_is_told_to_all_and_forgotten() -> None:
    shared = SharedReads[None, Answer]()

    def fail(_askers: object) -> Answer:
        raise RuntimeError("no")

    answers = await asyncio.gather(
        *(shared.get("x", None, fail) for _ in range(2)), return_exceptions=True
    )
    assert [type(each) for each in answers] == [RuntimeError, RuntimeError]
    shelf = Shelf()
    shelf.may_end.set()
    assert (await shared.get("x", None, shelf.read)).body == b"old"

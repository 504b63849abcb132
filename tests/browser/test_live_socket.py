"""live_socket.js and poll_store.js in a browser."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute

from tests.browser.browsing import until
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site

Frame = dict[str, Any]

# Leaves a store of the poll on the page, and what it and its line went through.
FOLLOW = """
async ({ head, revision, results }) => {
  const { LiveSocket } = await import("/static/web/js/live_socket.js");
  const { PollStore } = await import("/static/web/js/poll_store.js");
  const line = new LiveSocket();
  const store = new PollStore(line, { head, revision, results });
  const seen = [];
  for (const type of ["state", "signed-out", "ended"]) {
    line.on(type, (event) => seen.push(typeof event === "string" ? event : type));
  }
  store.start();
  line.start();
  Object.assign(window, { line, store, seen });
}
"""
HIDDEN: Frame = {"version": None, "totalVotes": None, "options": []}


def head_of(poll: Frame) -> Frame:
    return {"head": poll, "revision": 0, "results": HIDDEN}


async def is_live(page: Page) -> None:
    await until(page, "line.state === 'live'")


# At the real server


@pytest.fixture
def creator(site: Site) -> Account:
    return site.register("Alice")


def make_poll(site: Site, creator: Account, **fields: Any) -> Frame:
    body = {"question": "Tea?", "options": ["Yes", "No"], "isPublished": True, **fields}
    with site.api(creator) as api:
        poll: Frame = api.post("/polls", json=body).raise_for_status().json()["poll"]
    return poll


def vote(site: Site, poll: Frame, position: int = 0) -> None:
    with site.api() as api:
        tokens = api.post("/auth/guest", json={}).json()["tokens"]
        api.post(
            f"/polls/{poll['id']}/vote",
            json={"pollOptionId": poll["options"][position]["id"]},
            headers={"Authorization": f"Bearer {tokens['accessToken']}"},
        ).raise_for_status()


async def test_a_poll_is_followed_from_votes_to_its_end(
    visit: Visitor, site: Site, creator: Account
) -> None:
    poll = make_poll(site, creator)
    page = await (await visit()).open("/")
    await page.evaluate(FOLLOW, head_of(poll))
    await is_live(page)
    vote(site, poll)
    await until(page, "store.results.totalVotes === 1 && store.watchers === 1")
    with site.api(creator) as api:
        api.put(f"/polls/{poll['id']}/close").raise_for_status()
        await until(page, "store.head.state === 'closed'")
        api.delete(f"/polls/{poll['id']}").raise_for_status()
    await until(page, "store.isDeleted")


async def test_after_being_offline_the_current_state_is_shown(
    visit: Visitor, site: Site, creator: Account
) -> None:
    poll = make_poll(site, creator)
    person = await visit()
    page = await person.open("/")
    await page.evaluate(FOLLOW, head_of(poll))
    await is_live(page)
    await person.context.set_offline(True)
    await until(page, "line.state === 'offline'")
    vote(site, poll)
    with site.api(creator) as api:
        api.put(f"/polls/{poll['id']}/close").raise_for_status()
    await person.context.set_offline(False)
    await is_live(page)
    assert await page.evaluate("[store.results.totalVotes, store.head.state]") == [1, "closed"]
    assert await page.evaluate("seen.slice(-3)") == ["offline", "connecting", "live"]


async def test_a_poll_that_was_deleted_meanwhile_is_gone(
    visit: Visitor, site: Site, creator: Account
) -> None:
    poll = make_poll(site, creator)
    with site.api(creator) as api:
        api.delete(f"/polls/{poll['id']}").raise_for_status()
    page = await (await visit()).open("/")
    await page.evaluate(FOLLOW, head_of(poll))
    await until(page, "store.isDeleted")


async def test_results_that_become_hidden_vanish_and_come_back(
    visit: Visitor, site: Site, creator: Account
) -> None:
    poll = make_poll(site, creator)
    vote(site, poll)
    page = await (await visit()).open("/")
    await page.evaluate(FOLLOW, head_of(poll))
    await until(page, "store.results.totalVotes === 1")
    with site.api(creator) as api:
        change = {"resultsVisibility": "after_close"}
        api.patch(f"/polls/{poll['id']}", json=change).raise_for_status()
        await until(page, "store.isHidden")
        api.put(f"/polls/{poll['id']}/close").raise_for_status()
    await until(page, "store.results.totalVotes === 1")


# At a server that says what the test wants


POLL: Frame = {
    "id": "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10",
    "state": "open",
    "resultsVisibility": "always",
}


def results(version: int, count: int) -> Frame:
    options = [{"id": "a", "text": "A", "voteCount": count, "percentage": 100.0}]
    return {"id": POLL["id"], "version": version, "totalVotes": count, "options": options}


class FakeServer:
    """Takes the place of ``/ws``. Commands it doesn't know stay unanswered."""

    def __init__(self) -> None:
        self.lines: list[WebSocketRoute] = []
        self.commands: list[Frame] = []
        self.version = 5
        self.answers: dict[str, Callable[[Frame], Frame]] = {
            "join-poll": lambda _: {
                "poll": results(self.version, self.version),
                "userCount": 1,
                "revision": 1,
                "head": POLL,
            },
            "ping": lambda _: {},
        }

    async def open(self, page: Page) -> None:
        await page.route_web_socket("**/ws", self._accept)
        await page.evaluate(FOLLOW, head_of(POLL))

    def send(self, frame: Frame) -> None:
        self.lines[-1].send(json.dumps(frame))

    def send_results(self, version: int, count: int) -> None:
        poll = results(version, count)
        self.send({"type": "vote-update", "version": poll.pop("version"), "poll": poll})

    def _accept(self, line: WebSocketRoute) -> None:
        self.lines.append(line)
        line.on_message(self._take)

    def _take(self, message: str | bytes) -> None:
        command = json.loads(message)
        self.commands.append(command)
        answer = self.answers.get(command["type"])
        if answer is not None:
            self.send({"type": "reply", "ref": command.get("ref"), **answer(command)})

    def sent(self, name: str) -> list[Frame]:
        return [command for command in self.commands if command["type"] == name]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


async def test_what_is_not_newer_is_not_shown(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    server.send_results(7, 70)
    server.send_results(6, 60)
    server.send_results(7, 71)
    server.send({"type": "user-joined-poll", "pollId": POLL["id"], "userCount": 9})
    await until(page, "store.watchers === 9")
    assert await page.evaluate("[store.results.version, store.results.totalVotes]") == [7, 70]


async def test_an_older_revision_changes_nothing(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    update = {"type": "poll-update", "pollId": POLL["id"], "change": "closed"}
    server.send(update | {"revision": 3, "poll": POLL | {"state": "closed"}})
    server.send(update | {"revision": 2, "poll": POLL | {"state": "open"}})
    server.send({"type": "user-joined-poll", "pollId": POLL["id"], "userCount": 9})
    await until(page, "store.watchers === 9")
    assert await page.evaluate("[store.revision, store.head.state]") == [3, "closed"]


async def test_other_polls_are_none_of_its_business(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    server.send({"type": "user-joined-poll", "pollId": "another", "userCount": 8})
    server.send({"type": "user-joined-poll", "pollId": POLL["id"], "userCount": 9})
    await until(page, "store.watchers > 0")
    assert await page.evaluate("store.watchers") == 9


async def test_a_broken_line_comes_back_and_joins_again(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    server.version = 8
    await server.lines[0].close(code=4000)
    await until(page, "store.results.version === 8")
    assert len(server.sent("join-poll")) == 2


async def test_a_kept_command_is_sent_until_it_is_answered(
    visit: Visitor, server: FakeServer
) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    await page.evaluate(
        "void (window.result = line.call('cast-vote', { key: 'k' }, { isKept: true }))"
    )
    await until(page, "line._calls.size === 1")
    await server.lines[0].close(code=4000)
    server.answers["cast-vote"] = lambda _: {"outcome": "accepted"}
    assert (await page.evaluate("result"))["outcome"] == "accepted"
    assert [command["key"] for command in server.sent("cast-vote")] == ["k", "k"]


async def test_a_command_that_is_not_kept_breaks_with_the_line(
    visit: Visitor, server: FakeServer
) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    await page.evaluate(
        "void (window.result = line.call('slow').catch((error) => error.constructor.name))"
    )
    await server.lines[0].close(code=4000)
    assert await page.evaluate("result") == "ConnectionLostError"
    await is_live(page)
    assert len(server.sent("slow")) <= 1


async def test_an_error_has_its_code(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    server.answers["cast-vote"] = lambda _: {"type": "error", "code": "poll.closed"}
    result = await page.evaluate("line.call('cast-vote', {}).catch((error) => error.code)")
    assert result == "poll.closed"


async def test_a_kept_command_outlasts_a_busy_server(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    busy = {"type": "error", "code": "vote.busy"}
    replies = iter([busy, {"outcome": "accepted"}])
    server.answers["cast-vote"] = lambda _: next(replies)
    result = await page.evaluate("line.call('cast-vote', { key: 'k' }, { isKept: true })")
    assert result["outcome"] == "accepted"


async def test_final_close_codes_stop_reconnecting(visit: Visitor, server: FakeServer) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    await server.lines[0].close(code=4503)
    await until(page, "line.state === 'ended'")
    await page.evaluate("dispatchEvent(new Event('online'))")
    assert await page.evaluate("seen.at(-1)") == "ended"
    assert len(server.lines) == 1


async def test_a_signed_out_socket_emits_an_event_and_reconnects(
    visit: Visitor, server: FakeServer
) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    await server.lines[0].close(code=4402)
    await until(page, "seen.includes('signed-out')")
    await is_live(page)
    assert len(server.lines) == 2


async def test_a_dead_connection_is_detected_when_the_network_returns(
    visit: Visitor, server: FakeServer
) -> None:
    page = await (await visit()).open("/")
    await server.open(page)
    await is_live(page)
    del server.answers["ping"]
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, "line.state !== 'live'")
    await is_live(page)
    assert len(server.lines) == 2

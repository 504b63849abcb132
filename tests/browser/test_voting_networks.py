"""Voting over bad networks: offline, slow, and without WebSockets."""

import asyncio
from contextlib import suppress

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.ballots import COUNTED, cast, is_counted, is_live, shows
from tests.browser.browsing import PHONE, Visit, until
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site


async def block_sockets(page: Page) -> None:
    """As a proxy that doesn't know WebSockets."""

    async def refuse(socket: WebSocketRoute) -> None:
        await socket.close()

    await page.context.route_web_socket("**/ws", refuse)


async def delay_script(phone: Visit, status: int | None = None) -> asyncio.Event:
    """A part of the page's script comes with the event, or else this ``status`` does."""
    arrival = asyncio.Event()

    async def answer(route: Route) -> None:
        await arrival.wait()
        await (route.continue_() if status is None else route.fulfill(status=status))

    await phone.context.route("**/vote_outbox.*.js", answer)
    return arrival


async def open_without_script(phone: Visit, poll: Asked) -> Page:
    page = await phone.open(poll.path, until="domcontentloaded")
    await until(page, "performance.getEntriesByName('usable').length")
    return page


async def go_offline(page: Page) -> None:
    """Returns once the page has dropped its socket, over which a vote would still be counted."""
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_have_text("Offline")


async def leave_kept_vote(phone: Visit, poll: Asked, option: str) -> None:
    """Votes offline, in a browser that is killed before anything could be sent."""
    page = await phone.open(poll.path)
    await is_live(page)
    await go_offline(page)
    await cast(page, option)
    await expect(page.locator("#kept")).to_be_visible()
    # A page that is closed runs on for a moment, and would send the vote once it is online.
    with suppress(PlaywrightError):
        await page.goto("chrome://crash")
    await page.close()
    await phone.context.set_offline(False)
    assert sum(poll.counts()) == 0


async def kept_vote(page: Page, poll: Asked) -> str | None:
    key = f"tallyroom.vote.{poll.id}"
    kept: str | None = await page.evaluate("key => localStorage.getItem(key)", key)
    return kept


async def test_a_vote_cast_offline_is_kept_sent_on_return_and_counted_once(
    visit: Visitor, site: Site
) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        page = await phone.open(poll.path)
        await is_live(page)
        await go_offline(page)
        await cast(page, "Tea")
        await expect(page.locator("#kept")).to_contain_text("Your vote is saved on this device")
        await expect(page.get_by_text(COUNTED, exact=True)).to_be_hidden()
        assert poll.counts() == [0, 0, 0]
        await phone.context.set_offline(False)
        await is_counted(page)
        assert poll.counts() == [1, 0, 0]
        assert await kept_vote(page, poll) is None


async def test_a_saved_vote_survives_a_reload(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        await leave_kept_vote(phone, poll, "Tea")
        page = await phone.open(poll.path)
        await is_counted(page)
        assert poll.counts() == [1, 0, 0]


async def test_a_vote_before_the_script_has_loaded_is_held(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        arrival = await delay_script(phone)
        page = await open_without_script(phone, poll)
        await cast(page, "Coffee")
        await expect(page.locator("#cast")).to_have_attribute("aria-busy", "true")
        assert poll.counts() == [0, 0, 0]
        loads = await page.evaluate("performance.timeOrigin")
        arrival.set()
        await is_counted(page)
        assert poll.counts() == [0, 1, 0]
        # The same page all along.
        assert await page.evaluate("performance.timeOrigin") == loads


async def test_the_form_votes_if_the_script_fails_to_load(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        phone.expected.add(503)
        arrival = await delay_script(phone, status=503)
        page = await open_without_script(phone, poll)
        await cast(page, "Coffee")
        arrival.set()
        await is_counted(page)
        assert poll.counts() == [0, 1, 0]


async def test_a_new_choice_replaces_a_saved_vote(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        await leave_kept_vote(phone, poll, "Tea")
        arrival = await delay_script(phone)
        page = await open_without_script(phone, poll)
        await cast(page, "Coffee")
        arrival.set()
        await is_counted(page)
        assert poll.counts() == [0, 1, 0]
        assert await kept_vote(page, poll) is None


async def test_a_lost_response_is_requested_again_with_the_same_key(
    visit: Visitor, site: Site
) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        keys: list[str] = []

        async def lose_first_answer(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def pass_on(frame: str | bytes) -> None:
                if "cast-vote" in str(frame):
                    keys.append(str(frame).partition('"key":"')[2][:32])
                server.send(frame)

            async def pass_back(frame: str | bytes) -> None:
                if '"outcome"' in str(frame) and len(keys) == 1:
                    await socket.close(code=4000)
                else:
                    socket.send(frame)

            socket.on_message(pass_on)
            server.on_message(pass_back)

        await phone.context.route_web_socket("**/ws", lose_first_answer)
        page = await phone.open(poll.path)
        await is_live(page)
        await cast(page, "Tea")
        await is_counted(page)
        assert len(keys) == 2
        assert len(set(keys)) == 1
        assert poll.counts() == [1, 0, 0]


async def test_http_takes_over_with_the_same_key_when_the_socket_fails(
    visit: Visitor, site: Site
) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        sockets: list[WebSocketRoute] = []

        async def lose_answer_and_stay_away(socket: WebSocketRoute) -> None:
            sockets.append(socket)
            if len(sockets) > 1:
                await socket.close()
                return
            server = socket.connect_to_server()

            async def pass_back(frame: str | bytes) -> None:
                if '"outcome"' in str(frame):
                    await socket.close(code=4000)
                else:
                    socket.send(frame)

            server.on_message(pass_back)

        await phone.context.route_web_socket("**/ws", lose_answer_and_stay_away)
        page = await phone.open(poll.path)
        await is_live(page)
        await cast(page, "Tea")
        # Another key would be refused: who has voted can't change it here.
        await is_counted(page)
        await expect(page.get_by_role("alert")).to_be_hidden()
        assert poll.counts() == [1, 0, 0]


async def test_voting_and_updates_work_without_websockets(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        page = await phone.open("/")
        await block_sockets(page)
        await page.goto(poll.path)
        await cast(page, "Tea")
        await is_counted(page)
        await expect(page.locator("#connection")).to_have_text("Updated every few seconds")
        poll.vote(1)
        await shows(page, "50%", "50%", "0%")
        poll.move("close")
        await expect(page.locator("#badge")).to_have_text("Closed", timeout=15_000)


async def test_an_older_read_does_not_undo_a_vote_on_the_page(visit: Visitor, site: Site) -> None:
    has_read, is_counted_now, has_taken = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def delay_the_first(route: Route) -> None:
        if has_read.is_set():
            # Asked for only once the first answer was taken; not answered while the test looks.
            has_taken.set()
            return
        response = await route.fetch()
        has_read.set()
        await is_counted_now.wait()
        await route.fulfill(response=response)

    with asking(site) as poll:
        phone = await visit(device=PHONE)
        page = await phone.open("/")
        await block_sockets(page)
        await page.context.route("**/state", delay_the_first)
        await page.goto(poll.path)
        await has_read.wait()
        await cast(page, "Tea")
        await is_counted(page)
        is_counted_now.set()
        await has_taken.wait()
        await is_counted(page)
        await expect(page.locator("#cast")).to_be_hidden()


async def test_a_vote_after_the_close_shows_an_error(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        page = await phone.open(poll.path)
        await is_live(page)
        await go_offline(page)
        await cast(page, "Tea")
        poll.move("close")
        phone.expected.add(409)
        await phone.context.set_offline(False)
        await expect(page.get_by_role("alert")).to_have_text(
            "The poll closed before your vote arrived. It wasn’t counted."
        )
        await expect(page.get_by_text(COUNTED, exact=True)).to_be_hidden()
        assert poll.counts() == [0, 0, 0]


async def test_a_vote_from_elsewhere_counts(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        # Without the message to other tabs.
        await phone.context.add_init_script("delete window.BroadcastChannel")
        first, second = await phone.open(poll.path), await phone.open(poll.path)
        # It reads whether somebody has voted when it connects, not later.
        await is_live(second)
        await cast(first, "Tea")
        await is_counted(first)
        await cast(second, "Water")
        await expect(second.get_by_role("alert")).to_contain_text("You’ve already voted.")
        await expect(second.locator(".bar-yours .bar-label")).to_have_text("Tea")
        assert poll.counts() == [1, 0, 0]


async def test_a_suspended_guest_sees_an_error(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        await phone.context.route_web_socket(
            "**/ws", lambda socket: socket.close(code=4503, reason="This account is suspended.")
        )
        page = await phone.open(poll.path)
        await expect(page.get_by_role("alert")).to_contain_text("This account is suspended.")
        await expect(page.locator("#cast")).to_be_hidden()


async def test_updates_arrive_although_join_gets_no_reply(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        joins: list[Route] = []

        async def hold(route: Route) -> None:
            joins.append(route)

        await phone.context.route("**/join", hold)
        page = await phone.open(poll.path)
        await is_live(page)
        poll.vote(1)
        await shows(page, "0%", "100%", "0%")
        # A vote waits for the answer, and finds its way when there is one.
        await cast(page, "Tea")
        await expect(page.get_by_text(COUNTED, exact=True)).to_be_hidden()
        await joins[0].continue_()
        await is_counted(page)
        assert poll.counts() == [1, 1, 0]

"""``/present/<id>``: controls by key, mouse and touch."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from tests.browser.browsing import LAPTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import Stage, present


async def test_keys_open_close_and_reopen_a_poll(visit: Visitor, site: Site) -> None:
    with asking(site, isPublished=False) as poll:
        stage = await present(visit, poll)
        await stage.is_in("draft")
        await stage.press("o")
        await stage.says("Voting is open.")
        poll.vote(1)
        await stage.shows(0, 1, 0)
        await stage.press("c")
        await stage.says("Voting is closed.")
        with pytest.raises(Exception, match="409"):
            poll.vote(0)
        await stage.press("o")
        await stage.is_in("open")
        poll.vote(0)
        await stage.shows(1, 1, 0)


async def test_a_key_works_while_an_earlier_request_is_pending(visit: Visitor, site: Site) -> None:
    """What came of it is seen before, since it comes over the socket."""
    may_answer = asyncio.Event()

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        await may_answer.wait()
        await route.fulfill(response=answer)

    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.page.route("**/close", answer_late)
        await stage.press("c")
        await stage.says("Voting is closed.")
        await stage.press("o", "o")
        may_answer.set()
        await stage.is_in("open")
        poll.vote(0)
        await stage.shows(1, 0, 0)


async def test_the_same_is_done_by_mouse_and_touch(visit: Visitor, site: Site) -> None:
    for device in (LAPTOP, PHONE):
        with asking(site, isPublished=False) as poll:
            stage = await present(visit, poll, device=device)
            await stage.page.get_by_role("button", name="Open voting").click()
            await stage.is_in("open")
            await stage.page.get_by_role("button", name="Hide results").click()
            await expect(stage.page.locator("#hidden-note")).to_be_visible()
            await stage.page.get_by_role("button", name="Close voting").click()
            await stage.is_in("closed")


async def test_shortcuts_work_on_non_latin_keyboards(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        # "C" on an Arabic keyboard.
        await stage.page.evaluate(
            "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ؤ', code: 'KeyC'}))"
        )
        await stage.is_in("closed")


async def test_browser_shortcuts_are_not_overridden(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("Control+c", "Alt+c", "Meta+c")
        await stage.press("t")
        await expect(stage.page.locator("#stage")).to_have_attribute("data-table", "")
        await stage.is_in("open")


async def test_keys_can_be_switched_off_for_good(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("?")
        await stage.page.get_by_label("Use keyboard shortcuts").uncheck()
        await stage.press("Escape", "c")
        await stage.page.reload()
        await stage.is_live()
        await stage.press("c", "t")
        await stage.page.get_by_role("button", name="Results table").click()
        await expect(stage.page.locator("#stage")).to_have_attribute("data-table", "")
        await stage.is_in("open")


async def test_the_list_of_keys_opens_and_closes_by_key(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        dialog = stage.page.get_by_role("dialog", name="Keyboard shortcuts")
        await stage.press("?")
        await expect(dialog).to_be_visible()
        # Who reads the list does not close the poll.
        await stage.press("c")
        await stage.press("Escape")
        await expect(dialog).to_be_hidden()
        await stage.is_in("open")


async def test_the_join_panel_is_shown_while_open_and_on_demand(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        join = stage.page.get_by_role("region", name="How to join")
        await expect(join).to_contain_text(f"{poll.join_code[:3]} {poll.join_code[3:]}")
        await stage.press("j")
        await expect(join).to_be_hidden()
        await stage.press("j", "c")
        await stage.is_in("closed")
        await expect(join).to_be_hidden()
        await stage.press("j")
        await expect(join).to_be_visible()


async def test_an_error_is_shown_and_announced(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.page.context.set_offline(True)
        await stage.press("c")
        await stage.refuses("Can’t reach the server. Try again in a moment.")
        await stage.page.context.set_offline(False)
        await stage.is_live()
        await stage.is_in("open")


async def test_next_presents_the_next_poll_and_back_returns(visit: Visitor, site: Site) -> None:
    creator = site.register()
    with (
        asking(site, creator) as first,
        asking(site, creator, question="Cake?", options=["Yes", "No"]) as second,
    ):
        stage = await present(visit, first)
        await stage.page.evaluate("window.isSameDocument = true")
        await stage.press("n")
        await expect(stage.page.locator("#question")).to_have_text("Cake?")
        # Loading a page would end full screen.
        assert await stage.page.evaluate("window.isSameDocument")
        assert await stage.page.title() == "(0) Cake? · Tallyroom"
        await stage.is_live()
        second.vote(1)
        await stage.shows(0, 1)
        await stage.press("c")
        await stage.says("Voting is closed.")
        await stage.page.go_back()
        await expect(stage.page.locator("#question")).to_have_text("Tea or coffee?")
        await stage.is_live()
        await stage.is_in("open")


async def test_a_message_follows_the_last_poll(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("PageDown")
        await stage.says("You have no more open polls or drafts.")


async def test_the_theme_is_remembered(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        html = stage.page.locator("html")
        await stage.press("d", "d")
        await expect(html).to_have_attribute("data-theme", "dark")
        await stage.page.reload()
        await expect(html).to_have_attribute("data-theme", "dark")
        await stage.is_live()
        await stage.press("d")
        await expect(html).not_to_have_attribute("data-theme", "dark")


async def test_the_page_goes_into_full_screen_and_out(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("f")
        await stage.until("document.fullscreenElement === document.documentElement")
        await stage.press("f")
        await stage.until("document.fullscreenElement === null")


async def test_controls_hide_when_idle(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        person = await visit()
        stage = Stage(await person.sign_in(poll.creator), poll)
        await stage.page.clock.install()
        await stage.page.goto(f"/present/{poll.id}")
        await stage.page.clock.run_for(4_000)
        await expect(stage.page.locator("#controls")).to_have_css("opacity", "0")
        await stage.page.mouse.move(300, 300)
        await expect(stage.page.locator("#controls")).to_have_css("opacity", "1")


async def test_a_poll_opens_on_time_or_by_command(visit: Visitor, site: Site) -> None:
    opens_at = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    with asking(site, opensAt=opens_at) as poll:
        stage = await present(visit, poll)
        await stage.is_in("waiting")
        await expect(stage.page.locator("#countdown")).to_contain_text("Voting opens in 4:")
        await stage.press("o")
        await stage.is_in("open")
        poll.vote(0)
        await stage.shows(1, 0, 0)


async def test_a_deadline_is_counted_down(visit: Visitor, site: Site) -> None:
    closes_at = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    with asking(site, closesAt=closes_at) as poll:
        stage = await present(visit, poll)
        await expect(stage.page.locator("#note")).to_contain_text("Closes in 4:")


# Replay


async def test_the_vote_is_replayed_and_stays_live_behind(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        poll.vote(0)
        stage = await present(visit, poll)
        await stage.press("r")
        slider = stage.page.get_by_role("slider", name="Point in time")
        await expect(stage.page.locator("#phase")).to_have_text("Replay")
        # It plays to its end by itself.
        await expect(slider).to_have_value("1")
        await stage.shows(1, 0, 0)
        await slider.press("Home")
        await stage.shows(0, 0, 0)
        await expect(slider).to_have_attribute("aria-valuetext", re.compile(", 0 people voted$"))
        poll.vote(1)
        await stage.until("document.title.startsWith('(2)')")
        await stage.shows(0, 0, 0)
        await stage.press("Escape")
        await stage.shows(1, 1, 0)
        await expect(stage.page.locator("#phase")).to_have_text("Open")


async def test_there_is_nothing_to_replay_before_the_first_vote(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("r")
        await stage.says("Nothing to replay yet.")


async def test_hidden_results_are_not_replayed(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        poll.vote(0)
        stage = await present(visit, poll, "?results=hidden")
        await stage.press("r")
        await stage.refuses("Results are hidden. Show them first.")
        await stage.press("h", "r")
        await expect(stage.page.locator("#replay")).to_be_visible()
        await stage.press("h")
        await expect(stage.page.locator("#replay")).to_be_hidden()
        assert set((await stage.seen()).table) == {"–"}

"""A poll in a frame on another site."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Frame, FrameLocator, Page, Route, async_playwright, expect

from tests.browser.ballots import take_back
from tests.browser.browsing import CHROMIUM_FLAGS, LAPTOP, Visit, assert_accessible
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site
from tools.services import find_binary

# Playwright switches off that browsers keep what frames store for each site apart; the last list
# of features wins, and this one leaves that alone.
AS_PEOPLE_HAVE_IT = "--disable-features=Translate,MediaRouter"


@pytest_asyncio.fixture(loop_scope="session")
async def reader(site: Site, tmp_path: Path) -> AsyncIterator[Visit]:
    """A browser that keeps what frames want kept, where that of ``visit`` refuses."""
    binary = find_binary("chromium")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path,
            executable_path=binary,
            args=[*CHROMIUM_FLAGS, AS_PEOPLE_HAVE_IT],
            base_url=site.url,
            locale="en",
        )
        visit = Visit(context)
        yield visit
        await context.close()
    visit.assert_nothing_went_wrong()


async def open_article(
    host_site: str, visit: Visit, site: Site, poll: Asked, query: str = ""
) -> Page:
    """Opens a page of the other site, with the poll in a frame."""
    return await visit.open(f"{host_site}/today?{site.url}/embed/{poll.id}{query}")


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


async def cast(page: Page, option: str) -> None:
    await frame_of(page).locator(".choice", has_text=option).click()
    await frame_of(page).locator("#cast").click()


async def is_counted(page: Page) -> None:
    await expect(frame_of(page).locator("#counted")).to_be_visible()


async def test_visitors_of_another_site_vote_and_see_the_results(
    reader: Visit, site: Site, host_site: str
) -> None:
    with asking(site, embedOrigins=[host_site], allowChange=True) as poll:
        page = await open_article(host_site, reader, site, poll)
        await cast(page, "Tea")
        await is_counted(page)
        poll.vote(1)
        percentages = frame_of(page).locator(".bar-percentage")
        await expect(percentages).to_have_text(["50%", "50%", "0%"])
        # Without a cookie of ours, nor any other.
        assert await reader.context.cookies(site.url) == []
        await page.reload()
        await is_counted(page)
        await take_back(frame_of(page))
        await expect(frame_of(page).locator("#cast")).to_be_visible()
        await cast(page, "Water")
        await is_counted(page)
        assert poll.counts() == [0, 1, 1]


async def test_viewing_creates_no_guest(reader: Visit, site: Site, host_site: str) -> None:
    with asking(site, embedOrigins=[host_site]) as poll:
        page = await open_article(host_site, reader, site, poll)
        await expect(frame_of(page).locator("#connection")).to_have_text("Live")
        assert await inner(page).evaluate("localStorage.length") == 0


async def test_results_are_followed_without_a_form(
    visit: Visitor, site: Site, host_site: str
) -> None:
    with asking(site, embedOrigins=["*"]) as poll:
        page = await open_article(host_site, await visit(), site, poll, "?mode=results")
        await expect(frame_of(page).locator("#connection")).to_have_text("Live")
        poll.vote(2)
        await expect(frame_of(page).locator(".bar-percentage")).to_have_text(["0%", "0%", "100%"])
        await expect(frame_of(page).locator("#cast")).to_be_hidden()


async def test_an_expired_token_is_renewed(reader: Visit, site: Site, host_site: str) -> None:
    with asking(site, embedOrigins=[host_site], allowChange=True) as poll:
        page = await open_article(host_site, reader, site, poll)
        await cast(page, "Tea")
        await is_counted(page)
        reader.expected.add(401)
        await inner(page).evaluate(
            """() => {
                const guest = JSON.parse(localStorage.getItem("tallyroom.guest"));
                guest.accessToken = "a.b.c";
                localStorage.setItem("tallyroom.guest", JSON.stringify(guest));
            }"""
        )
        await page.reload()
        await is_counted(page)
        await frame_of(page).get_by_role("link", name="Change").click()
        await cast(page, "Water")
        await is_counted(page)
        assert poll.counts() == [0, 0, 1]


GUEST = """() => JSON.parse(localStorage.getItem("tallyroom.guest"))"""
CHANGE_GUEST = """(fields) => {
    const guest = JSON.parse(localStorage.getItem("tallyroom.guest"));
    localStorage.setItem("tallyroom.guest", JSON.stringify({ ...guest, ...fields }));
}"""


async def test_a_guest_whose_tokens_have_expired_is_renewed_and_has_voted(
    reader: Visit, site: Site, host_site: str
) -> None:
    with asking(site, embedOrigins=[host_site]) as poll:
        page = await open_article(host_site, reader, site, poll)
        await cast(page, "Tea")
        await is_counted(page)
        before = await inner(page).evaluate(GUEST)
        reader.expected.add(401)
        expired = {"accessToken": "a.b.c", "refreshToken": "a.b.c"}
        await inner(page).evaluate(CHANGE_GUEST, expired)
        await page.reload()
        await is_counted(page)
        assert (await inner(page).evaluate(GUEST))["person"] == before["person"]
        assert poll.counts() == [1, 0, 0]


async def test_a_refresh_without_a_response_is_repeated_with_its_key(
    reader: Visit, site: Site, host_site: str
) -> None:
    with asking(site, embedOrigins=[host_site]) as poll:
        page = await open_article(host_site, reader, site, poll)
        await cast(page, "Tea")
        await is_counted(page)
        before = await inner(page).evaluate(GUEST)
        keys: list[str | None] = []

        async def lose_the_first_answer(route: Route) -> None:
            keys.append(await route.request.header_value("Idempotency-Key"))
            response = await route.fetch()
            await (route.abort() if len(keys) == 1 else route.fulfill(response=response))

        await page.context.route("**/api/auth/refresh", lose_the_first_answer)
        reader.expected |= {401, 0}
        # Without the renewal token, a family that is taken for stolen would cost the guest.
        spent = {"accessToken": "a.b.c", "renewalToken": None}
        await inner(page).evaluate(CHANGE_GUEST, spent)
        async with page.expect_event("requestfailed", lambda each: "refresh" in each.url):
            await page.reload()
        await page.reload()
        await is_counted(page)
        after = await inner(page).evaluate(GUEST)
        assert (after["person"], after.get("refreshKey")) == (before["person"], None)
        assert len(keys) >= 2
        assert len(set(keys)) == 1
        assert poll.counts() == [1, 0, 0]


async def test_on_the_same_site_the_frame_and_the_page_are_one_voter(
    reader: Visit, site: Site, host_site: str
) -> None:
    same_site = host_site.replace("localhost", "127.0.0.1")
    with asking(site, embedOrigins=[same_site]) as poll:
        page = await open_article(same_site, reader, site, poll)
        await cast(page, "Tea")
        await is_counted(page)
        own = await reader.open(poll.path)
        await expect(own.locator("#counted")).to_be_visible()
        await expect(own.locator(".bar-yours")).to_contain_text("Tea")
        assert poll.counts() == [1, 0, 0]


async def test_without_storage_the_frame_links_to_the_polls_own_page(
    visit: Visitor, site: Site, host_site: str
) -> None:
    with asking(site, embedOrigins=[host_site]) as poll:
        page = await open_article(host_site, await visit(), site, poll)
        link = frame_of(page).get_by_role("link", name="Open the poll’s page")
        await expect(link).to_have_attribute("href", poll.path)
        await expect(frame_of(page).locator("#cast")).to_be_hidden()


@pytest.mark.parametrize("origins", [[], ["https://other.example"]])
async def test_a_site_that_is_not_allowed_shows_a_refusal(
    visit: Visitor, site: Site, host_site: str, origins: list[str]
) -> None:
    with asking(site, embedOrigins=origins) as poll:
        reader = await visit()
        reader.expected.add(403)
        page = await open_article(host_site, reader, site, poll)
        refusal = frame_of(page).get_by_role("heading", name="This poll can’t be shown here")
        await expect(refusal).to_be_visible()
        await expect(frame_of(page).get_by_text("Tea")).to_have_count(0)


async def test_other_pages_cannot_be_framed(visit: Visitor, site: Site, host_site: str) -> None:
    with asking(site, embedOrigins=["*"]) as poll:
        reader = await visit()
        page = await open_article(host_site, reader, site, poll)
        await expect(frame_of(page).get_by_role("heading", level=1)).to_be_visible()
        reader.expected.add(0)
        violations: list[Any] = []
        page.on("requestfailed", lambda request: violations.append(request.failure))
        await page.evaluate(f"document.querySelector('iframe').src = '{site.url}{poll.path}'")
        await expect(frame_of(page).locator(".choice")).to_have_count(0)
        assert violations
        reader.problems.clear()


async def test_the_frame_is_accessible(visit: Visitor, site: Site) -> None:
    with asking(site, embedOrigins=["*"]) as poll:
        page = await (await visit(device=LAPTOP)).open(f"/embed/{poll.id}")
        await assert_accessible(page)
        await page.locator(".choice", has_text="Tea").click()
        await page.locator("#cast").click()
        await expect(page.locator("#counted")).to_be_visible()
        await assert_accessible(page)


def inner(page: Page) -> Frame:
    """The document in the frame."""
    _, frame = page.frames
    return frame

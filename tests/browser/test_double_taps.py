"""The second tap of a double tap does not undo the first one."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.ballots import choose, is_counted, take_back
from tests.browser.browsing import LAPTOP, PHONE, Device, Visit
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site

# Counted from the answer to the first tap.
SECOND_TAPS_MS = [0, 300, 1_000]


async def middle_of(control: Locator) -> tuple[float, float]:
    box = await control.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def later(page: Page, after_ms: int) -> None:
    """Moves the page's idea of the time, without waiting."""
    await page.evaluate(
        "(ms) => { const now = Date.now() + ms; Date.now = () => now; }",
        after_ms,
    )


async def counts_after_requests(page: Page, poll: Asked) -> list[int]:
    """What is counted once a request that was sent after all others has been answered."""
    await page.evaluate("fetch('/health/live').then(() => 0)")
    return poll.counts()


async def signed_in(browser: Visit, poll: Asked, path: str) -> Page:
    page = await browser.sign_in(poll.creator)
    await page.goto(path)
    return page


@pytest.mark.parametrize("after_ms", SECOND_TAPS_MS)
async def test_a_second_tap_on_vote_does_not_take_the_vote_back(
    visit: Visitor, site: Site, after_ms: int
) -> None:
    with asking(site, allowChange=True) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await choose(page, "Tea")
        x, y = await middle_of(page.locator("#cast"))
        await page.touchscreen.tap(x, y)
        await is_counted(page)
        await later(page, after_ms)
        await page.touchscreen.tap(x, y)
        await page.touchscreen.tap(x, y)
        assert await counts_after_requests(page, poll) == [1, 0, 0]
        # And nobody is asked for what they have not meant.
        await expect(page.locator("#taking-back")).to_be_hidden()


async def test_taking_back_asks_first_and_is_not_confirmed_by_the_same_tap(
    visit: Visitor, site: Site
) -> None:
    with asking(site, allowChange=True) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await choose(page, "Tea")
        await page.locator("#cast").click()
        await is_counted(page)
        await later(page, 2_000)
        x, y = await middle_of(page.get_by_role("link", name="Take back"))
        await page.touchscreen.tap(x, y)
        await expect(page.get_by_role("button", name="Take back vote")).to_be_visible()
        await page.touchscreen.tap(x, y)
        assert await counts_after_requests(page, poll) == [1, 0, 0]
        await page.get_by_role("link", name="Cancel").press("Enter")
        await is_counted(page)
        await take_back(page)
        await expect(page.get_by_role("button", name="Vote", exact=True)).to_be_visible()
        assert poll.counts() == [0, 0, 0]


@pytest.mark.parametrize("device", [PHONE, LAPTOP])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
async def test_without_script_confirming_is_not_at_the_place_of_taking_back(
    visit: Visitor, site: Site, device: Device, language: str
) -> None:
    with asking(site, allowChange=True) as poll:
        browser = await visit(device=device, java_script_enabled=False, locale=language)
        page = await browser.open(poll.path)
        await choose(page, "Tea")
        await page.locator("#cast").click()
        pressed = await page.locator("#take-back").bounding_box()
        await page.locator("#take-back").click()
        appeared = await page.locator("#take-back-now").bounding_box()
        assert pressed is not None
        assert appeared is not None
        first, second = sorted([pressed, appeared], key=lambda box: box["x"])
        assert first["x"] + first["width"] < second["x"]


async def test_the_guard_detects_new_controls_under_the_pointer(visit: Visitor, site: Site) -> None:
    """For every page: a marked control that appears where something else was pressed."""
    with asking(site) as poll:
        page = await signed_in(await visit(), poll, f"/manage/{poll.id}")
        close = page.get_by_role("button", name="Close voting")
        x, y = await middle_of(close)
        # As if another control had been there when the page before this one was pressed.
        await page.evaluate(
            """([x, y]) => {
                const press = { x, y, at: Date.now(), control: null };
                sessionStorage.setItem("tallyroom.press", JSON.stringify(press));
            }""",
            [x, y],
        )
        await page.reload()
        await page.mouse.click(x, y)
        await page.evaluate("fetch('/health/live').then(() => 0)")
        await expect(close).to_be_visible()
        # However often, for a moment.
        await page.mouse.click(x, y)
        await page.evaluate("fetch('/health/live').then(() => 0)")
        await expect(close).to_be_visible()
        await later(page, 2_000)
        await page.mouse.click(x, y)
        await expect(page.get_by_role("button", name="Reopen")).to_be_visible()


async def test_a_double_click_on_close_does_not_reopen(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await signed_in(await visit(), poll, f"/present/{poll.id}")
        x, y = await middle_of(page.get_by_role("button", name="Close voting"))
        await page.mouse.click(x, y)
        await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
        await page.mouse.click(x, y)
        await page.evaluate("fetch('/health/live').then(() => 0)")
        await expect(page.get_by_role("button", name="Reopen")).to_be_visible()


async def test_keys_and_other_places_are_not_guarded(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await signed_in(await visit(), poll, f"/manage/{poll.id}")
        await page.get_by_role("button", name="Close voting").press("Enter")
        await page.get_by_role("button", name="Reopen").press("Enter")
        await expect(page.get_by_role("button", name="Close voting")).to_be_visible()
        await page.locator("h1").click()
        await page.get_by_role("button", name="Close voting").click()
        await expect(page.get_by_role("button", name="Reopen")).to_be_visible()

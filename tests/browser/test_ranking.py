"""Rankings in the browser: by buttons, keys and touch; changing; presenting each method."""

from playwright.async_api import Locator, Page, expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site
from tests.browser.stage import Stage, present

NAMES = ["Tea", "Coffee", "Water", "Mate"]


def ballot(poll: Asked, *positions: int) -> list[dict[str, str]]:
    return [{"optionId": poll.option_ids[position]} for position in positions]


def row(page: Page, option: str) -> Locator:
    return page.locator(".ranking-row", has_text=option)


async def says(page: Page, sentence: str) -> None:
    await expect(page.locator("#ranking-status")).to_have_text(sentence)


async def has_order(page: Page, *options: str) -> None:
    await expect(page.locator("#ranking-chosen .ranking-text")).to_have_text(list(options))


async def touch_drag(page: Page, option: str, target: Locator) -> None:
    """Drags an option by its grip onto another row, with a finger."""
    await page.evaluate("scrollTo(0, 0)")
    start = await row(page, option).locator("[data-grip]").bounding_box()
    end = await target.bounding_box()
    assert start is not None
    assert end is not None
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    session = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: dict[str, float]) -> None:
        fields = {"type": kind, "touchPoints": list(points)}
        await session.send("Input.dispatchTouchEvent", fields)

    await touch("touchStart", {"x": x, "y": y})
    for part in (0.3, 0.6, 1):
        await touch("touchMove", {"x": x, "y": y + (end["y"] + 4 - y) * part})
    await touch("touchEnd")
    await session.detach()


async def rank_on_a_phone(page: Page) -> None:
    """Ranks Mate, Water, Coffee, Tea: by buttons, with keys, and with a finger."""
    await page.locator("#cast").click()
    refusal = "Rank all options first. 4 options are not ranked yet."
    await expect(page.locator("#refusal")).to_have_text(refusal)
    await row(page, "Water").get_by_role("button", name="Rank Water").click()
    await says(page, "Water, moved to position 1 of 4")
    await row(page, "Tea").click()
    grip = row(page, "Coffee").locator("[data-grip]")
    await grip.press("Space")
    await says(page, "Coffee, picked up. Not ranked.")
    await grip.press("ArrowUp")
    await says(page, "Coffee, moved to position 3 of 4")
    await grip.press("ArrowUp")
    await says(page, "Coffee, moved to position 2 of 4")
    await grip.press("Escape")
    await says(page, "Move canceled. Coffee, not ranked")
    await has_order(page, "Water", "Tea")
    for key in ("Space", "ArrowUp", "ArrowUp", "Space"):
        await expect(grip).to_be_focused()
        await page.keyboard.press(key)
    await says(page, "Coffee, dropped at position 2 of 4")
    await touch_drag(page, "Mate", row(page, "Water"))
    await says(page, "Mate, dropped at position 1 of 4")
    await has_order(page, "Mate", "Water", "Coffee", "Tea")


async def shows_order(stage: Stage, *lines: str) -> None:
    await expect(stage.page.locator(".ranking-bars .bar-label")).to_have_text(
        [line.partition(":")[0] for line in lines]
    )
    await expect(stage.page.locator(".ranking-bars .bar-percentage")).to_have_text(
        [line.partition(": ")[2] for line in lines]
    )


async def test_options_are_ranked_changed_and_presented(visit: Visitor, site: Site) -> None:
    with asking(site, kind="ranking", options=NAMES, allowChange=True) as poll:
        stage = await present(visit, poll)
        phone = await (await visit(device=PHONE)).open(poll.path)
        await rank_on_a_phone(phone)
        await assert_accessible(phone)
        await assert_no_sideways_scrolling(phone)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await shows_order(
            stage, "Mate: 3 points", "Water: 2 points", "Coffee: 1 point", "Tea: 0 points"
        )
        poll.answer(*ballot(poll, 2, 1, 0, 3))
        await phone.get_by_role("link", name="Change").click()
        await row(phone, "Tea").get_by_role("button", name="Move Tea up").click()
        await phone.locator("#cast").click()
        await is_counted(phone)
        await has_order(phone, "Mate", "Water", "Tea", "Coffee")
        await shows_order(
            stage, "Water: 5 points", "Mate: 3 points", "Tea: 2 points", "Coffee: 2 points"
        )
        await methods_are_presented(stage, site)


async def methods_are_presented(stage: Stage, site: Site) -> None:
    """The grid of the Schulze method, and the rounds of an instant runoff when it closes."""
    page, creator = stage.page, stage.poll.creator
    with asking(site, creator, kind="ranking", settings={"method": "schulze"}) as poll:
        for order in ((1, 0, 2), (1, 2, 0)):
            poll.answer(*ballot(poll, *order))
        await page.goto(f"/present/{poll.id}")
        await expect(page.locator(".ranking-grid .ranking-wins")).to_have_text(["2", "2"])
        await assert_accessible(page)
    settings = {"method": "instant_runoff", "places": 2}
    with asking(site, creator, kind="ranking", settings=settings) as poll:
        for ranked in ((0,), (0,), (1, 2), (2, 1), (1,)):
            poll.answer(*ballot(poll, *ranked))
        await page.goto(f"/present/{poll.id}")
        await shows_order(stage, "Tea: 40%", "Coffee: 40%", "Water: 20%")
        poll.move("close")
        # They play by themselves until a key is pressed.
        await expect(page.locator(".ranking-round")).to_be_visible()
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator(".ranking-round")).to_have_text("Round 1 of 2")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator(".ranking-round")).to_have_text("Round 2 of 2")
        await shows_order(stage, "Coffee: 60%", "Tea: 40%", "Water: ")
        await expect(page.locator("#note")).to_have_text("Winner: Coffee (3 of 5 votes in round 2)")
        await assert_accessible(page)

"""Ratings in the browser: voting by touch and by key, changing, and presenting."""

from playwright.async_api import Page, expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present

LABELS = ["Never", "Rarely", "Sometimes", "Often", "Always"]


async def answers(page: Page, *names: str) -> None:
    await expect(page.locator(".rating-answer")).to_have_text(list(names))


async def test_statements_are_rated_changed_and_presented(visit: Visitor, site: Site) -> None:
    options = ["Tea", "Coffee"]
    settings = {"labels": LABELS, "method": "star"}
    with asking(site, kind="rating", options=options, settings=settings, allowChange=True) as poll:
        tea, coffee = poll.option_ids
        stage = await present(visit, poll)
        person = await visit(device=PHONE)
        phone = await person.open(poll.path)
        groups = [phone.get_by_role("group", name=name, exact=True) for name in options]
        await phone.locator("#cast").click()
        await expect(phone.locator("#refusal")).to_have_text("Answer the question first.")
        await groups[0].get_by_role("radio", name="4 of 5, Often").check()
        await phone.keyboard.press("ArrowRight")
        await groups[1].get_by_role("radio", name="2 of 5, Rarely").check()
        await groups[1].get_by_role("radio", name="Skip").check()
        await answers(phone, "5 of 5, Always", "Skipped")
        await assert_accessible(phone)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await answers(phone, "5 of 5, Always", "Skipped")
        poll.answer({"optionId": tea, "score": 1}, {"optionId": coffee, "score": 3})
        await expect(stage.page.locator(".rating-mean")).to_have_text(["6", "3"])
        await expect(phone.locator(".rating-people")).to_have_text(
            ["2 of 2 people", "1 of 2 people"]
        )
        await assert_no_sideways_scrolling(phone)
        # A later change replaces the level that was skipped.
        await phone.get_by_role("link", name="Change").click()
        await groups[1].get_by_role("radio", name="4 of 5, Often").check()
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator(".rating-mean")).to_have_text(["6", "7"])
        await expect(stage.page.locator(".star-runoff")).to_be_hidden()
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text(
            "Coffee wins by its scores; the runoff is tied"
        )
        await expect(stage.page.locator(".star-runoff")).to_be_visible()
        await assert_accessible(stage.page)

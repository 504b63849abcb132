"""Numeric polls in the browser: voting by field and slider, changing, and presenting."""

from playwright.async_api import expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present


async def test_a_number_is_sent_changed_and_presented(visit: Visitor, site: Site) -> None:
    settings = {"max": 10, "step": 0.5, "unit": "kg"}
    with asking(site, kind="numeric", options=[], settings=settings, allowChange=True) as poll:
        stage = await present(visit, poll)
        person = await visit(device=PHONE)
        phone = await person.open(poll.path)
        field, slider = phone.locator(".numeric-field"), phone.get_by_role("slider")
        refusal = phone.locator("#refusal")
        await phone.locator("#cast").click()
        await expect(refusal).to_have_text("Answer the question first.")
        await field.fill("4.2")
        await phone.locator("#cast").click()
        await expect(refusal).to_have_text("Enter a number from 0 to 10 kg in steps of 0.5.")
        await field.fill("4,5")
        await expect(slider).to_have_attribute("aria-valuetext", "4.5 kg")
        await slider.press("ArrowRight")
        await expect(field).to_have_value("5")
        await slider.press("ArrowLeft")
        await expect(field).to_have_value("4.5")
        await assert_accessible(phone)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(phone.locator(".numeric-answer")).to_have_text("4.5 kg")
        poll.answer({"number": 9})
        await expect(stage.page.locator(".numeric-mean")).to_have_text("6.75 kg")
        await assert_no_sideways_scrolling(phone)
        await phone.get_by_role("link", name="Change").click()
        await field.fill("2")
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator(".numeric-median")).to_have_text("5.5 kg")
        await expect(stage.page.locator(".histogram-bar")).to_have_count(8)
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text("Mean 5.5 kg, median 5.5 kg")
        await assert_accessible(stage.page)

"""Numeric polls in the browser: voting, changing and presenting."""

from playwright.async_api import expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present


async def test_a_number_is_sent_changed_and_presented(visit: Visitor, site: Site) -> None:
    settings = {"max": 10}
    with asking(site, kind="numeric", options=[], settings=settings, allowChange=True) as poll:
        stage = await present(visit, poll)
        phone = await (await visit(device=PHONE)).open(poll.path)
        await phone.locator("#cast").click()
        await expect(phone.locator("#refusal")).to_have_text("Answer the question first.")
        await phone.locator("input[name=number]").fill("4")
        await phone.locator("#cast").click()
        await is_counted(phone)
        poll.answer({"number": 8})
        await stage.shows_total(2)
        await expect(stage.page.locator("#kind-result")).to_have_text("6")
        await phone.get_by_role("link", name="Change").click()
        await phone.locator("input[name=number]").fill("2")
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator("#kind-result")).to_have_text("5")

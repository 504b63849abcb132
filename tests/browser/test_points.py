"""Points in the browser: dividing, changing, and presenting."""

from playwright.async_api import expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present


async def test_points_are_divided_changed_and_presented(visit: Visitor, site: Site) -> None:
    options = ["Tea", "Coffee"]
    with asking(site, kind="points", options=options, allowChange=True) as poll:
        tea, coffee = poll.option_ids
        stage = await present(visit, poll)
        person = await visit(device=PHONE)
        phone = await person.open(poll.path)
        groups = [phone.get_by_role("group", name=name, exact=True) for name in options]
        fields = [group.get_by_role("textbox") for group in groups]
        left, refusal = phone.locator("#chosen"), phone.locator("#refusal")
        await expect(left).to_have_text("100 left")
        await groups[0].get_by_role("button", name="More").click()
        await expect(fields[0]).to_have_value("5")
        await fields[0].fill("72")
        await groups[0].get_by_role("button", name="More").click()
        await expect(fields[0]).to_have_value("75")
        await expect(left).to_have_text("25 left")
        await phone.locator("#cast").click()
        await expect(refusal).to_have_text("25 points are left to give.")
        # More than is left gives what is left.
        await fields[1].fill("40")
        await expect(fields[1]).to_have_value("25")
        await expect(left).to_contain_text("0 left. No more points left.")
        await groups[1].get_by_role("slider").press("ArrowRight")
        await expect(fields[1]).to_have_value("25")
        await assert_accessible(phone)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(phone.locator(".points-answer")).to_have_text(["75 points", "25 points"])
        poll.answer({"optionId": tea, "score": 25}, {"optionId": coffee, "score": 75})
        await expect(stage.page.locator(".bar-percentage")).to_have_text(["50%", "50%"])
        await assert_no_sideways_scrolling(phone)
        await phone.get_by_role("link", name="Change").click()
        await fields[0].fill("15")
        await fields[1].fill("85")
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator(".bar-percentage")).to_have_text(["20%", "80%"])
        await expect(stage.page.locator(".points-mean")).to_have_text(
            ["20 per voter", "80 per voter"]
        )
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text("Most points: Coffee")
        await assert_accessible(stage.page)

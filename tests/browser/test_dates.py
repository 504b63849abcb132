"""Polls about dates in the browser: voting, changing and presenting."""

from playwright.async_api import Page, expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present

SLOTS = [
    {"day": "2027-03-01"},
    {"startsAt": "2027-03-02T23:00:00Z", "endsAt": "2027-03-03T00:30:00Z"},
    {"startsAt": "2027-03-03T10:00:00Z"},
]
OPTIONS = ["Trip", {"text": "Call", "limit": 1}, "Lunch"]


async def order(page: Page) -> list[str]:
    return await page.locator("#date-table tbody .date-text").all_text_contents()


async def test_dates_are_answered_changed_and_presented(visit: Visitor, site: Site) -> None:
    fields = {"kind": "dates", "options": OPTIONS, "settings": {"slots": SLOTS}}
    with asking(site, allowChange=True, **fields) as poll:
        stage = await present(visit, poll)
        phone = await (await visit(device=PHONE, timezone_id="Asia/Tokyo")).open(poll.path)
        days = phone.locator(".date-day:visible")
        # In Tokyo, the second and third are on one day.
        await expect(days).to_have_text(["Monday, March 1, 2027", "Wednesday, March 3, 2027"])
        await expect(phone.locator(".date-time")).to_have_text(
            ["All day", "8:00 – 9:30 AM", "7:00 PM"]
        )
        await expect(phone.locator("#date-zone")).to_contain_text("Asia/Tokyo")
        await expect(phone.locator(".date-places")).to_have_text("1 place left")
        await assert_accessible(phone)
        row = phone.get_by_role("radiogroup", name="Call")
        await row.get_by_role("radio", name="Yes").check(force=True)
        await phone.locator("#date-rest").click()
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator("tr[data-best] .date-text")).to_have_text("Call")
        other = await (await visit(device=PHONE)).open(poll.path)
        await expect(other.locator(".date-places")).to_have_text("Full")
        full = other.get_by_role("radiogroup", name="Call").get_by_role("radio", name="Yes")
        await expect(full).to_be_disabled()
        await phone.get_by_role("link", name="Change").click()
        await row.get_by_role("radio", name="Maybe").check(force=True)
        lunch = phone.get_by_role("radiogroup", name="Lunch")
        await lunch.get_by_role("radio", name="Yes").check(force=True)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(full).to_be_enabled()
        await expect(stage.page.locator("tr[data-best] .date-text")).to_have_text("Lunch")
        await expect(stage.page.locator("#date-table td").first).to_have_text("1")
        assert await order(stage.page) == ["Lunch", "Call", "Trip"]
        await assert_accessible(stage.page)
        poll.move("close")
        await expect(stage.page.locator("#note")).to_contain_text("Best date: Wed, Mar 3, 2027")

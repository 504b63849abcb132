"""Multiple-choice polls show shares of voters, live."""

import re

from playwright.async_api import expect

from tests.browser.ballots import cast, is_counted, is_live, shows
from tests.browser.browsing import PHONE
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present

NOTE = "Percentages are shares of voters, who could choose several options."


async def test_phones_and_the_stage_show_shares_of_voters(visit: Visitor, site: Site) -> None:
    with asking(site, kind="multiple", maxChoices=2) as poll:
        stage = await present(visit, poll)
        phones = [await (await visit(device=PHONE)).open(poll.path) for _ in range(2)]
        for phone, options in zip(phones, [("Tea", "Coffee"), ("Tea",)], strict=True):
            await cast(phone, *options)
            await is_counted(phone)
        for page in (*phones, stage.page):
            await shows(page, "100%", "50%", "0%")
        for phone in phones:
            await expect(phone.locator("#total")).to_have_text("2 people voted")
            await expect(phone.get_by_text(NOTE)).to_be_visible()
        await stage.shows_total(2)
        await expect(stage.page.locator("#total-label")).to_have_text("people voted")
        await stage.press("r")
        await expect(stage.page.locator("#replay-moment")).to_have_text(
            re.compile(", 2 people voted$")
        )
        await shows(stage.page, "100%", "50%", "0%")


async def test_an_edit_after_voting_began_appears_live(visit: Visitor, site: Site) -> None:
    with asking(site, question="Keep the oak?") as poll:
        phone = await (await visit(device=PHONE)).open(poll.path)
        stage = await present(visit, poll)
        await is_live(phone)
        poll.vote(0)
        await stage.shows_total(1)
        poll.api.patch(f"/polls/{poll.id}", json={"question": "Fell the oak?"}).raise_for_status()
        for page in (phone, stage.page):
            await expect(page.locator("#question")).to_have_text("Fell the oak?")
            await expect(page.locator("#original-question")).to_have_text("Keep the oak?")
            await expect(page.locator("#edited")).to_be_visible()

"""One browser is one voter, across sign-ins and tabs."""

import asyncio

from playwright.async_api import expect

from tests.browser.ballots import cast, choose, is_counted
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site


async def test_a_guest_who_signs_in_and_out_has_voted_once(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True) as poll:
        browser = await visit()
        page = await browser.open(poll.path)
        await cast(page, "Tea")
        await is_counted(page)
        account = await browser.sign_in(site.register("Bob"))
        # The guest's socket was closed; this tab is the account's now.
        await expect(page.get_by_role("link", name="Change")).to_be_visible()
        await account.goto(poll.path)
        await is_counted(account)
        await account.goto("/account")
        await account.get_by_role("button", name="Sign out", exact=True).first.click()
        await account.goto(poll.path)
        await is_counted(account)
        await expect(account.get_by_text("Sign in to see or change")).to_be_visible()
        await expect(account.get_by_role("link", name="Change")).to_be_hidden()
        await expect(account.locator("#cast")).to_be_hidden()
        assert poll.counts() == [1, 0, 0]


async def test_two_tabs_opened_at_once_are_one_voter(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        browser = await visit()
        tabs = await asyncio.gather(*(browser.open(poll.path) for _ in range(3)))
        browser.expected.add(409)
        for tab, option in zip(tabs, ("Tea", "Coffee", "Water"), strict=True):
            await choose(tab, option)
        send = "document.getElementById('ballot').requestSubmit(document.getElementById('cast'))"
        await asyncio.gather(*(tab.evaluate(send) for tab in tabs))
        for tab in tabs:
            await is_counted(tab)
        assert sum(poll.counts()) == 1

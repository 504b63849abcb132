"""A team runs a poll together: from the invitation to the removal of a member."""

import os

from playwright.async_api import Page, expect

from tests.browser.browsing import (
    PHONE,
    Visit,
    assert_accessible,
    assert_no_sideways_scrolling,
)
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site


async def assert_good(page: Page) -> None:
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)


async def create_project(page: Page) -> str:
    """Creates a project with a workspace and an open poll; returns the URL of the project."""
    await page.goto("/manage")
    await page.locator(".places-menu summary").click()
    await page.get_by_role("link", name="New project").click()
    await page.get_by_label("Name").fill("Town hall")
    await page.get_by_role("button", name="Create project").click()
    await expect(page.get_by_text("No workspaces yet")).to_be_visible()
    url = page.url
    await page.get_by_role("link", name="Create a workspace").click()
    await page.get_by_label("Name").fill("Budget")
    await page.get_by_role("button", name="Create workspace").click()
    await page.get_by_role("link", name="Create a poll").click()
    await expect(page.get_by_label("Workspace")).to_have_value(page.url.partition("=")[2])
    await page.get_by_label("Question", exact=True).fill("Tea or coffee?")
    await page.get_by_label("Option 1", exact=True).fill("Tea")
    await page.get_by_label("Option 2", exact=True).fill("Coffee")
    await page.get_by_role("button", name="Publish now").click()
    await expect(page.locator("#connection")).to_have_text("Live")
    return url


async def invite(page: Page, project_url: str, email: str) -> None:
    await page.goto(f"{project_url}/members")
    await page.get_by_label("Email address").fill(email)
    await page.get_by_label("Role", exact=True).select_option("collaborator")
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.get_by_text("Invitation sent.")).to_be_visible()
    await expect(page.get_by_text(email, exact=True)).to_be_visible()
    await assert_good(page)


async def register_and_accept(visit: Visit, account: Account) -> Page:
    """Registers the invited address, and accepts the invitation that this finds."""
    page = await visit.open("/register?next=/manage")
    await page.get_by_label("Name").fill("Ben")
    await page.locator("[name=email]").fill(account.email)
    await page.locator("[name=password]").fill(account.password)
    await page.locator("main form button:not([type=button])").first.click()
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_role("heading", name="Town hall")).to_be_visible()
    await assert_good(page)
    return page


async def edit_together(ada: Page, ben: Page, poll_url: str) -> None:
    """Both edit the poll; ben saves first, and ada takes some of both versions."""
    await ada.goto(f"{poll_url}/edit")
    await ben.goto(f"{poll_url}/edit")
    await expect(ada.get_by_text("Ben\u2069 is editing this poll, too.")).to_be_visible()
    await expect(ben.get_by_text("Ada\u2069 is editing this poll, too.")).to_be_visible()
    await ben.get_by_label("Question", exact=True).fill("Green tea or coffee?")
    await ben.get_by_role("button", name="Save").last.click()
    await ben.wait_for_url(poll_url)
    await ada.get_by_label("Question", exact=True).fill("Black tea or coffee?")
    await ada.get_by_label("Voters can change").check()
    await ada.get_by_role("button", name="Save").last.click()
    await expect(ada.get_by_role("heading", level=1)).to_have_text("Ben changed this poll")
    await assert_good(ada)
    await expect(ada.get_by_role("radio", name="Your version Black tea or coffee?")).to_be_checked()
    await ada.get_by_role("radio", name="Other version Green tea or coffee?").check()
    await ada.get_by_role("button", name="Save this selection").click()
    await ada.wait_for_url(poll_url)
    await expect(ada.locator("#question")).to_have_text("Green tea or coffee?")
    await ada.goto(f"{poll_url}/edit")
    await expect(ada.get_by_label("Voters can change")).to_be_checked()


async def test_a_team_runs_a_poll_together(visit: Visitor, site: Site) -> None:
    ben_account = Account(f"ben-{os.urandom(4).hex()}@example.org", "correct horse battery")
    owner: Visit = await visit()
    owner.expected.add(412)
    ada = await owner.sign_in(site.register("Ada"))
    project_url = await create_project(ada)
    poll_url = ada.url
    await invite(ada, project_url, ben_account.email)
    await ada.goto(project_url)
    member: Visit = await visit(device=PHONE)
    ben = await register_and_accept(member, ben_account)
    # Without a reload.
    await expect(ada.locator("#here")).to_contain_text("Ben")
    await expect(ada.locator("[data-activity]")).to_contain_text("Ben joined as collaborator.")
    await assert_good(ada)
    await edit_together(ada, ben, poll_url)
    await ada.goto(f"{project_url}/activity")
    await expect(ada.locator("[data-activity] li").first).to_contain_text("Ada edited the poll")
    await assert_good(ada)
    # A collaborator presents and closes it.
    await ada.goto(project_url)
    await ben.goto(poll_url.replace("/manage/", "/present/"))
    presents = "is presenting “\u2068Green tea or coffee?\u2069”"
    await expect(ada.locator("#here")).to_contain_text(presents)
    # Removed, they lose what they look at.
    await ben.goto(poll_url)
    await ada.goto(f"{project_url}/members")
    await ada.get_by_label("More actions: Ben").click()
    await ada.get_by_role("link", name="Remove …").click()
    member.expected.add(404)
    await ada.get_by_role("button", name="Remove member").click()
    await expect(ada.get_by_text("Member removed.")).to_be_visible()
    await expect(ben.get_by_role("heading", level=1)).to_have_text("Page not found")
    await ben.goto("/manage")
    await expect(ben.get_by_text("Town hall")).to_have_count(0)

"""The panel where hosts decide, on the page of their poll."""

from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import (
    Device,
    Visit,
    assert_accessible,
    assert_no_sideways_scrolling,
    until,
)
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site

Poll = dict[str, Any]

HELD = {"needsApproval": True}
SMALLEST = Device("smallest", 320, 640, is_touched=True)


@pytest.fixture
def alice(site: Site) -> Account:
    return site.register("Alice")


def make_poll(site: Site, creator: Account, kind: str, settings: Any) -> Poll:
    body = {"question": "Well?", "kind": kind, "settings": settings, "isPublished": True}
    with site.api(creator) as api:
        poll: Poll = api.post("/polls", json=body).raise_for_status().json()["poll"]
    return poll


def as_guest(site: Site, path: str, body: Any) -> httpx.Response:
    with site.api() as api:
        tokens = api.post("/auth/guest", json={}).json()["tokens"]
        headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        return api.post(path, json=body, headers=headers).raise_for_status()


def send(site: Site, poll: Poll, *texts: str) -> None:
    answers = [{"text": text} for text in texts]
    as_guest(site, f"/polls/{poll['id']}/vote", {"answers": answers})


async def open_panel(person: Visit, account: Account, poll: Poll) -> Page:
    page = await person.sign_in(account)
    await page.goto(f"/manage/{poll['id']}")
    await until(page, "document.querySelector('#connection')?.dataset.state === 'live'")
    return page


async def test_a_host_decides_about_questions_by_keyboard(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice, "questions", HELD)
    page = await open_panel(await visit(device=SMALLEST), alice, poll)
    panel = page.locator("#hosting")
    await expect(panel.get_by_text("Nothing waits for you.")).to_be_visible()
    for text in ("Why?", "How? " + "x" * 150):
        as_guest(site, f"/polls/{poll['id']}/options", {"text": text})
    await expect(panel.get_by_role("button", name="Approve")).to_have_count(2)
    await panel.get_by_role("button", name="Approve").first.focus()
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Pin")).to_have_count(1)
    # The next suggestion has taken the place of the one that was approved.
    assert await page.evaluate("document.activeElement.textContent") == "Approve"
    await panel.get_by_role("button", name="Pin").focus()
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Unpin")).to_be_focused()
    await panel.get_by_role("button", name="Answered", exact=True).press("Enter")
    await expect(panel.get_by_role("button", name="Not answered")).to_be_focused()
    await expect(panel.get_by_text("pinned · answered")).to_be_visible()
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)
    await panel.get_by_role("button", name="Remove").press("Enter")
    await panel.get_by_text("Removed 1").click()
    await panel.get_by_role("button", name="Restore").click()
    await expect(panel.get_by_text("0 votes · pinned · answered")).to_be_visible()


async def test_a_host_decides_about_texts(visit: Visitor, site: Site, alice: Account) -> None:
    poll = make_poll(site, alice, "open_text", HELD)
    send(site, poll, "Two\nlines | and a bar")
    page = await open_panel(await visit(), alice, poll)
    panel = page.locator("#hosting")
    await panel.get_by_role("button", name="Approve").click()
    await expect(panel.get_by_text("Nothing waits for you.")).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("Approved.")
    send(site, poll, "Rude")
    await panel.get_by_role("button", name="Approve").wait_for()
    await assert_accessible(page)
    # Of the one that waits, then of the one that is shown.
    await panel.get_by_role("button", name="Remove").first.click()
    await expect(panel.get_by_role("button", name="Approve")).to_have_count(0)
    await panel.get_by_role("button", name="Remove").click()
    await expect(panel.get_by_text("No answers are shown yet.")).to_be_visible()


async def test_a_host_decides_about_words_also_without_a_script(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice, "word_cloud", {})
    send(site, poll, "Tea", "Teas", "rude")
    person = await visit(device=SMALLEST)
    person.expected = {400}
    page = await open_panel(person, alice, poll)
    panel = page.locator("#hosting")
    await panel.get_by_label("Count").fill("teas")
    await panel.get_by_label("as", exact=True).fill("Tea")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_text("counts as")).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("Merged.")
    await panel.get_by_label("Count").fill("tea")
    await panel.get_by_label("as", exact=True).fill("teas")
    await panel.get_by_role("button", name="Merge").click()
    await expect(panel.get_by_text("A word can’t count as itself")).to_be_visible()
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)
    plain = await visit(java_script_enabled=False)
    page = await plain.sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    panel = page.locator("#hosting")
    await panel.get_by_role("listitem").filter(has_text="rude").get_by_role("button").click()
    await expect(page.get_by_text("Removed.")).to_be_visible()
    await expect(page.locator("#hosting").get_by_text("is removed")).to_be_visible()

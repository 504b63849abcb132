"""From requesting a report to opening the PDF, without a reload."""

import asyncio
from pathlib import Path

from playwright.async_api import Page, Route, expect

from tests.browser.browsing import (
    PHONE,
    Visit,
    assert_accessible,
    assert_no_sideways_scrolling,
)
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site


async def assert_good(page: Page) -> None:
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)


async def request_report(page: Page, poll_id: str) -> None:
    await page.goto(f"/manage/{poll_id}")
    await page.get_by_role("link", name="Create report").click()
    zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await expect(page.get_by_label("Time zone")).to_have_value(zone)
    await page.get_by_label("Format").select_option("pdf")
    await page.locator("select[name=language]").select_option("de")
    await assert_good(page)
    await page.get_by_role("button", name="Create report").click()


async def test_a_report_is_requested_followed_and_opened(
    visit: Visitor, site: Site, tmp_path: Path
) -> None:
    creator = site.register()
    with asking(site, creator) as poll:
        poll.vote(0)
        visitor: Visit = await visit(device=PHONE, timezone_id="Europe/Berlin")
        page = await visitor.sign_in(creator)
        await page.goto("/manage/jobs")
        await expect(page.get_by_text("No jobs yet")).to_be_visible()
        await assert_good(page)
        # Another page of the same person, which is not reloaded, and reads the list late, as can
        # happen anyway: the report is finished before it is shown there.
        other, is_finished = await visitor.open("/manage/jobs"), asyncio.Event()

        async def read_late(route: Route) -> None:
            await is_finished.wait()
            await route.continue_()

        await other.route("**/manage/jobs", read_late)
        await request_report(page, poll.id)
        await expect(page.locator(".job-state")).to_have_text("Finished")
        is_finished.set()
        await expect(other.locator("[data-job] .job-state")).to_have_text("Finished")
        await expect(other.locator("#announcer")).to_contain_text("Report: Finished")
        await assert_good(other)
        await assert_good(page)
        async with page.expect_download() as begun:
            await page.get_by_role("link", name="Download").click()
        download = await begun.value
        assert download.suggested_filename.endswith(".pdf")
        saved = tmp_path / "report.pdf"
        await download.save_as(saved)
        assert saved.read_bytes().startswith(b"%PDF-")
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No jobs yet")).to_be_visible()

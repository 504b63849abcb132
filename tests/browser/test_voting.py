"""Voting on phones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.ballots import cast, choose, is_counted, is_live, shows, take_back
from tests.browser.browsing import (
    PHONE,
    Device,
    assert_accessible,
    assert_no_sideways_scrolling,
    until,
)
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site

SMALL_PHONE = Device("small phone", 320, 568, is_touched=True)


def soon(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


async def test_three_phones_vote_and_each_sees_the_others(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        pages = [await (await visit(device=PHONE)).open(poll.path) for _ in range(3)]
        for page, option in zip(pages, ["Tea", "Tea", "Water"], strict=True):
            await cast(page, option)
        for page in pages:
            await is_counted(page)
            await shows(page, "67%", "0%", "33%")
            await expect(page.locator("#total")).to_have_text("3 people voted")
        assert poll.counts() == [2, 0, 1]


async def test_a_vote_is_changed_and_taken_back(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True, resultsVisibility="after_vote") as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await expect(page.get_by_text("Results appear after you vote.")).to_be_visible()
        await cast(page, "Tea")
        await is_counted(page)
        await shows(page, "100%", "0%", "0%")
        await page.get_by_role("link", name="Change").click()
        await expect(page.get_by_role("radio", name="Tea")).to_be_focused()
        await cast(page, "Coffee")
        await is_counted(page)
        await shows(page, "0%", "100%", "0%")
        await take_back(page)
        await expect(page.get_by_role("button", name="Vote", exact=True)).to_be_visible()
        await shows(page, "", "", "")
        assert poll.counts() == [0, 0, 0]


async def test_a_final_vote_offers_no_change(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await cast(page, "Tea")
        await is_counted(page)
        await expect(page.locator("#changing")).to_be_hidden()


async def test_choosing_too_many_options_is_prevented(visit: Visitor, site: Site) -> None:
    with asking(site, kind="multiple", maxChoices=2) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await page.locator("#cast").click()
        await expect(page.get_by_role("alert")).to_have_text("Choose an option first.")
        await choose(page, "Tea", "Coffee")
        await expect(page.locator("#chosen")).to_have_text("2 of 2 chosen")
        await choose(page, "Water")
        await expect(page.locator("#chosen")).to_contain_text("You’ve reached the limit.")
        await page.locator("#cast").click()
        await is_counted(page)
        assert poll.counts() == [1, 1, 0]


# Reloads and tabs


async def test_a_reload_changes_nothing(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await cast(page, "Tea")
        await is_counted(page)
        await page.reload()
        await is_counted(page)
        await expect(page.locator(".bar-yours .bar-label")).to_have_text("Tea")
        assert poll.counts() == [1, 0, 0]


async def test_another_tab_shows_the_vote(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        phone = await visit(device=PHONE)
        first, second = await phone.open(poll.path), await phone.open(poll.path)
        await cast(first, "Tea")
        await is_counted(second)


# The life of a poll, while somebody looks


async def test_a_scheduled_poll_opens_by_itself(visit: Visitor, site: Site) -> None:
    with asking(site, opensAt=soon(hours=1)) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await expect(page.get_by_text("Voting opens in")).to_be_visible()
        await expect(page.locator("#cast")).to_be_hidden()
        await is_live(page)
        poll.api.patch(f"/polls/{poll.id}", json={"opensAt": None}).raise_for_status()
        await cast(page, "Tea")
        await is_counted(page)


@pytest.mark.parametrize(
    ("deadline", "before", "after"),
    [("opensAt", "Not open yet", "Open"), ("closesAt", "Open", "Closed")],
)
async def test_a_deadline_counts_from_the_moment_it_passes(
    visit: Visitor, site: Site, deadline: str, before: str, after: str
) -> None:
    times: dict[str, Any] = {deadline: soon(minutes=30)}
    with asking(site, **times) as poll:
        phone = await visit(device=PHONE)
        await phone.context.clock.install()
        page = await phone.open(poll.path)
        await phone.context.clock.fast_forward("29:20")
        await is_live(page)
        await expect(page.locator("#badge")).to_have_text(before)
        # In steps too short for the line to be tried anew, and without an event from the server,
        # which keeps a clock of its own.
        for _ in range(3):
            await phone.context.clock.fast_forward(15_000)
        await expect(page.locator("#badge")).to_have_text(after)


async def test_closing_ends_voting_everywhere(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True) as poll:
        voted, undecided = [await (await visit(device=PHONE)).open(poll.path) for _ in range(2)]
        await cast(voted, "Tea")
        await is_counted(voted)
        await choose(undecided, "Water")
        poll.move("close")
        for page in (voted, undecided):
            await expect(page.locator("#badge")).to_have_text("Closed")
            await expect(page.locator("#cast")).to_be_hidden()
            await expect(page.locator("#changing")).to_be_hidden()
            await shows(page, "100%", "0%", "0%")
        await is_counted(voted)
        await expect(undecided.locator("#announcer")).to_have_text("The poll is closed.")
        poll.move("reopen")
        await cast(undecided, "Water")
        await is_counted(undecided)


async def test_a_deleted_poll_disappears_from_the_page(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await is_live(page)
        poll.delete()
        await expect(
            page.get_by_role("heading", name="This poll is no longer available")
        ).to_be_focused()
        await assert_accessible(page)


async def test_edited_options_reload_the_page(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await is_live(page)
        body = {"options": ["Juice", "Milk"], "question": "Juice or milk?"}
        poll.api.patch(f"/polls/{poll.id}", json=body).raise_for_status()
        await expect(page.locator(".bar-label")).to_have_text(["Juice", "Milk"])
        await expect(page.get_by_role("heading", name="Juice or milk?")).to_be_visible()


# Hostile texts

HOSTILE = [
    "<script>document.title = 'pwned'</script>",
    '"><img src=x onerror="document.title = \'pwned\'">',
    "OneWordThatNeverEnds" * 9,
    "مرحبا בוקר טוב 🤷" + "🗳️" * 20,
    "x" + "\u0301" * 60,
]


@pytest.mark.parametrize("device", [SMALL_PHONE, PHONE])
async def test_hostile_text_is_escaped(visit: Visitor, site: Site, device: Device) -> None:
    question = "</script><script>document.title = 'pwned'</script>" + "Longest" * 60
    with asking(site, question=question, options=HOSTILE) as poll:
        page = await (await visit(device=device)).open(poll.path)
        await cast(page, "OneWord")
        await is_counted(page)
        await assert_no_sideways_scrolling(page)
        assert await page.locator("h1").text_content() == question
        assert await page.locator(".bar-label").all_text_contents() == HOSTILE
        assert "pwned" not in (await page.title()).partition("</script>")[0]
        assert await page.evaluate("document.images.length") == 0
        assert await page.locator("h1").get_attribute("dir") == "auto"


# Everyone


async def test_every_state_is_accessible(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True, closesAt=soon(minutes=4)) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await is_live(page)
        await assert_accessible(page)
        await page.locator("#cast").click()
        await assert_accessible(page)
        await cast(page, "Tea")
        await is_counted(page)
        await page.get_by_text("Show as table").click()
        await page.get_by_text("Add your name").click()
        await assert_accessible(page)
        poll.move("close")
        await expect(page.locator("#badge")).to_have_text("Closed")
        await assert_accessible(page)


async def test_voting_works_by_keyboard_alone(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True) as poll:
        page = await (await visit()).open(poll.path)
        await is_live(page)
        await page.get_by_role("radio", name="Tea").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await is_counted(page)
        # The focus goes on from where the vote was.
        await expect(page.locator("#counted")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await is_counted(page)
        assert poll.counts() == [0, 0, 1]


async def test_screen_readers_get_summaries_and_a_table(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit()).open(poll.path)
        await is_live(page)
        await page.get_by_text("Show as table").click()
        for position in (0, 0, 1):
            poll.vote(position)
        cells = page.get_by_role("row", name="Tea").get_by_role("cell")
        await expect(cells).to_have_text(["2", "66.7%"])
        await expect(page.locator("#announcer")).to_have_text(
            "3 people voted. Tea: 67% Coffee: 33% Water: 0%", timeout=15_000
        )


async def test_a_guest_can_set_a_name(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE)).open(poll.path)
        await page.get_by_text("Add your name").click()
        await page.get_by_label("Your name").fill("Zoë")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#name-shown")).to_have_text("Zoë")
        await page.reload()
        await expect(page.locator("#name-shown")).to_have_text("Zoë")


async def test_voting_works_without_a_script(visit: Visitor, site: Site) -> None:
    with asking(site, allowChange=True) as poll:
        page = await (await visit(device=PHONE, java_script_enabled=False)).open(poll.path)
        await cast(page, "Coffee")
        await is_counted(page)
        await shows(page, "0%", "100%", "0%")
        await page.get_by_role("link", name="Change").click()
        await cast(page, "Tea")
        await is_counted(page)
        await take_back(page)
        await expect(page.get_by_text("Your vote has been taken back.")).to_be_visible()
        assert poll.counts() == [0, 0, 0]


async def test_arabic_pages_are_right_to_left(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(device=PHONE, locale="ar")).open(poll.path)
        await cast(page, "Tea")
        await expect(page.locator("#counted")).to_be_visible()
        assert await page.evaluate("document.documentElement.dir") == "rtl"
        await assert_no_sideways_scrolling(page)


async def test_reduced_motion_is_respected(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit(reduced_motion="reduce")).open(poll.path)
        await is_live(page)
        duration = "getComputedStyle(document.querySelector('.bar-fill')).transitionDuration"
        await until(page, f"parseFloat({duration}) <= 0.001")

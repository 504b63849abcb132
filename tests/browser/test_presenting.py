"""``/present/<id>``: what the audience sees, and how it updates."""

import json
import re
from itertools import pairwise

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.browsing import (
    PHONE,
    PROJECTOR,
    Device,
    Visit,
    assert_accessible,
    assert_no_sideways_scrolling,
)
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site
from tests.browser.stage import SMALL_PROJECTOR, Stage, present

NO_NUMBERS = {"–"}


async def test_bars_reach_the_right_values_while_votes_come_in(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.shows(0, 0, 0)
        for position in (0, 0, 1):
            poll.vote(position)
        await stage.shows(2, 1, 0)
        await stage.shows_total(3)
        await expect(stage.page.locator("#results-table td")).to_have_text(
            ["2", "66.7%", "1", "33.3%", "0", "0%"]
        )
        seen = await stage.seen()
        assert seen.shares == pytest.approx([0.667, 0.333, 0])
        assert seen.values == ["67% 2", "33% 1", "0% 0"]
        assert await stage.page.title() == "(3) Tea or coffee? · Tallyroom"


async def test_the_audience_count_excludes_the_stage(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await expect(stage.page.locator("#watchers")).to_be_hidden()
        await (await visit(device=PHONE)).open(poll.path)
        await expect(stage.page.locator("#watchers")).to_have_text("1 watching")


async def test_hidden_results_are_nowhere_on_the_page(visit: Visitor, site: Site) -> None:
    labels = [f"Option {number}" for number in range(20)]
    with asking(site, options=labels) as poll:
        poll.vote(7)
        stage = await present(visit, poll)
        await expect(stage.page.locator(".bar-label").first).to_have_text("Option 7")
        await stage.press("h")
        await stage.says("Results hidden on this screen.")
        poll.vote(3)
        # That there are votes the room may know, though not for what.
        await stage.shows_total(2)
        seen = await stage.seen()
        assert set(seen.shares) == {0}
        assert set(seen.values) == {""}
        assert set(seen.table) == NO_NUMBERS
        # Not even by their order.
        assert seen.labels == labels
        await expect(stage.page.locator("#hidden-note")).to_have_text("Results hidden")
        assert "%" not in await stage.page.inner_text("body")
        await stage.press("h")
        await expect(stage.page.locator(".bar-count").nth(1)).to_have_text("1")


async def test_hidden_results_stay_hidden_after_a_reload(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        poll.vote(1)
        stage = await present(visit, poll)
        await stage.press("h")
        await stage.says("Results hidden on this screen.")
        answer = await stage.page.reload()
        assert answer is not None
        assert "100%" not in await answer.text()
        await stage.is_live()
        await stage.shows_total(1)
        assert set((await stage.seen()).table) == NO_NUMBERS


async def test_results_hidden_from_voters_are_hidden_by_default(visit: Visitor, site: Site) -> None:
    with asking(site, resultsVisibility="after_close") as poll:
        poll.vote(1)
        stage = await present(visit, poll)
        await stage.shows_total(1)
        assert set((await stage.seen()).table) == NO_NUMBERS
        poll.move("close")
        await stage.is_in("closed")
        assert set((await stage.seen()).table) == NO_NUMBERS
        await expect(stage.page.locator("#note")).to_be_empty()


async def test_the_winner_is_marked_when_the_poll_closes(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        for position in (1, 1, 0):
            poll.vote(position)
        stage = await present(visit, poll)
        poll.move("close")
        await stage.is_in("closed")
        await expect(stage.page.locator(".bar-leads .bar-label")).to_have_text(["Coffee"])
        await expect(stage.page.locator(".bar-mark")).to_have_text(["Most votes"])
        await expect(stage.page.locator("#note")).to_have_text("Most votes: Coffee")
        poll.move("reopen")
        await stage.is_in("open")
        await expect(stage.page.locator(".bar-mark")).to_have_count(0)


async def test_a_tie_is_shown_as_a_tie(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        poll.vote(0)
        poll.vote(2)
        poll.move("close")
        stage = await present(visit, poll)
        await expect(stage.page.locator(".bar-mark")).to_have_text(["Tied", "Tied"])
        await expect(stage.page.locator("#note")).to_have_text("2 options are tied")


async def test_a_poll_that_is_deleted_leaves_the_stage(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        poll.delete()
        await expect(
            stage.page.get_by_role("heading", name="This poll is no longer available")
        ).to_be_visible()


async def test_the_stage_shows_the_connection_state_and_catches_up(
    visit: Visitor, site: Site
) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.page.context.set_offline(True)
        await expect(stage.page.locator("#connection")).to_have_text("Offline")
        poll.vote(2)
        await stage.page.context.set_offline(False)
        await stage.is_live()
        await stage.shows(0, 0, 1)


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "W" * 200,
    "السلام عليكم ورحمة الله وبركاته، " * 5 + "!",
    "\u200f" + "🎉" * 60,
]


@pytest.mark.parametrize("device", [SMALL_PROJECTOR, PHONE])
async def test_hostile_text_is_escaped(visit: Visitor, site: Site, device: Device) -> None:
    question = "<script>alert(1)</script>" + "x" * 400
    with asking(site, question=question, options=HOSTILE) as poll:
        stage = await present(visit, poll, device=device)
        await expect(stage.page.locator("#question")).to_have_text(question)
        await assert_no_sideways_scrolling(stage.page)
        if device is not PHONE:
            assert await stage.overflowing() == []


@pytest.mark.parametrize("device", [SMALL_PROJECTOR, PROJECTOR])
async def test_any_number_of_options_fits_on_the_stage(
    visit: Visitor, site: Site, device: Device
) -> None:
    creator = site.register()
    page = await (await visit(device=device)).sign_in(creator)
    for count in (2, 5, 8, 9, 16, 17, 21, 33, 50):
        options = [f"Option number {number} of many" for number in range(count)]
        with asking(site, creator, options=options) as poll:
            poll.vote(count - 1)
            stage = Stage(page, poll)
            for query in ("?results=shown", "?results=hidden"):
                await page.goto(f"/present/{poll.id}{query}")
                await stage.is_live()
                assert await stage.overflowing() == [], f"{count} options {query}"
                await assert_no_sideways_scrolling(page)


# How it moves

READABLE_FOR_MS = 70

# Notes every shift of the layout, and when a number is written.
NOTE_MOVES = """
() => {
  window.shifts = [];
  window.writes = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((e) => e.value)))
    .observe({ type: "layout-shift" });
  new MutationObserver(() => window.writes.push(performance.now()))
    .observe(document.querySelector(".bar-count"), { childList: true, characterData: true });
}
"""


def update_of(poll: Asked, version: int) -> str:
    """A tally of ``version`` votes, all for the first option, as it comes over a socket."""
    options = [
        {
            "id": option_id,
            "text": text,
            "voteCount": version * share,
            "percentage": 100.0 * share,
            "percentageOfVoters": 100.0 * share,
        }
        for option_id, text, share in zip(
            poll.option_ids, ("Tea", "Coffee", "Water"), (1, 0, 0), strict=True
        )
    ]
    tally = {
        "id": poll.id,
        "question": "Tea or coffee?",
        "totalVotes": version,
        "totalVoters": version,
        "options": options,
    }
    return json.dumps({"type": "vote-update", "version": version, "poll": tally})


async def test_hundreds_of_updates_at_once_neither_flicker_nor_get_lost(
    visit: Visitor, site: Site
) -> None:
    updates = 500
    lines: list[WebSocketRoute] = []

    def follow(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    with asking(site) as poll:
        person: Visit = await visit()
        stage = Stage(await person.sign_in(poll.creator), poll)
        await stage.page.route_web_socket(re.compile("/ws"), follow)
        await stage.page.goto(f"/present/{poll.id}")
        await stage.is_live()
        await stage.page.evaluate(NOTE_MOVES)
        for version in range(1, updates + 1):
            lines[-1].send(update_of(poll, version))
        await stage.shows(updates, 0, 0)
        # No more than that numbers grow towards the middle.
        assert sum(await stage.page.evaluate("window.shifts")) < 0.001
        # What nobody could read is not written.
        times_ms = await stage.page.evaluate("window.writes")
        assert times_ms
        assert all(later - earlier > READABLE_FOR_MS for earlier, later in pairwise(times_ms))
        assert await stage.page.title() == f"({updates}) Tea or coffee? · Tallyroom"


async def test_reduced_motion_draws_bars_at_once(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        poll.vote(0)
        stage = await present(visit, poll, reduced_motion="reduce")
        await stage.shows(1, 0, 0)
        moving = "document.getAnimations().filter((each) => each.playState === 'running').length"
        assert await stage.page.evaluate(moving) == 0


# For everybody


async def test_the_stage_is_accessible_in_every_state(visit: Visitor, site: Site) -> None:
    with asking(site, isPublished=False) as poll:
        stage = await present(visit, poll, reduced_motion="reduce")
        await assert_accessible(stage.page)
        poll.move("publish")
        await stage.is_in("open")
        poll.vote(0)
        await stage.shows(1, 0, 0)
        await assert_accessible(stage.page)
        await stage.press("t")
        await assert_accessible(stage.page)
        await stage.press("t", "r")
        await expect(stage.page.locator("#replay")).to_be_visible()
        await assert_accessible(stage.page)
        await stage.press("Escape", "h")
        await assert_accessible(stage.page)
        await stage.press("?")
        await assert_accessible(stage.page)
        await stage.press("Escape", "h", "c")
        await stage.is_in("closed")
        await assert_accessible(stage.page)


async def test_summaries_are_announced_to_screen_readers(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        for position in (0, 1, 0):
            poll.vote(position)
        await stage.shows(2, 1, 0)
        announcer = stage.page.locator("#announcer")
        await expect(announcer).to_have_text(
            "3 people voted. Tea: 67%. Coffee: 33%. Water: 0%", timeout=20_000
        )

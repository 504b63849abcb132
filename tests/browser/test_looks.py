"""The layout of pages with long texts and many options."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.browsing import PROJECTOR, Device
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import SMALL_PROJECTOR, present

SMALLEST = Device("smallest", 320, 640)
GERMAN = "Donaudampfschifffahrtsgesellschaftskapitän oder Rechtsschutzversicherung?"
ARABIC = "هل تفضّل القهوة أم الشاي؟"
LONG = (
    "The committee proposes that the budget for the year 2027 be raised by three percent "
    "in order to fund the library, as decided in "
)
# Each label that is seen as a whole, and what part of its track each bar takes.
LABELS = """
() => [...document.querySelectorAll(".stage .bar-label")].map((label) => ({
  text: label.textContent,
  isCut: label.scrollHeight > label.clientHeight + 1 || label.scrollWidth > label.clientWidth + 1,
}))
"""
PARTS = """
() => [...document.querySelectorAll(".bar-track")].map((track) => {
  const fill = track.querySelector(".bar-fill").getBoundingClientRect();
  return fill.width / track.getBoundingClientRect().width;
})
"""
TRACKS = """
() => [...new Set([...document.querySelectorAll(".bar-track")].map((track) =>
  Math.round(track.getBoundingClientRect().width)))]
"""
SETTLED = """
() => Promise.all(document.getAnimations()
  .filter((each) => each instanceof CSSTransition).map((each) => each.finished))
"""
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
START = "(selector) => getComputedStyle(document.querySelector(selector)).textAlign"


async def parts(page: Page) -> list[float]:
    await page.evaluate(SETTLED)
    found: list[float] = await page.evaluate(PARTS)
    return found


async def test_bars_are_as_long_as_their_shares_on_every_page(visit: Visitor, site: Site) -> None:
    with asking(site, options=[f"Option {number}" for number in range(50)]) as poll:
        for position in (0, 0, 1, 1, 2):
            poll.vote(position)
        expected = [0.4, 0.4, 0.2] + [0.0] * 47
        stage = await present(visit, poll, device=PROJECTOR)
        assert await parts(stage.page) == pytest.approx(expected, abs=0.002)
        # The same share has the same length in each column.
        assert len(await stage.page.evaluate(TRACKS)) == 1
        voter = await (await visit()).open(poll.path)
        assert await parts(voter) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("count", [3, 12, 50])
async def test_options_that_begin_alike_are_distinguishable_on_stage(
    visit: Visitor, site: Site, count: int
) -> None:
    texts = [f"{LONG}meeting {number}" for number in range(1, count + 1)]
    with asking(site, options=texts) as poll:
        poll.vote(0)
        stage = await present(visit, poll, device=SMALL_PROJECTOR)
        labels: list[dict[str, Any]] = await stage.page.evaluate(LABELS)
        assert [label["text"] for label in labels if label["isCut"]] == []
        assert len({label["text"] for label in labels}) == count
        assert {label["text"].rpartition(" ")[2] for label in labels} == {
            str(number) for number in range(1, count + 1)
        }


async def test_nothing_overflows_on_the_smallest_phone(visit: Visitor, site: Site) -> None:
    creator = site.register()
    with asking(site, creator, question=GERMAN, options=[GERMAN[:42], ARABIC]) as poll:
        visitor = await visit(device=SMALLEST)
        page = await visitor.sign_in(creator)
        results = f"/manage/{poll.id}"
        for path in ("/manage", results, f"{results}/share", f"{results}/edit", poll.path):
            await page.goto(path)
            assert await page.evaluate(SIDEWAYS) <= 0, path
        await page.goto(f"{results}/share")
        link = page.locator("#share-url")
        assert (await link.inner_text()).endswith(poll.path)
        assert await link.evaluate("(each) => each.scrollWidth <= each.clientWidth")


async def test_arabic_text_is_aligned_like_the_page(visit: Visitor, site: Site) -> None:
    with asking(site, question=ARABIC, options=[ARABIC, "Tea"]) as poll:
        page = await (await visit()).open(poll.path)
        for selector in ("#question", ".bar-label"):
            assert await page.evaluate(START, selector) in {"left", "-webkit-left", "start"}
            box = await page.evaluate(
                "(selector) => { const range = document.createRange();"
                " range.selectNodeContents(document.querySelector(selector));"
                " return range.getBoundingClientRect().left -"
                " document.querySelector(selector).getBoundingClientRect().left; }",
                selector,
            )
            assert abs(box) < 2, selector

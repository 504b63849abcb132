"""The presenter's stage as the audience sees it."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.browsing import Device, Visit, until
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked

SMALL_PROJECTOR = Device("small-projector", 1280, 720)

# What the room can make out: texts that are seen, and the lengths of bars.
SEEN = """
() => ({
  labels: [...document.querySelectorAll(".bar-label")].map((label) => label.textContent),
  values: [...document.querySelectorAll(".bar-value")].map((value) => value.innerText.trim()),
  shares: [...document.querySelectorAll(".bar-fill")].map((bar) => {
    return Number.parseFloat(bar.getAttribute("width")) / 100;
  }),
  table: [...document.querySelectorAll("#results-table td")].map((cell) => cell.textContent),
})
"""
# Nothing that should be on the stage hangs over its edge, or over what is next to it.
OVERFLOWING = """
() => {
  const edge = document.querySelector(".stage-results").getBoundingClientRect();
  const foot = document.querySelector(".stage-foot").getBoundingClientRect();
  const rows = [...document.querySelectorAll(".bar")].map((row) => row.getBoundingClientRect());
  const isOut = ({ left, right, top, bottom }) =>
    left < edge.left - 1 || right > edge.right + 1 ||
    top < edge.top - 1 || bottom > edge.bottom + 1;
  return [
    ...rows.filter(isOut).map((row) => `${row.top}-${row.bottom} in ${edge.top}-${edge.bottom}`),
    ...(foot.bottom > innerHeight + 1 ? [`the foot ends at ${foot.bottom}`] : []),
    ...(document.querySelector(".stage").scrollHeight > innerHeight + 1 ? ["it scrolls"] : []),
  ];
}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The visible results, and the table for screen readers."""

    labels: list[str]
    values: list[str]
    shares: list[float]
    table: list[str]


@dataclass(frozen=True, slots=True)
class Stage:
    """A presenter's page and its poll."""

    page: Page
    poll: Asked

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def until(self, expression: str) -> None:
        await until(self.page, expression)

    async def is_live(self) -> None:
        await expect(self.page.locator("#connection")).to_have_text("Live")

    async def shows(self, *counts: int) -> None:
        """Until the room sees these votes, one number for each option."""
        await expect(self.page.locator(".bar-count")).to_have_text([str(each) for each in counts])

    async def shows_total(self, total: int) -> None:
        await expect(self.page.locator("#total")).to_have_text(str(total))

    async def says(self, text: str) -> None:
        await expect(self.page.locator("#toast")).to_have_text(text)

    async def refuses(self, text: str) -> None:
        await expect(self.page.locator("#toast-error")).to_have_text(text)

    async def is_in(self, phase: str) -> None:
        await expect(self.page.locator("#stage")).to_have_attribute("data-phase", phase)

    async def seen(self) -> Seen:
        return Seen(**await self.page.evaluate(SEEN))

    async def overflowing(self) -> list[str]:
        found: list[str] = await self.page.evaluate(OVERFLOWING)
        return found


async def present(visit: Visitor, poll: Asked, query: str = "", **who: Any) -> Stage:
    """Presents the poll as its creator."""
    person: Visit = await visit(**who)
    stage = Stage(await person.sign_in(poll.creator), poll)
    await stage.page.goto(f"/present/{poll.id}{query}")
    await stage.is_live()
    return stage

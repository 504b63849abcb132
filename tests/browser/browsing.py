"""Browsers as people hold them, which notice whatever goes wrong on a page."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
    async_playwright,
)

from tests.browser.site import Account
from tests.processes import PATIENCE_S
from tools.services import find_binary

Scheme = Literal["light", "dark"]

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    # As a font server would: the same pixels everywhere.
    "--font-render-hinting=none",
]


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody looks at."""

    name: str
    width: int
    height: int
    is_touched: bool = False

    @property
    def viewport(self) -> ViewportSize:
        return {"width": self.width, "height": self.height}


PHONE = Device("phone", 360, 740, is_touched=True)
LAPTOP = Device("laptop", 1280, 800)
PROJECTOR = Device("projector", 1920, 1080)
DEVICES = (PHONE, LAPTOP, PROJECTOR)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """The installed Chromium, without a window.

    :raises MissingBinaryError: when there is none.
    """
    binary = find_binary("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@dataclass
class Visit:
    """One person's browser at the site; ``problems`` is what went wrong in it.

    Statuses that a test provokes are ``expected``; Chromium tells of them on its console.
    """

    context: BrowserContext
    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    async def open(
        self, path: str = "/", until: Literal["load", "domcontentloaded"] = "load"
    ) -> Page:
        """A new tab."""
        page = await self.context.new_page()
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", self._note_response)
        await page.goto(path, wait_until=until)
        return page

    async def sign_in(self, account: Account) -> Page:
        """A new tab, as ``account``."""
        page = await self.open("/sign-in")
        await page.locator("[name=email]").fill(account.email)
        await page.locator("[name=password]").fill(account.password)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page

    def assert_nothing_went_wrong(self) -> None:
        assert self.problems == []

    def _note_message(self, message: ConsoleMessage) -> None:
        """Violations of the Content-Security-Policy are told here, too."""
        # Answers are noted by their status, and a cut line is what some tests are about.
        if message.type == "error" and not message.text.startswith(
            ("Failed to load resource", "WebSocket connection to")
        ):
            self.problems.append(f"console: {message.text}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"{response.status}: {response.url}")


@asynccontextmanager
async def visiting(
    chromium: Browser,
    url: str,
    *,
    device: Device = LAPTOP,
    scheme: Scheme = "light",
    locale: str = "en",
    **options: Any,
) -> AsyncIterator[Visit]:
    """A browser with nothing in it yet; ``options`` are those of Playwright's ``new_context``."""
    context = await chromium.new_context(
        base_url=url,
        viewport=device.viewport,
        is_mobile=device.is_touched,
        has_touch=device.is_touched,
        color_scheme=scheme,
        locale=locale,
        **options,
    )
    yield Visit(context)
    await context.close()


async def until(page: Page, expression: str) -> None:
    """Returns as soon as the JavaScript is true on the page.

    (Playwright's own ``wait_for_function`` needs ``eval``, which the site's policy forbids.)
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await page.evaluate(f"() => Boolean({expression})"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {expression}") from None


async def assert_accessible(page: Page, rules: Sequence[str] = AXE_TAGS) -> None:
    """axe-core finds nothing on the page as it stands; ``rules`` are ids or tags of its rules."""
    # Past the page's Content-Security-Policy, which would keep it out.
    await page.evaluate(AXE.read_text())
    result: Mapping[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
    )
    found = [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        f" — {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)


async def assert_no_sideways_scrolling(page: Page) -> None:
    """Nothing on the page is wider than the window."""
    overflow_px: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow_px <= 0, f"{page.url} is {overflow_px} px too wide"

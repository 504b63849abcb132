"""Browsers on a phone, a laptop and a projector, which record every error of a page."""

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
# The rules of these tags that depend on the colour scheme.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
# Not waited for: in a closed <details> a transition never ends.
FINISH_ANIMATIONS = """
() => document.getAnimations()
  .filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime))
  .forEach((each) => each.finish())
"""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    # The same pixels on every machine.
    "--font-render-hinting=none",
]


@dataclass(frozen=True, slots=True)
class Device:
    """A screen."""

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
    """Runs the installed Chromium, headless.

    :raises MissingBinaryError: when there is none.
    """
    binary = find_binary("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@dataclass
class Visit:
    """A person's browser; ``problems`` are the errors in it.

    Error statuses that a test provokes are ``expected``; Chromium logs them to the console.
    """

    context: BrowserContext
    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    async def open(
        self, path: str = "/", until: Literal["load", "domcontentloaded"] = "load"
    ) -> Page:
        """Opens a new tab."""
        page = await self.context.new_page()
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", self._note_response)
        await page.goto(path, wait_until=until)
        return page

    async def sign_in(self, account: Account) -> Page:
        """Opens a new tab, signed in as ``account``."""
        page = await self.open("/sign-in")
        await page.locator("[name=email]").fill(account.email)
        await page.locator("[name=password]").fill(account.password)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page

    def assert_nothing_went_wrong(self) -> None:
        # This module's assertions are not rewritten, so they need the message.
        assert not self.problems, self.problems

    def _note_message(self, message: ConsoleMessage) -> None:
        """Records console errors, which include violations of the Content-Security-Policy."""
        # Responses are recorded by status, and some tests cut the connection.
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
    """Opens an empty browser; ``options`` go to Playwright's ``new_context``."""
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
    """Waits until the JavaScript expression is true on the page.

    While it throws, because an element or a value is not there yet, it is not true. (Playwright's
    own ``wait_for_function`` needs ``eval``, which the site's policy forbids.)
    """
    body = f"try {{ return Boolean({expression}) }} catch (error) {{ return String(error) }}"
    value: bool | str = False
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (value := await page.evaluate(f"() => {{ {body} }}")) is not True:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {expression} ({value})") from None


async def assert_accessible(page: Page) -> None:
    """axe-core finds no violation on the page, in the light and in the dark colour scheme."""
    await assert_no_violations(page, AXE_TAGS)
    await page.emulate_media(color_scheme="dark")
    await assert_no_violations(page, COLOUR_RULES)
    await page.emulate_media(color_scheme="light")
    await page.evaluate(FINISH_ANIMATIONS)


async def assert_no_violations(page: Page, rules: Sequence[str]) -> None:
    """axe-core finds no violation of ``rules``, which are ids or tags of its rules."""
    if not await page.evaluate("'axe' in window"):
        # Evaluated, not loaded: the page's Content-Security-Policy would block it.
        await page.evaluate(AXE.read_text())
    result: Mapping[str, Any] = await page.evaluate(
        # While it fades in, text has little contrast.
        f"rules => {{ ({FINISH_ANIMATIONS})();"
        " return axe.run(document, {runOnly: rules, resultTypes: ['violations']}) }",
        rules,
    )
    found = [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        f" — {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)


async def assert_no_sideways_scrolling(page: Page) -> None:
    """Nothing on the page is wider than the viewport."""
    overflow_px: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow_px <= 0, f"{page.url} is {overflow_px} px too wide"

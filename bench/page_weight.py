"""Measures the size of the voter's page and how soon a slow phone can vote, in Chromium.

    python -m bench.page_weight                    starts a site like `make run`
    python -m bench.page_weight URL [URL ...]      uses pages of a running site

Each page is loaded with an empty cache, on a processor four times slower than this machine's, at
400 kbit/s. Times count from the first byte of the page, so they exclude the distance to the server:

- *seen*: the first contentful paint; the form works without scripts
- *usable*: a script handles the form, so voting does not leave the page
- *ready*: all scripts of the page run
- *live*: the socket has delivered the first state
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page

from tests.browser.browsing import PHONE, running_chromium, visiting
from tests.browser.polls import asking
from tests.browser.site import running_site

RUNS = 9
CPU_SLOWDOWN = 4
BYTES_PER_S = 400_000 / 8
LIMIT_BYTES = 60_000
LIMIT_S = 1.0


@dataclass
class Weight:
    """The bytes transferred per URL, compressed, with headers."""

    bytes_by_url: dict[str, int] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes_by_url.values())

    def follow(self, session: CDPSession) -> None:
        session.on("Network.requestWillBeSent", self._note_request)
        session.on("Network.loadingFinished", self._note_bytes)

    def _note_request(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _note_bytes(self, event: dict[str, Any]) -> None:
        url = self.urls.get(event["requestId"], "?")
        self.bytes_by_url[url] = self.bytes_by_url.get(url, 0) + int(event["encodedDataLength"])


@dataclass(frozen=True, slots=True)
class Load:
    """One page load; times in seconds after the first byte."""

    weight: Weight
    seen_s: float
    usable_s: float
    ready_s: float
    live_s: float


async def measure(chromium: Browser, url: str, *, is_slow: bool = True) -> Load:
    """Loads a page with an empty cache."""
    async with visiting(chromium, url, device=PHONE) as visit:
        page = await visit.context.new_page()
        session = await visit.context.new_cdp_session(page)
        weight = Weight()
        weight.follow(session)
        await session.send("Network.enable")
        if is_slow:
            await _slow_down(session)
        await page.goto(url)
        await page.locator("#connection[data-state=live]").wait_for()
        live_ms: float = await page.evaluate("performance.now()")
        marks = await _marks(page)
        await page.wait_for_load_state("networkidle")
    first_byte_ms = marks["firstByte"]
    moments_ms = (marks["seen"], marks["usable"], marks["ready"], live_ms)
    return Load(weight, *((ms - first_byte_ms) / 1000 for ms in moments_ms))


async def _slow_down(session: CDPSession) -> None:
    await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    await session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": BYTES_PER_S,
            "uploadThroughput": BYTES_PER_S,
        },
    )


async def _marks(page: Page) -> dict[str, float]:
    marks: dict[str, float] = await page.evaluate(
        """() => ({
            firstByte: performance.getEntriesByType("navigation")[0].responseStart,
            seen: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            usable: performance.getEntriesByName("usable")[0].startTime,
            ready: performance.getEntriesByName("ready")[0].startTime,
        })"""
    )
    return marks


async def report(urls: Sequence[str]) -> None:
    async with running_chromium() as chromium:
        for url in urls:
            loads = [await measure(chromium, url) for _ in range(RUNS)]
            _print_weight(url, loads[-1].weight)
            for name in ("seen", "usable", "ready", "live"):
                times = [getattr(load, f"{name}_s") for load in loads]
                print(
                    f"  {name:>6}  {statistics.median(times):.2f} s"
                    f"  ({min(times):.2f} to {max(times):.2f} in {RUNS} loads)"
                )
            print(f"  wanted: under {LIMIT_BYTES:,} bytes, usable in under {LIMIT_S} s\n")


def _print_weight(url: str, weight: Weight) -> None:
    print(f"{url}\n  {weight.total_bytes:,} bytes in {len(weight.bytes_by_url)} answers:")
    for each, size in sorted(weight.bytes_by_url.items(), key=lambda item: -item[1]):
        print(f"  {size:>7,}  {each.rpartition('/')[2][:60]}")


@contextmanager
def _own_pages() -> Any:
    """Yields the URLs of an open poll with results, and of the longest possible poll."""
    with tempfile.TemporaryDirectory() as directory, running_site(Path(directory)) as site:
        options = [f"{number:02d} " + "many words " * 16 for number in range(50)]
        with asking(site) as usual, asking(site, options=options) as longest:
            yield [f"{site.url}{poll.path}" for poll in (usual, longest)]


def main() -> int:
    urls = sys.argv[1:]
    if urls:
        asyncio.run(report(urls))
        return 0
    with _own_pages() as own:
        asyncio.run(report(own))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The download size of the voter's page."""

from playwright.async_api import Browser

from bench.page_weight import LIMIT_BYTES, measure
from tests.browser.polls import asking
from tests.browser.site import Site


async def test_the_voters_page_is_light(chromium: Browser, site: Site) -> None:
    with asking(site) as poll:
        load = await measure(chromium, f"{site.url}{poll.path}", is_slow=False)
    assert load.weight.total_bytes < LIMIT_BYTES
    # All of it was counted: the page, its styles and scripts, and the guest it made.
    assert len(load.weight.bytes_by_url) > 10

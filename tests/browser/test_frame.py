"""What every page has around it."""

import pytest

from tests.browser.browsing import PHONE, Scheme, assert_accessible, assert_no_sideways_scrolling
from tests.browser.conftest import Visitor


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_home_page_is_accessible(visit: Visitor, scheme: Scheme) -> None:
    page = await (await visit(device=PHONE, scheme=scheme)).open("/")
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)

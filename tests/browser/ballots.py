"""Actions and expectations on the voter's page."""

from playwright.async_api import FrameLocator, Page, expect

COUNTED = "Your vote has been counted"


async def is_live(page: Page) -> None:
    await expect(page.locator("#connection")).to_have_text("Live")


async def choose(page: Page, *options: str) -> None:
    for option in options:
        await page.locator(".choice", has_text=option).click()


async def cast(page: Page, *options: str) -> None:
    """Chooses these options and sends the ballot."""
    await choose(page, *options)
    await page.locator("#cast").click()


async def is_counted(page: Page) -> None:
    await expect(page.get_by_text(COUNTED, exact=True)).to_be_visible()


async def shows(page: Page, *percentages: str) -> None:
    """The bars show these percentages."""
    await expect(page.locator(".bar-percentage")).to_have_text(list(percentages))


async def take_back(page: Page | FrameLocator) -> None:
    # By a key: a press at the place of the one before is ignored for a moment.
    await page.get_by_role("link", name="Take back").press("Enter")
    await page.get_by_role("button", name="Take back vote").click()

"""Steps before and after a screenshot, such as opening a dialog and closing it."""

from playwright.async_api import Page


async def send_empty_form(page: Page) -> None:
    await page.locator("main form button:not([type=button])").first.click()
    await page.wait_for_load_state()


async def open_switcher(page: Page) -> None:
    await page.locator(".places-menu summary").click()


async def edit_together(page: Page) -> None:
    """Sends the form after somebody else has saved it, in another tab of the same browser."""
    other = await page.context.new_page()
    await other.goto(page.url)
    await page.get_by_role("textbox").first.fill("What should next year’s budget go to?")
    await other.locator("[name=allow_change]").click()
    await other.locator(".maker-foot button[value=save]").click()
    await other.wait_for_load_state()
    await other.close()
    await page.locator(".maker-foot button[value=save]").click()
    await page.wait_for_load_state()


async def open_share_dialog(page: Page) -> None:
    await page.locator("[data-dialog=share]").click()


async def be_live(page: Page) -> None:
    await page.locator("#connection[data-state=live]").wait_for()


async def choose_two(page: Page) -> None:
    for position in (0, 2):
        await page.locator(".choice").nth(position).click()


async def cast_vote(page: Page) -> None:
    await page.locator(".choice").nth(1).click()
    await page.locator("#cast").click()
    await page.locator("#counted").wait_for()
    # Wait for the numbers to include this vote.
    await page.wait_for_timeout(500)


async def cast_offline(page: Page) -> None:
    await be_live(page)
    await page.context.set_offline(True)
    await page.locator(".choice").nth(1).click()
    await page.locator("#cast").click()
    await page.locator("#kept").wait_for()


async def open_discussion(page: Page) -> None:
    await be_live(page)
    await page.locator("#discussion-toggle").click()
    await page.locator(".composer textarea").fill("Shall we begin? See https://example.org/agenda.")
    await page.keyboard.press("Enter")
    await page.locator(".message[data-message]").last.wait_for()


async def forget_vote(page: Page) -> None:
    await page.evaluate("localStorage.clear()")
    await page.close()
    await page.context.set_offline(False)


async def create_webhook(page: Page) -> None:
    await page.locator("[name=url]").fill("https://hooks.example.org/tallyroom")
    for event in ("poll.opened", "poll.closed", "tally.changed"):
        await page.locator(f"[value='{event}']").check()
    await page.locator("main form button").first.click()
    await page.locator("#secret").wait_for()


async def test_webhook(page: Page) -> None:
    await page.locator(".project-name a").first.click()
    await page.locator("form[action$='/test'] button").click()
    await page.locator(".webhook-deliveries").wait_for()


async def choose_dates(page: Page) -> None:
    await page.locator("[name=kind][value=dates]").check(force=True)

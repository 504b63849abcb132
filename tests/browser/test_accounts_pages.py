"""The home page and account pages in a browser: accessibility, keyboard, no script."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import (
    LAPTOP,
    PHONE,
    Device,
    assert_accessible,
    assert_no_sideways_scrolling,
)
from tests.browser.conftest import Visitor
from tests.browser.site import Site

PAGES = ["/", "/?code=000000", "/sign-in", "/register", "/reset", "/reset/sent", "/reset?token=x"]
NARROWEST = Device("narrowest", 320, 640, is_touched=True)


async def send_empty_form(page: Page) -> None:
    await page.locator("main form").first.evaluate("form => form.requestSubmit()")
    await page.wait_for_load_state()


async def test_pages_for_visitors_are_accessible(visit: Visitor) -> None:
    person = await visit(device=PHONE)
    for path in PAGES:
        page = await person.open(path)
        await assert_accessible(page)
        await assert_no_sideways_scrolling(page)
        await page.close()
    page = await person.open("/register")
    await send_empty_form(page)
    await expect(page.locator(".field-error")).to_have_count(3)
    await assert_accessible(page)


async def test_account_pages_are_accessible(visit: Visitor, site: Site) -> None:
    person = await visit()
    await assert_accessible(await person.sign_in(site.presenter))
    await assert_accessible(await person.open("/account"))


async def test_an_error_page_is_accessible(visit: Visitor) -> None:
    person = await visit()
    person.expected.add(404)
    page = await person.open("/nowhere")
    await expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize("language", ["de", "ar"])
async def test_other_languages_are_accessible_and_fit(
    visit: Visitor, site: Site, language: str
) -> None:
    person = await visit(device=NARROWEST, locale=language)
    for path in PAGES:
        page = await person.open(path)
        await assert_no_sideways_scrolling(page)
    await assert_accessible(page)
    await assert_no_sideways_scrolling(await person.sign_in(site.presenter))
    await assert_no_sideways_scrolling(await person.open("/account"))


async def press_to(page: Page, name: str) -> None:
    """Presses Tab until the thing of this name has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "() => { const it = document.activeElement;"
            " return (it.labels?.[0] || it).textContent.trim(); }"
        )
        if focused == name:
            return
    raise AssertionError(f"{name} can't be reached by keyboard")


async def test_an_account_is_created_and_used_by_keyboard_alone(visit: Visitor) -> None:
    page = await (await visit()).open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to content")).to_be_focused()
    await press_to(page, "Create an account")
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("Create an account · Tallyroom")
    await press_to(page, "Name")
    await page.keyboard.type("Kim Keyboard")
    await press_to(page, "Email")
    await page.keyboard.type("kim@example.org")
    await press_to(page, "Password")
    await page.keyboard.type("12345678")
    await page.keyboard.press("Enter")
    # Not that one: the focus is where to go on.
    await expect(page).to_have_title("Error: Create an account · Tallyroom")
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    await page.keyboard.type("correct horse battery")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="No polls yet")).to_be_visible()
    await press_to(page, "Kim Keyboard")
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("Your account · Tallyroom")
    await press_to(page, "Status message")
    await page.keyboard.type("On stage")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Status saved.")).to_be_visible()
    await press_to(page, "Sign out")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You’re signed out.")).to_be_visible()


async def test_a_password_is_shown_on_request(visit: Visitor) -> None:
    page = await (await visit()).open("/sign-in")
    password = page.get_by_label("Password", exact=True)
    await password.fill("secret words")
    await page.get_by_role("button", name="Show").click()
    await expect(password).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Hide").click()
    await expect(password).to_have_attribute("type", "password")


async def test_a_form_is_sent_once_however_often_it_is_clicked(visit: Visitor, site: Site) -> None:
    page = await (await visit()).open("/sign-in")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    await page.get_by_label("Email").fill(site.presenter.email)
    await page.get_by_label("Password", exact=True).fill(site.presenter.password)
    await page.evaluate(
        "() => { const button = document.querySelector('main form .button');"
        " button.click(); button.click(); }"
    )
    await expect(page.get_by_role("heading", name="Your polls")).to_be_visible()
    assert sent.count("POST") == 1


@pytest.mark.parametrize("device", [PHONE, LAPTOP])
async def test_everything_works_without_a_script(
    visit: Visitor, site: Site, device: Device
) -> None:
    person = await visit(device=device, java_script_enabled=False)
    page = await person.sign_in(site.presenter)
    await expect(page.get_by_role("heading", name="Your polls")).to_be_visible()
    await page.get_by_label("Join code").fill("000000")
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_text("No poll has this code")).to_be_visible()
    await page.get_by_role("button", name="Deutsch").click()
    await expect(page.get_by_role("heading", name="Deine Umfragen")).to_be_visible()


async def test_signing_out_everywhere_reaches_other_browsers(visit: Visitor, site: Site) -> None:
    account = site.register("Otto")
    here, elsewhere = await visit(), await visit()
    page = await here.sign_in(account)
    await elsewhere.sign_in(account)
    await page.goto("/account")
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_text("You’re signed out everywhere.")).to_be_visible()
    other = await elsewhere.open("/account")
    await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()

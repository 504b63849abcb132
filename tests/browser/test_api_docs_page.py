"""The interactive API documentation is accessible."""

from typing import Any

from playwright.async_api import expect

from tests.browser.browsing import assert_no_violations

Visitor = Any
# Swagger UI's colours, headings and landmarks are its own.
NAMES = [
    "html-has-lang", "html-lang-valid", "document-title", "label", "select-name", "button-name",
    "link-name",
]  # fmt: skip
# With a choice, with text and with a body.
OPERATIONS = ["Polls-listPolls", "Votes-exportResults", "Votes-castVote"]


async def test_the_page_has_a_language_and_names_its_controls(visit: Visitor) -> None:
    page = await (await visit()).open("/docs")
    for name in OPERATIONS:
        operation = page.locator(f"#operations-{name}")
        await operation.locator(".opblock-summary-control").click()
        await operation.locator(".try-out__btn").click()
        await expect(operation.locator(".execute")).to_be_visible()
    choice = page.get_by_role("combobox", name="format")
    await expect(choice).to_be_enabled()
    await assert_no_violations(page, NAMES)

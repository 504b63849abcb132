"""Actions and expectations in a discussion."""

from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

# The texts of the stored messages, in order.
TEXTS = """
() => [...document.querySelectorAll(".messages:not(.messages-pending) .message-body")]
  .map((body) => body.textContent)
"""


async def open_discussion(page: Page) -> None:
    await page.locator("#discussion-toggle").click()
    await expect(page.locator(".discussion-log")).to_be_visible()


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


def message(page: Page, text: str) -> Locator:
    body = page.locator(":scope > .message-body", has_text=text)
    return page.locator(".message[data-message]").filter(has=body)


async def texts(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(TEXTS)
    return found


async def shows(page: Page, *expected: str) -> None:
    """Exactly these messages are shown, none is pending."""
    await expect(page.locator(".message[data-message] > .message-body")).to_have_text(
        list(expected)
    )
    await expect(page.locator(".messages-pending .message")).to_have_count(0)


async def press_action(page: Page, text: str, action: str) -> None:
    """Opens the actions of a message, and presses one of them."""
    await message(page, text).hover()
    await message(page, text).locator(".message-more").click()
    actions = page.get_by_role("group", name="Actions")
    await actions.get_by_role("button", name=action, exact=True).click()


def room_of(api: httpx.Client, poll_id: str) -> str:
    room: dict[str, Any] = api.get(f"/polls/{poll_id}/room").raise_for_status().json()["room"]
    return str(room["id"])


def post(api: httpx.Client, room_id: str, body: str, **fields: Any) -> None:
    body_of = {"roomId": room_id, "body": body, **fields}
    api.post("/messages", json=body_of).raise_for_status()

"""The organiser's pages: creating polls, results, sharing, deleting."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import (
    PHONE,
    Visit,
    assert_accessible,
    assert_no_sideways_scrolling,
    until,
)
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site

Poll = dict[str, Any]

HOSTILE = '<script>document.title = "owned"</script> \u05d0\u0628 🧨 ' + "x" * 150


@pytest.fixture
def alice(site: Site) -> Account:
    return site.register("Alice")


def make_poll(site: Site, creator: Account, **fields: Any) -> Poll:
    body = {"question": "Tea?", "options": ["Yes", "No"], "isPublished": True, **fields}
    with site.api(creator) as api:
        poll: Poll = api.post("/polls", json=body).raise_for_status().json()["poll"]
    return poll


def vote(site: Site, poll: Poll, *positions: int) -> None:
    with site.api() as api:
        tokens = api.post("/auth/guest", json={}).json()["tokens"]
        api.post(
            f"/polls/{poll['id']}/vote",
            json={"pollOptionIds": [poll["options"][position]["id"] for position in positions]},
            headers={"Authorization": f"Bearer {tokens['accessToken']}"},
        ).raise_for_status()


async def options_in(page: Page) -> list[str]:
    values: list[str] = await page.eval_on_selector_all(
        "#options input[name=option]", "inputs => inputs.map((input) => input.value)"
    )
    return [value for value in values if value]


async def is_live(page: Page) -> None:
    await until(page, "document.querySelector('#connection')?.dataset.state === 'live'")


# Writing


async def test_a_poll_is_created_and_published_by_keyboard_alone(
    visit: Visitor, alice: Account
) -> None:
    person: Visit = await visit()
    page = await person.sign_in(alice)
    await page.goto("/manage/new")
    press = page.keyboard.press
    await page.get_by_label("Question", exact=True).focus()
    await page.keyboard.type("Where to?")
    await press("Tab")  # past the grip, which is for pointers, to the first option
    await page.keyboard.type("Sea")
    await press("Enter")
    await page.keyboard.type("Hills")
    await press("Enter")
    await page.keyboard.type("City")
    await press("Alt+ArrowUp")
    await press("Alt+ArrowUp")
    assert await options_in(page) == ["City", "Sea", "Hills"]
    assert await page.get_by_text("Moved to position 1 of 4.").count() == 1
    # The same with buttons: out of the field, past the first one's hidden "up", to its "down".
    await press("Tab")
    await press("Enter")
    assert await options_in(page) == ["Sea", "City", "Hills"]
    await page.get_by_role("button", name="Publish now").focus()
    await press("Enter")
    await page.wait_for_url("**/manage/*-*")
    assert await page.get_by_text("Poll published. Share it to collect votes.").is_visible()
    assert await page.locator("#poll .bar, .manage-results .bar-label").all_inner_texts() == [
        "Sea",
        "City",
        "Hills",
    ]


async def test_pasted_lines_become_options(visit: Visitor, alice: Account) -> None:
    page = await (await visit()).sign_in(alice)
    await page.goto("/manage/new")
    await page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "1. Tea\\r\\n- Coffee\\n\\n  Water  \\nJuice\\nMilk");
          document.querySelector("#options input[name=option]").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    assert await options_in(page) == ["Tea", "Coffee", "Water", "Juice", "Milk"]
    await until(page, "document.querySelectorAll('.phone-choice').length === 5")


async def test_options_are_dragged(visit: Visitor, alice: Account) -> None:
    page = await (await visit()).sign_in(alice)
    await page.goto("/manage/new")
    for position, text in enumerate(["A", "B", "C"]):
        await page.locator("#options input[name=option]").nth(position).fill(text)
    first = await page.locator("[data-grip]").nth(0).bounding_box()
    third = await page.locator("[data-grip]").nth(2).bounding_box()
    assert first
    assert third
    x, y = first["x"] + first["width"] / 2, first["y"] + first["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, third["y"] + third["height"] / 2 + 4, steps=12)
    await page.mouse.up()
    assert await options_in(page) == ["B", "C", "A"]


async def test_the_preview_shows_what_voters_will_see(visit: Visitor, alice: Account) -> None:
    page = await (await visit()).sign_in(alice)
    await page.goto("/manage/new")
    await page.get_by_label("Question", exact=True).fill(HOSTILE)
    await page.locator("#options input[name=option]").nth(0).fill(HOSTILE[:200])
    await page.get_by_label("Multiple choice").check()
    preview = page.locator("#preview")
    await until(page, "document.querySelectorAll('.phone-choice').length === 2")
    assert await preview.locator("[data-preview=question]").inner_text() == HOSTILE
    assert "Choose one or more options." in await preview.inner_text()
    assert not (await page.title()).startswith("owned")
    await assert_no_sideways_scrolling(page)


async def test_times_are_entered_and_shown_in_the_local_time_zone(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice, closesAt="2100-07-01T10:00:00Z")
    person: Visit = await visit(timezone_id="America/New_York")
    page = await person.sign_in(alice)
    await page.goto(f"/manage/{poll['id']}/edit")
    assert await page.get_by_label("Closes at").input_value() == "2100-07-01T06:00"
    assert await page.get_by_text("Your time zone: America/New York.").last.is_visible()
    await page.get_by_label("Closes at").fill("2100-07-01T08:30")
    await page.get_by_role("button", name="Save").last.click()
    await page.wait_for_url(f"**/manage/{poll['id']}")
    with site.api(alice) as api:
        stored = api.get(f"/polls/{poll['id']}").json()["poll"]["closesAt"]
    assert stored.startswith("2100-07-01T12:30:00")


@pytest.mark.parametrize(
    ("zone", "closes_at"),
    [
        ("Asia/Tokyo", "9999-12-31T23:59:59Z"),
        ("America/New_York", "9999-12-31T23:59:59Z"),
        ("Europe/Berlin", "2099-10-25T01:30:12Z"),
    ],
)
async def test_an_edge_case_time_is_kept_when_something_else_is_edited(
    visit: Visitor, site: Site, alice: Account, zone: str, closes_at: str
) -> None:
    poll = make_poll(site, alice, closesAt=closes_at)
    person: Visit = await visit(timezone_id=zone)
    page = await person.sign_in(alice)
    await page.goto(f"/manage/{poll['id']}/edit")
    await page.get_by_label("Question", exact=True).fill("Where to now?")
    await page.get_by_role("button", name="Save").last.click()
    await page.wait_for_url(f"**/manage/{poll['id']}")
    with site.api(alice) as api:
        stored = api.get(f"/polls/{poll['id']}").json()["poll"]
    assert (stored["question"], stored["closesAt"]) == ("Where to now?", closes_at)


async def test_a_poll_is_created_without_a_script(visit: Visitor, alice: Account) -> None:
    person: Visit = await visit(java_script_enabled=False)
    page = await person.sign_in(alice)
    await page.goto("/manage/new")
    await page.get_by_label("Question", exact=True).fill("Where to?")
    await page.get_by_label("Option 1", exact=True).fill("Sea")
    await page.get_by_label("Option 2", exact=True).fill("Hills")
    await page.get_by_role("button", name="Add option").click()
    await page.get_by_label("Option 8", exact=True).fill("City")
    await page.get_by_role("button", name="Move option 2 up").click()
    await page.get_by_role("button", name="Save as draft").click()
    assert await page.get_by_text("Saved as a draft").is_visible()
    assert await page.locator(".bar-label").all_inner_texts() == ["Hills", "Sea", "City"]


async def test_input_is_kept_after_a_concurrent_edit(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice)
    person: Visit = await visit()
    person.expected.add(412)
    page = await person.sign_in(alice)
    await page.goto(f"/manage/{poll['id']}/edit")
    with site.api(alice) as api:
        api.patch(f"/polls/{poll['id']}", json={"question": "Theirs?"}).raise_for_status()
    await page.get_by_label("Question", exact=True).fill("Mine?")
    await page.get_by_role("button", name="Save").last.click()
    assert await page.get_by_text("Someone else changed this poll").is_visible()
    assert await page.get_by_role("radio", name="Your version Mine?").is_checked()
    await assert_accessible(page)
    await page.get_by_role("button", name="Save this selection").click()
    await page.wait_for_url(f"**/manage/{poll['id']}")
    assert await page.locator("#question").inner_text() == "Mine?"


# Looking


async def test_bars_turnout_and_chart_move_while_people_vote(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice, kind="multiple", options=["Tea", "Coffee", "Water"])
    page = await (await visit()).sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    await is_live(page)
    assert await page.get_by_text("The chart starts with the first vote.").is_visible()
    vote(site, poll, 0, 1)
    vote(site, poll, 0)
    await until(page, "document.querySelector('#total').textContent === '3'")
    await until(page, "document.querySelector('#voters').textContent === '2'")
    await expect(page.locator("#results-table td.number").first).to_have_text("2")
    await until(page, "document.querySelectorAll('.chart-line').length >= 2")
    await until(page, "document.querySelectorAll('#timeline-rows tr').length >= 2")


async def test_closing_elsewhere_updates_the_page(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice)
    page = await (await visit()).sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    await is_live(page)
    with site.api(alice) as api:
        api.put(f"/polls/{poll['id']}/close").raise_for_status()
    await page.get_by_role("button", name="Reopen").wait_for()
    assert not await page.get_by_role("button", name="Close voting").is_visible()
    with site.api(alice) as api:
        api.delete(f"/polls/{poll['id']}").raise_for_status()
    await page.get_by_role("heading", name="This poll is no longer available").wait_for()
    # What the page does once a second, and whenever its line changes, it now leaves.
    await page.evaluate("() => new Promise((done) => setTimeout(done, 1100))")
    await page.context.set_offline(True)
    await page.evaluate("() => dispatchEvent(new Event('offline'))")


@pytest.mark.parametrize(
    ("button", "name", "start"),
    [
        ("CSV", "Tea-results.csv", b"\xef\xbb\xbf"),
        ("XLSX", "Tea-results.xlsx", b"PK"),
        ("JSON", "Tea-results.json", b"{"),
        ("PNG", "Tea-results.png", b"\x89PNG"),
    ],
)
async def test_results_are_exported(
    visit: Visitor, site: Site, alice: Account, button: str, name: str, start: bytes
) -> None:
    poll = make_poll(site, alice, options=["Yes", HOSTILE])
    vote(site, poll, 1)
    page = await (await visit()).sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    await is_live(page)
    exports = page.get_by_role("region", name="Export")
    async with page.expect_download() as waiting:
        await exports.get_by_text(button, exact=True).click()
    download = await waiting.value
    assert download.suggested_filename == name
    path = await download.path()
    assert path.read_bytes().startswith(start)


# Doing


async def test_the_share_dialog_copies_and_gives_the_focus_back(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice)
    person: Visit = await visit(permissions=["clipboard-read", "clipboard-write"])
    page = await person.sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    await page.get_by_role("link", name="Share").click()
    dialog = page.get_by_role("dialog")
    for label, expected in [
        ("Copy code", poll["joinCode"]),
        ("Copy link", f"/p/{poll['joinCode']}"),
        ("Copy embed code", f"/embed/{poll['id']}"),
    ]:
        button = dialog.get_by_label(label)
        await button.click()
        await until(page, "document.querySelector('dialog .is-done')")
        assert expected in await page.evaluate("navigator.clipboard.readText()")
        await until(page, "!document.querySelector('dialog .is-done')")
    await assert_accessible(page)
    async with page.expect_download() as waiting:
        await dialog.get_by_role("link", name="PNG").click()
    assert (await waiting.value).suggested_filename == f"Tea-{poll['joinCode']}.png"
    await page.keyboard.press("Escape")
    await until(page, "document.activeElement.dataset.dialog === 'share'")


async def test_deleting_is_confirmed_in_a_dialog(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice)
    page = await (await visit()).sign_in(alice)
    await page.goto(f"/manage/{poll['id']}")
    for answer in ("Cancel", "Delete permanently"):
        await page.locator("#poll summary").click()
        await page.get_by_role("link", name="Delete …").click()
        await page.get_by_role("dialog").get_by_text(answer).click()
        if answer == "Cancel":
            assert not await page.get_by_role("dialog").is_visible()
    await page.wait_for_url("**/manage")
    assert await page.get_by_text("Poll and votes deleted.").is_visible()


async def test_the_list_closes_reopens_and_duplicates(
    visit: Visitor, site: Site, alice: Account
) -> None:
    make_poll(site, alice)
    page = await (await visit()).sign_in(alice)
    await page.goto("/manage")
    for action, state in [("Close", "Closed"), ("Reopen", "Open")]:
        await page.locator("main li details[data-menu] summary").click()
        await page.get_by_role("button", name=action, exact=True).click()
        await page.wait_for_load_state()
        assert await page.locator("[data-badge]").inner_text() == state
    await page.locator("main li details[data-menu] summary").click()
    await page.get_by_role("button", name="Duplicate").click()
    await page.wait_for_url("**/edit")
    assert await page.get_by_label("Question", exact=True).input_value() == "Tea?"


async def test_every_page_is_accessible_with_any_text(
    visit: Visitor, site: Site, alice: Account
) -> None:
    poll = make_poll(site, alice, question=HOSTILE, options=[HOSTILE[:200], "No"])
    vote(site, poll, 0)
    make_poll(site, alice, isPublished=False)
    person: Visit = await visit(device=PHONE)
    page = await person.sign_in(alice)
    base = f"/manage/{poll['id']}"
    for path in (
        "/manage",
        "/manage?search=nothing",
        "/manage/new",
        base,
        f"{base}/edit",
        f"{base}/share",
        f"{base}/delete",
    ):
        await page.goto(path)
        await assert_accessible(page)
        await assert_no_sideways_scrolling(page)
        assert await page.title() != "owned"

"""The organiser's pages: creating and editing polls of every kind."""

from typing import Any

from playwright.async_api import FilePayload, Page

from tests.browser.browsing import Visit, assert_accessible, assert_no_sideways_scrolling, until
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.polls.pictures import picture_file

# By kind: the fields to fill, and words of the preview then. tests/web/test_manage_kinds.py saves
# them all; what a browser sends does not depend on the kind.
CASES: dict[str, tuple[dict[str, str], str]] = {
    "single": ({}, "Choose one option."),
    "multiple": ({"multiple-min_choices": "2"}, "Choose one or more options."),
    "rating": ({"rating-steps": "7"}, "Rate each statement."),
    "ranking": ({"ranking-places": "1"}, "Put the options in order."),
    "points": ({"points-total": "12"}, "Points to divide: 12."),
    "numeric": (
        {"numeric-max": "9.5", "numeric-step": "0.5"},
        "Enter a number from 0 to 9.5.",
    ),
    "word_cloud": ({"word_cloud-max_words": "2"}, "Words you can send: 2."),
    "open_text": ({"open_text-max_chars": "99"}, "Write up to 99 characters."),
    "questions": ({}, "Ask something"),
    "hotspot": ({"hotspot-max_places": "4"}, "Places you can mark: 4."),
}
WITHOUT_OPTIONS = {"numeric", "word_cloud", "open_text", "questions", "hotspot"}


async def choose(page: Page, kind: str) -> None:
    # By keyboard, as radio buttons are.
    await page.locator(f"[name=kind][value={kind}]").focus()
    await page.keyboard.press("Space")


async def add_days(page: Page) -> None:
    await page.locator("[name=dates-day]").first.fill("2100-12-01")
    await page.locator("[name=dates-start]").first.fill("09:00")
    await page.locator("[name=dates-first]").fill("2100-12-02")
    await page.locator("[name=dates-last]").fill("2100-12-03")
    await page.locator("#add-days").click()
    await page.get_by_role("button", name="Remove date 2").click()


async def add_pictures(page: Page) -> None:
    """Of the first option, whose places are limited, too."""
    await page.get_by_label("Options have pictures").check()
    await page.get_by_label("Places are limited").check()
    file: FilePayload = {"name": "tea.png", "mimeType": "image/png", "buffer": picture_file()}
    broken: FilePayload = {**file, "buffer": b"no picture"}
    picture = page.locator("#options [data-picture]").first
    await picture.locator("input[type=file]").set_input_files(broken)
    await picture.get_by_text("Choose a PNG, JPEG, WebP or GIF file.").wait_for()
    await picture.locator("input[type=file]").set_input_files(file)
    await picture.locator("img[src]").wait_for()
    await picture.get_by_label("What the picture shows").fill("A cup")
    await page.locator("[name=option_limit]").first.fill("3")


async def fill(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        is_select = await field.evaluate("(field) => field.localName === 'select'")
        await (field.select_option(value) if is_select else field.fill(value))


async def test_polls_of_each_kind_are_written(visit: Visitor, site: Site) -> None:
    alice = site.register("Alice")
    person: Visit = await visit(timezone_id="Europe/Berlin")
    # What is no picture.
    person.expected.add(400)
    page = await person.sign_in(alice)

    async def save() -> Any:
        await page.get_by_role("button", name="Save").last.click()
        await page.wait_for_url(lambda url: not url.endswith(("/new", "/edit")))
        with site.api(alice) as api:
            poll_id = page.url.rpartition("/")[2]
            return api.get(f"/polls/{poll_id}").raise_for_status().json()["poll"]

    await page.goto("/manage/new")
    await page.get_by_label("Question", exact=True).fill("Which one?")
    options = page.locator("#options [name=option]")
    for position, text in enumerate(["Tea", "Coffee"]):
        await options.nth(position).fill(text)
    for kind, (values, words) in CASES.items():
        await choose(page, kind)
        assert await options.first.is_visible() == (kind not in WITHOUT_OPTIONS)
        await fill(page, values)
        await until(page, f"document.getElementById('preview').innerText.includes('{words}')")
    await choose(page, "rating")
    await assert_accessible(page)
    await choose(page, "single")
    await add_pictures(page)
    poll = await save()
    assert poll["kind"] == "single"
    assert poll["options"][0]["limit"] == 3
    assert poll["options"][0]["picture"]["alt"] == "A cup"

    # To another kind, in the time zone of the browser.
    await page.goto(f"/manage/{poll['id']}/edit")
    await page.locator(".maker-kinds summary").click()
    await choose(page, "dates")
    await add_days(page)
    await assert_accessible(page)
    await assert_no_sideways_scrolling(page)
    poll = await save()
    starts = ["2100-12-01T08:00:00Z", "2100-12-03T08:00:00Z"]
    assert [slot["startsAt"] for slot in poll["settings"]["slots"]] == starts
    # Shown as it was entered, and saved unchanged.
    await page.goto(f"/manage/{poll['id']}/edit")
    assert await page.locator("[name=dates-start]").first.input_value() == "09:00"
    await page.get_by_label("Question", exact=True).fill("When then?")
    edited = await save()
    assert edited["question"] == "When then?"
    assert edited["settings"] == poll["settings"]

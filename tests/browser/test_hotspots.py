"""Hotspots in the browser: voting by pointer, keys and numbers, changing and presenting."""

from playwright.async_api import expect

from tests.browser.ballots import is_counted
from tests.browser.browsing import PHONE, assert_accessible
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import present
from tests.polls.pictures import picture_file

# How hot the field of the grid is that a place belongs to: its opacity on the canvas.
HEAT = """
([column, row]) => document.querySelector("canvas.spot-heat").getContext("2d")
  .getImageData(column, row, 1, 1).data[3]
"""


async def test_places_are_marked_moved_and_presented(visit: Visitor, site: Site) -> None:
    creator = site.register()
    with site.api(creator) as api:
        sent = api.post(
            "/pictures", content=picture_file((320, 180)), headers={"Content-Type": "image/png"}
        )
        picture = sent.raise_for_status().json()["picture"]
    fields = {"pictureId": picture["id"], "pictureAlt": "Red and blue", "allowChange": True}
    with asking(
        site, creator, kind="hotspot", options=[], settings={"maxPlaces": 2}, **fields
    ) as poll:
        stage = await present(visit, poll)
        phone = await (await visit(device=PHONE)).open(poll.path)
        frame = phone.locator("#spot-frame")
        await expect(frame.get_by_role("img", name="Red and blue")).to_be_visible()
        box = await frame.bounding_box()
        assert box is not None
        await frame.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
        mark = frame.get_by_role("button")
        await expect(mark).to_have_accessible_name(
            "Place 1: 25 percent from the left, 50 percent from the top"
        )
        await mark.press("ArrowRight")
        await mark.press("Shift+ArrowUp")
        said = "Place 1: 26 percent from the left, 45 percent from the top"
        await expect(phone.locator("#spot-status")).to_have_text(said)
        await assert_accessible(phone)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator("#spot-total")).to_have_text("1 place marked")
        await stage.until(f"({HEAT})([8, 8]) > 200")
        await phone.get_by_role("link", name="Change").click()
        await mark.press("Delete")
        await expect(mark).to_have_count(0)
        await phone.get_by_text("Enter places as numbers").click()
        for name, value in (("x-1", "75"), ("y-1", "10"), ("x-2", "5"), ("y-2", "90")):
            await phone.locator(f"[name={name}]").fill(value)
        await expect(mark).to_have_count(2)
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(stage.page.locator("#spot-total")).to_have_text("2 places marked")
        await stage.until(f"({HEAT})([8, 8]) === 0 && ({HEAT})([24, 1]) > 200")
        await expect(phone.locator("#spot-heat .spot-yours")).to_have_count(2)
        await assert_accessible(stage.page)

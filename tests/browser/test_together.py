"""An organiser, a presenter and a room of voters, each with a browser of their own."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.ballots import cast, is_counted, is_live
from tests.browser.browsing import LAPTOP, PHONE, PROJECTOR, Visit
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site

pytestmark = pytest.mark.both

CHOICES = ("Sea", "Hills", "Sea")


async def publish(visit: Visitor, organiser: Account) -> tuple[Page, str]:
    """Writes a poll at a desk and publishes it; the organiser's page of it, and its id."""
    person: Visit = await visit(device=LAPTOP)
    desk = await person.sign_in(organiser)
    await desk.goto("/manage/new")
    await desk.get_by_label("Question").fill("Where to?")
    fields = desk.locator("input[name=option]")
    for position, text in enumerate(("Sea", "Hills")):
        await fields.nth(position).fill(text)
    await desk.get_by_role("button", name="Publish now").click()
    await desk.wait_for_url("**/manage/*-*")
    return desk, desk.url.partition("/manage/")[2].partition("?")[0]


async def open_stage(visit: Visitor, organiser: Account, poll_id: str) -> Page:
    person: Visit = await visit(device=PROJECTOR)
    stage = await person.sign_in(organiser)
    await stage.goto(f"/present/{poll_id}")
    await is_live(stage)
    return stage


async def test_a_room_votes_and_the_wall_shows_it(visit: Visitor, site: Site) -> None:
    organiser = site.register()
    desk, poll_id = await publish(visit, organiser)
    stage = await open_stage(visit, organiser, poll_id)
    code = "".join(await stage.locator(".stage-code").inner_text()).replace(" ", "")
    room: list[Visit] = [await visit(device=PHONE) for _ in CHOICES]
    phones = [await person.open(f"/p/{code}") for person in room]
    for phone in phones:
        await is_live(phone)

    for phone, choice in zip(phones[:2], CHOICES, strict=False):
        await cast(phone, choice)
        await is_counted(phone)
    await expect(stage.locator(".bar-count")).to_have_text(["1", "1"])

    await room[2].context.set_offline(True)
    await expect(phones[2].locator("#connection")).to_have_text("Offline")
    await cast(phones[2], CHOICES[2])
    await expect(phones[2].locator("#kept")).to_be_visible()
    await room[2].context.set_offline(False)
    await is_counted(phones[2])
    await expect(stage.locator(".bar-count")).to_have_text(["2", "1"])
    await expect(stage.locator("#total")).to_have_text("3")

    await stage.get_by_role("button", name="Close voting").click()
    for page in (stage, *phones):
        await expect(page.get_by_text("Closed", exact=True).first).to_be_visible()
    for phone in phones:
        await expect(phone.locator("#cast")).to_be_hidden()
    await expect(desk.get_by_text("Closed", exact=True).first).to_be_visible()

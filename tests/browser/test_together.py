"""An organiser, a presenter and voters, each in their own browser."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.ballots import cast, is_counted, is_live
from tests.browser.browsing import LAPTOP, PHONE, PROJECTOR, Visit
from tests.browser.conftest import Visitor
from tests.browser.site import Account, Site

pytestmark = pytest.mark.both

CHOICES = ("Sea", "Hills", "Sea")


async def publish(visit: Visitor, organiser: Account) -> tuple[Page, str]:
    """Creates and publishes a poll; returns the organiser's page and the poll's id."""
    person: Visit = await visit(device=LAPTOP)
    manage = await person.sign_in(organiser)
    await manage.goto("/manage/new")
    await manage.get_by_label("Question", exact=True).fill("Where to?")
    fields = manage.locator("input[name=option]")
    for position, text in enumerate(("Sea", "Hills")):
        await fields.nth(position).fill(text)
    await manage.get_by_role("button", name="Publish now").click()
    await manage.wait_for_url("**/manage/*-*")
    return manage, manage.url.partition("/manage/")[2].partition("?")[0]


async def open_stage(visit: Visitor, organiser: Account, poll_id: str) -> Page:
    person: Visit = await visit(device=PROJECTOR)
    stage = await person.sign_in(organiser)
    await stage.goto(f"/present/{poll_id}")
    await is_live(stage)
    return stage


async def test_votes_from_phones_appear_on_stage(visit: Visitor, site: Site) -> None:
    organiser = site.register()
    manage, poll_id = await publish(visit, organiser)
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
    await expect(manage.get_by_text("Closed", exact=True).first).to_be_visible()

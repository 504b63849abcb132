"""Rooms in ``/manage``, and polls to vote on in their messages."""

from playwright.async_api import Page, expect

from tests.browser.browsing import (
    PHONE,
    Device,
    assert_accessible,
    assert_no_sideways_scrolling,
    until,
)
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Account, Site
from tests.browser.talks import message, post, press_action, say, shows

IS_AS_HIGH_AS_ITS_CONTENT = """(() => {
  const frame = document.querySelector(".card-frame");
  const content = frame.contentDocument.documentElement;
  return content.scrollHeight === frame.clientHeight && content.scrollWidth <= frame.clientWidth;
})()"""
SMALLEST = Device("smallest", 320, 640, is_touched=True)


async def create_room(visit: Visitor, owner: Account, name: str) -> Page:
    """Creates a room that is open to everyone; returns its page."""
    page: Page = await (await visit()).sign_in(owner)
    await page.goto("/manage")
    await page.get_by_role("link", name="Rooms").click()
    await page.get_by_role("link", name="New room").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Everyone with an account").check()
    await page.get_by_role("button", name="Create room").click()
    await expect(page.locator("#connection")).to_have_text("Live")
    return page


async def join_room(visit: Visitor, person: Account, name: str) -> Page:
    page: Page = await (await visit(device=PHONE)).sign_in(person)
    await page.goto(f"/manage/rooms?search={name}")
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("button", name="Join room").click()
    await expect(page.locator("#connection")).to_have_text("Live")
    return page


async def test_a_poll_in_a_message_is_voted_on_in_place(visit: Visitor, site: Site) -> None:
    ada, bob = site.register("Ada"), site.register("Bob")
    with asking(site, ada, allowChange=True) as poll:
        owner = await create_room(visit, ada, f"Kitchen {poll.join_code}")
        member = await join_room(visit, bob, poll.join_code)
        await owner.get_by_label("Attach a poll").select_option("Tea or coffee?")
        await say(owner, "Please vote!")
        await shows(member, "Please vote!")
        cards = [page.locator(".poll-card") for page in (owner, member)]
        await cards[1].get_by_role("button", name="Vote", exact=True).click()
        await expect(cards[1].get_by_role("alert")).to_have_text("Choose an option first.")
        await cards[1].get_by_role("radio", name="Coffee").check()
        await cards[1].get_by_role("button", name="Vote", exact=True).click()
        await expect(cards[1].get_by_text("Your vote has been counted")).to_be_visible()
        for card in cards:
            await expect(card.locator(".bar-percentage")).to_have_text(["0%", "100%", "0%"])
        poll.vote(0)
        for card in cards:
            await expect(card.locator(".bar-count")).to_have_text(["1", "1", "0"])
        await cards[1].get_by_role("button", name="Change").click()
        await cards[1].get_by_role("radio", name="Tea").check()
        await cards[1].get_by_role("button", name="Vote", exact=True).click()
        await expect(cards[0].locator(".bar-count")).to_have_text(["2", "0", "0"])
        poll.move("close")
        for card in cards:
            await expect(card.get_by_text("Closed", exact=True)).to_be_visible()
        await expect(cards[0].get_by_role("radio")).to_have_count(0)
        await answer_in_a_frame(site, ada, owner, member)
        await assert_accessible(member)
        await assert_no_sideways_scrolling(member)


async def answer_in_a_frame(site: Site, ada: Account, owner: Page, member: Page) -> None:
    """Kinds that a card does not draw itself are shown in a frame, to the same person."""
    fields = {"kind": "numeric", "options": [], "resultsVisibility": "after_vote"}
    with asking(site, ada, question="How many cups?", **fields) as poll:
        post(poll.api, owner.url.rsplit("/", 1)[1], "And how many?", pollId=poll.id)
        card = member.locator(".poll-card", has_text="How many cups?")
        await expect(card).to_contain_text("Results appear after you vote.")
        await card.get_by_role("button", name="Answer here").click()
        frame = card.frame_locator("iframe[title='How many cups?']")
        await frame.locator(".numeric-field").fill("3")
        await frame.locator("#cast").click()
        await expect(frame.locator("#counted")).to_be_visible()
        await expect(frame.locator(".numeric-answer")).to_have_text("3")
        await until(member, IS_AS_HIGH_AS_ITS_CONTENT)
        await card.get_by_role("button", name="Close").click()
        await expect(card).to_contain_text("1 person voted")
        await expect(card.get_by_role("button", name="Show your vote")).to_be_focused()
        await expect(owner.locator(".poll-card").last).to_contain_text("1 person voted")
        await owner.locator(".poll-card").last.get_by_role("button", name="Answer here").click()
        await expect(owner.frame_locator(".card-frame").locator("#cast")).to_be_visible()
        poll.delete()
        await expect(owner.locator(".poll-card").last).to_contain_text("no longer available")
        await expect(owner.locator(".card-frame")).to_have_count(0)


async def test_the_owner_removes_a_person_while_they_read(visit: Visitor, site: Site) -> None:
    ada, bob = site.register("Ada"), site.register("Bob")
    with asking(site, ada) as poll:
        owner = await create_room(visit, ada, f"Cellar {poll.join_code}")
        member = await join_room(visit, bob, poll.join_code)
        await say(member, "Spam")
        await shows(owner, "Spam")
        await press_action(owner, "Spam", "Remove from room")
        await owner.get_by_role("button", name="Remove", exact=True).click()
        await expect(member.locator(".discussion-error")).to_contain_text("no longer have access")
        await say(owner, "They are gone.")
        await expect(message(owner, "They are gone.")).to_be_visible()
        assert await message(member, "They are gone.").count() == 0


async def test_pages_of_rooms_are_accessible(visit: Visitor, site: Site) -> None:
    ada, bob = site.register("Ada"), site.register("Bob")
    with asking(site, ada) as poll:
        name = f"Donaudampfschifffahrtsgesellschaftskapitänsraum {poll.join_code}"
        owner = await create_room(visit, ada, name)
        await join_room(visit, bob, poll.join_code)
        room_path = owner.url
        person = await visit(device=SMALLEST)
        page = await person.sign_in(ada)
        for path in (
            "/manage/rooms",
            "/manage/rooms/new",
            f"{room_path}?find=bob",
            f"{room_path}/leave",
        ):
            await page.goto(path)
            await assert_accessible(page)
            await assert_no_sideways_scrolling(page)
        await page.goto(room_path)
        await page.locator(".room-settings > summary").click()
        await page.locator(".room-members summary").first.click()
        await assert_accessible(page)
        await assert_no_sideways_scrolling(page)

"""The discussion beside the voter's and the presenter's page."""

import pytest
from playwright.async_api import expect

from tests.browser.ballots import is_live
from tests.browser.browsing import LAPTOP, PHONE, PROJECTOR, assert_accessible, until
from tests.browser.conftest import Visitor
from tests.browser.polls import asking
from tests.browser.site import Site
from tests.browser.stage import OVERFLOWING, present
from tests.browser.talks import (
    message,
    open_discussion,
    post,
    press_action,
    room_of,
    say,
    shows,
    texts,
)


async def test_nothing_is_loaded_until_the_discussion_is_opened(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        person = await visit(device=PHONE)
        page = await person.context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on(
            "websocket",
            lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))),
        )
        await page.goto(poll.path)
        await is_live(page)
        await page.wait_for_load_state("networkidle")

        def of_the_discussion() -> list[str]:
            words = ("/discussion/", "/discussion.", "-room")
            return [each for each in asked if any(word in each for word in words)]

        assert of_the_discussion() == []
        await open_discussion(page)
        await say(page, "Hello")
        await shows(page, "Hello")
        assert any("join-room" in each for each in of_the_discussion())


async def test_the_presenter_and_a_voter_talk(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        voter = await (await visit(device=PHONE)).open(poll.path)
        await open_discussion(voter)
        stage = await present(visit, poll)
        await stage.press("m")
        await say(voter, "Is water a drink?")
        await shows(stage.page, "Is water a drink?")
        await press_action(stage.page, "Is water", "Reply")
        await expect(stage.page.get_by_text("Replying to Guest")).to_be_visible()
        await say(stage.page, "Yes it is.")
        await shows(voter, "Is water a drink?", "Yes it is.")
        await expect(message(voter, "Is water").locator(".message-replies")).to_have_text("1 reply")
        await expect(message(voter, "Yes").locator(".message-parent")).to_contain_text("Is water")

        await press_action(stage.page, "Yes it is.", "Edit")
        await say(stage.page, "Yes, it is.")
        await shows(voter, "Is water a drink?", "Yes, it is.")
        await expect(message(voter, "Yes, it is.").get_by_text("edited")).to_be_visible()
        await press_action(voter, "Yes, it is.", "Thumbs up")
        reaction = message(stage.page, "Yes, it is.").locator(".reaction")
        await expect(reaction).to_have_text("👍 1")
        await reaction.click()
        await expect(message(voter, "Yes, it is.").locator(".reaction")).to_have_text("👍 2")

        # The poll's creator moderates.
        await press_action(stage.page, "Is water", "Delete")
        await stage.page.locator("[data-do=delete-now]").click()
        await shows(voter, "This message was deleted.", "Yes, it is.")
        poll.move("close")
        await expect(voter.locator(".message-system").first).to_contain_text("Voting is closed.")


async def test_nothing_is_missed_or_doubled_after_being_offline(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        people = [await visit(device=LAPTOP) for _ in range(2)]
        one, other = [await person.open(poll.path) for person in people]
        for page in (one, other):
            await open_discussion(page)
        await say(one, "first")
        await shows(other, "first")

        await people[1].context.set_offline(True)
        await expect(other.locator(".discussion-connection")).to_contain_text("You’re offline.")
        for text in ("second", "third"):
            await say(one, text)
        for text in ("fourth", "fifth"):
            await say(other, text)
        await expect(other.locator(".messages-pending .message")).to_have_count(2)
        await press_action(one, "first", "Edit")
        await say(one, "first, edited")
        await shows(one, "first, edited", "second", "third")

        await people[1].context.set_offline(False)
        everything = ("first, edited", "second", "third", "fourth", "fifth")
        await shows(other, *everything)
        await shows(one, *everything)


async def test_everybody_sees_who_is_here(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        stage = await present(visit, poll)
        await stage.press("m")
        people = stage.page.locator(".discussion-people")
        await expect(people.locator("summary")).to_have_text("1 here")
        voter = await (await visit(device=PHONE)).open(poll.path)
        await open_discussion(voter)
        await expect(people.locator("summary")).to_have_text("2 here")
        await people.locator("summary").click()
        await expect(people.locator("li")).to_have_text(["Alice · You", "Guest"])
        await assert_accessible(stage.page)
        await stage.press("Escape")
        await expect(people.locator("li").first).to_be_hidden()
        await voter.close()
        await expect(people.locator("summary")).to_have_text("1 here")


async def test_the_others_see_who_is_writing(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        writer, reader = [await (await visit()).open(poll.path) for _ in range(2)]
        for page in (writer, reader):
            await open_discussion(page)
        await say(reader, "Hm.")
        await shows(writer, "Hm.")
        await writer.get_by_label("Message", exact=True).press_sequentially("Well")
        typing = reader.locator(".discussion-typing")
        await expect(typing).to_have_text("Guest is writing …")
        await expect(writer.locator(".discussion-typing")).to_be_empty()
        await writer.keyboard.press("Enter")
        await shows(reader, "Hm.", "Well")
        await expect(typing).to_be_empty()


async def test_texts_of_people_stay_texts(visit: Visitor, site: Site) -> None:
    attacks = (
        '<img src=x onerror="document.title=1">',
        "<script>document.title=1</script>",
        'javascript:document.title=1 https://a.example/"onclick="document.title=1',
        "[x](javascript:document.title=1)",
    )
    with asking(site) as poll:
        page = await (await visit()).open(poll.path)
        await page.get_by_text("Add your name").click()
        await page.get_by_label("Your name").fill("<b onclick=x>Eve</b>")
        await page.get_by_role("button", name="Save").click()
        await open_discussion(page)
        for attack in attacks:
            await say(page, attack)
        await shows(page, *attacks)
        reader = await (await visit()).open(poll.path)
        await open_discussion(reader)
        await shows(reader, *attacks)
        await expect(reader.locator(".message-author").first).to_have_text("<b onclick=x>Eve</b>")
        assert await reader.locator(".message :is(img, script, b)").count() == 0
        links = reader.locator(".message-body a")
        await expect(links).to_have_count(1)
        await expect(links).to_have_attribute("href", "https://a.example/")
        await expect(links).to_have_attribute("rel", "noopener nofollow ugc")


async def test_older_messages_are_loaded_on_the_way_up(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        room_id = room_of(poll.api, poll.id)
        for number in range(1, 121):
            post(poll.api, room_id, f"message {number}")
        page = await (await visit()).open(poll.path)
        await open_discussion(page)
        log = page.locator(".discussion-log")
        await expect(message(page, "message 120")).to_be_in_viewport()
        assert len(await texts(page)) == 50
        # What is read stays in its place while older messages are added above.
        await log.evaluate("(log) => log.scrollTo(0, 0)")
        await until(page, "document.querySelectorAll('.message[data-message]').length === 100")
        await expect(message(page, "message 71")).to_be_in_viewport()
        await log.evaluate("(log) => log.scrollTo(0, 0)")
        await until(page, "document.querySelectorAll('.message[data-message]').length === 120")
        assert await texts(page) == [f"message {number}" for number in range(1, 121)]
        await expect(page.get_by_role("button", name="Show older messages")).to_be_hidden()

        post(poll.api, room_id, "message 121")
        jump = page.get_by_role("button", name="1 new message")
        await jump.click()
        await expect(message(page, "message 121")).to_be_in_viewport()
        await expect(jump).to_be_hidden()


async def test_the_button_counts_what_came_while_it_was_closed(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        page = await (await visit()).open(poll.path)
        await open_discussion(page)
        await page.get_by_role("button", name="Close discussion").click()
        toggle = page.locator("#discussion-toggle")
        await expect(toggle).to_be_focused()
        await expect(page.locator(".discussion-log")).to_be_hidden()
        room_id = room_of(poll.api, poll.id)
        for text in ("one", "two"):
            post(poll.api, room_id, text)
        await expect(toggle).to_have_accessible_name("Discussion 2 unread")
        await toggle.click()
        await shows(page, "one", "two")
        await expect(toggle.locator(".unread")).to_be_hidden()


async def test_keys_of_the_stage_are_not_taken_from_a_message(visit: Visitor, site: Site) -> None:
    with asking(site, options=[f"Option {number}" for number in range(12)]) as poll:
        stage = await present(visit, poll, device=PROJECTOR)
        await stage.press("m")
        await expect(stage.page.locator(".discussion-log")).to_be_visible()
        await stage.page.keyboard.type("Close it? No: htdjr")
        await stage.page.keyboard.press("Enter")
        await shows(stage.page, "Close it? No: htdjr")
        await stage.is_in("open")
        assert await stage.page.evaluate(OVERFLOWING) == []
        await stage.press("Escape")
        await expect(stage.page.locator(".discussion-log")).to_be_hidden()
        await stage.press("m")
        await expect(stage.page.locator(".discussion-log")).to_be_visible()


async def test_a_refused_message_says_why_and_can_be_sent_again(visit: Visitor, site: Site) -> None:
    with asking(site) as poll:
        room_id = room_of(poll.api, poll.id)
        page = await (await visit()).open(poll.path)
        await open_discussion(page)
        poll.api.patch(f"/rooms/{room_id}", json={"isAnnouncementOnly": True}).raise_for_status()
        await say(page, "May I?")
        await expect(page.locator(".message-failed")).to_contain_text("Only moderators can write")
        await assert_accessible(page)
        poll.api.patch(f"/rooms/{room_id}", json={"isAnnouncementOnly": False}).raise_for_status()
        await page.get_by_role("button", name="Try again").click()
        await shows(page, "May I?")


@pytest.mark.parametrize("locale", ["en", "ar"])
async def test_the_discussion_is_accessible_in_every_state(
    visit: Visitor, site: Site, locale: str
) -> None:
    with asking(site) as poll:
        for device in (PHONE, LAPTOP):
            person = await visit(device=device, locale=locale)
            page = await person.open(poll.path)
            await assert_accessible(page)
            await page.locator("#discussion-toggle").click()
            await page.locator(".composer textarea").fill("Hello https://a.example")
            await assert_accessible(page)
            await page.keyboard.press("Enter")
            await expect(page.locator(".message[data-message]").last).to_contain_text("Hello")
            await page.locator(".message-more").last.click()
            await assert_accessible(page)
            await page.locator(".message-actions [data-emoji]").first.click()
            await expect(page.locator(".reaction").last).to_be_visible()
            await page.locator(".message-more").last.click()
            await page.locator("[data-do=delete]").click()
            await expect(page.locator("[data-ask=delete] [data-do=cancel]")).to_be_focused()
            await assert_accessible(page)
            await page.locator("[data-ask=delete] [data-do=cancel]").click()
            await page.locator("[data-do=reply]").click()
            await assert_accessible(page)
            overflow = "document.documentElement.scrollWidth - innerWidth"
            assert await page.evaluate(overflow) <= 0

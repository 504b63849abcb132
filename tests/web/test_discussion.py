"""``/discussion``: what the script of a discussion is given, and what it may change."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.ids import new_id
from chat.memberships import MemberChange, moderate_member
from chat.models import Membership, Message, Reaction, Room
from chat.rooms import create_room, open_poll_room, update_room
from chat.services import post_message
from polls.models import Poll
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of
from tests.polls.kinds.asking import ask
from tests.polls.kinds.generators import CASES
from tests.web.conftest import BrowserOf, Fields, data_in
from web.kinds.registry import pages_of

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"Accept": "application/json"}
# A case of each kind that a card does not draw itself.
OTHER_KINDS = {kind: case for case, (kind, *_) in CASES.items() if pages_of(Poll(kind=kind))}
COMPOSER = '<form class="composer"'


def show(browser: Client, poll: Poll) -> str:
    page = browser.get(f"/discussion/polls/{poll.id}")
    assert page.status_code == 200, page.content
    return page.content.decode()


def discussion_in(html: str) -> Fields:
    return data_in(html, "discussion-data")


@pytest.fixture
def poll(make_poll: MakePoll) -> Poll:
    """Of alice's, so that she moderates its room."""
    return make_poll()


@pytest.fixture
def room(poll: Poll, alice: User) -> Room:
    return open_poll_room(actor=actor_of(alice), poll_id=poll.id)


def say(user: User, room: Room, body: str = "Tea!", **fields: Any) -> UUID:
    posted = post_message(actor=actor_of(user), room_id=room.id, body=body, **fields)
    return UUID(str(posted.message.id))


# Opening


def test_pages_load_nothing_of_a_discussion(poll: Poll, alice: User, browser_of: BrowserOf) -> None:
    for path in (f"/p/{poll.join_code}", f"/present/{poll.id}"):
        html = browser_of(alice).get(path).content.decode()
        assert 'id="discussion-toggle"' in html
        assert "js/discussion/" not in html
        assert 'href="/static/web/css/discussion' not in html
        assert COMPOSER not in html
    assert not Room.objects.exists()


def test_pages_say_that_a_discussion_needs_a_script(poll: Poll, client: Client) -> None:
    html = client.get(f"/p/{poll.join_code}").content.decode()
    assert "<noscript><p" in html
    assert "The discussion needs JavaScript." in html


def test_a_visitor_reads_and_may_write_without_becoming_a_guest_yet(
    poll: Poll, room: Room, bob: User, client: Client
) -> None:
    say(bob, room)
    html = show(client, poll)
    discussion = discussion_in(html)
    assert [each["body"] for each in discussion["page"]["messages"]] == ["Tea!"]
    assert discussion["person"] is None
    assert COMPOSER in html
    assert User.objects.filter(is_guest=True).count() == 0


def test_opening_costs_a_bounded_number_of_queries(
    poll: Poll,
    room: Room,
    bob: User,
    browser_of: BrowserOf,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        say(bob, room, f"{number}")
    browser = browser_of(bob)
    show(browser, poll)
    with django_assert_max_num_queries(32):
        show(browser, poll)


def test_texts_of_people_never_become_markup(
    poll: Poll, room: Room, bob: User, client: Client
) -> None:
    attack = '</script><img src=x onerror="alert(1)">'
    say(bob, room, attack)
    html = show(client, poll)
    assert "<img" not in html
    [message] = discussion_in(html)["page"]["messages"]
    assert message["body"] == attack


def test_those_who_may_not_see_a_poll_learn_nothing(
    poll: Poll, make_poll: MakePoll, staff: User, charlie: User, browser_of: BrowserOf
) -> None:
    draft = make_poll(is_published=False)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam", message="")
    missing = new_id()
    for browser in (browser_of(charlie), Client()):
        answers = [
            browser.get(f"/discussion/polls/{each}") for each in (draft.id, poll.id, missing)
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.content for answer in answers} == {"This poll doesn’t exist.".encode()}
    assert not Room.objects.exists()


def test_who_may_not_write_is_told_why(
    poll: Poll, room: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    update_room(actor=actor_of(alice), room_id=room.id, is_announcement_only=True)
    for browser in (browser_of(bob), Client()):
        html = show(browser, poll)
        assert COMPOSER not in html
        assert "Only moderators can write here at the moment." in html
    assert COMPOSER in show(browser_of(alice), poll)


def test_slow_mode_does_not_take_the_composer_away(
    poll: Poll, room: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    update_room(actor=actor_of(alice), room_id=room.id, slow_mode_s=3600)
    say(bob, room)
    assert COMPOSER in show(browser_of(bob), poll)


def test_somebody_who_was_removed_is_told_so(
    poll: Poll, room: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    change = MemberChange(is_banned=True)
    moderate_member(actor=actor_of(alice), room_id=room.id, user_id=bob.id, change=change)
    answer = browser_of(bob).get(f"/discussion/polls/{poll.id}")
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode() == "You’ve been removed from this room."


# Reading


def test_older_messages_are_read_page_by_page(room: Room, bob: User, client: Client) -> None:
    for number in range(60):
        say(bob, room, f"{number + 1}")
    path = f"/discussion/rooms/{room.id}/messages"
    newest = client.get(path, headers=JSON).json()["messages"]
    older = client.get(f"{path}?before={newest[0]['seq']}", headers=JSON).json()["messages"]
    assert [each["seq"] for each in older + newest] == list(range(1, 61))


@pytest.mark.parametrize("before", ["x", "-1", "٣", "9" * 30])
def test_an_invalid_number_is_refused(room: Room, client: Client, before: str) -> None:
    answer = client.get(f"/discussion/rooms/{room.id}/messages?before={before}", headers=JSON)
    assert answer.status_code == 400


def test_messages_of_a_closed_room_are_for_its_members(
    alice: User, charlie: User, browser_of: BrowserOf
) -> None:
    closed = create_room(actor=actor_of(alice), name="Kitchen")
    path = f"/discussion/rooms/{closed.id}/messages"
    assert browser_of(alice).get(path, headers=JSON).status_code == 200
    for browser in (browser_of(charlie), Client()):
        answer = browser.get(path, headers=JSON)
        assert answer.status_code == 404
        assert answer.json()["code"] == "room.not_found"


def test_a_card_shows_the_poll_and_your_vote(
    poll: Poll, make_poll: MakePoll, charlie: User, browser_of: BrowserOf
) -> None:
    state = Client().get(f"/discussion/polls/{poll.id}/card", headers=JSON).json()
    assert state["head"]["question"] == "Tea or coffee?"
    assert state["urls"]["cast"] == f"/p/{poll.join_code}/vote"
    assert state["hint"] == "Choose one."
    draft = make_poll(is_published=False)
    answer = browser_of(charlie).get(f"/discussion/polls/{draft.id}/card", headers=JSON)
    assert answer.json()["code"] == "poll.not_found"


# The ballot in a card


def ballot(browser: Client, poll_id: UUID) -> Any:
    headers = {"Sec-Fetch-Dest": "iframe", "Referer": "http://testserver/manage/rooms"}
    return browser.get(f"/discussion/polls/{poll_id}/ballot", headers=headers)


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_card_can_show_the_ballot_of_a_kind_on_our_pages(
    alice: User, browser_of: BrowserOf, kind: str
) -> None:
    poll = ask(alice, OTHER_KINDS[kind])
    state = browser_of(alice).get(f"/discussion/polls/{poll.id}/card", headers=JSON).json()
    page = browser_of(alice).get(state["urls"]["ballot"])
    html = page.content.decode()
    assert f'id="kind-ballot" data-kind="{kind}"' in html
    assert data_in(html)["person"]["id"] == str(alice.id)
    # Whatever sites may embed it, and no site but ours.
    assert "frame-ancestors 'self';" in f"{page['Content-Security-Policy']};"
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    # No discussion in the discussion, and no link that replaces the poll in the frame.
    assert 'id="discussion-toggle"' not in html
    assert '<base target="_blank">' in html


def test_the_ballot_in_a_card_is_for_those_who_may_see_the_poll(
    poll: Poll,
    make_poll: MakePoll,
    staff: User,
    alice: User,
    charlie: User,
    browser_of: BrowserOf,
) -> None:
    draft = make_poll(is_published=False)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam", message="")
    for browser in (browser_of(charlie), Client()):
        answers = [ballot(browser, each) for each in (draft.id, poll.id, new_id())]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert "frame-ancestors 'self'" in answers[0]["Content-Security-Policy"]
    for each, phase in ((draft, "draft"), (poll, "hidden")):
        assert data_in(ballot(browser_of(alice), each.id).content.decode())["phase"] == phase
        path = f"/discussion/polls/{each.id}/card"
        assert browser_of(alice).get(path, headers=JSON).json()["phase"] == phase


# Changing


def act(browser: Client, message_id: UUID, action: str, **fields: str) -> Any:
    return browser.post(f"/discussion/messages/{message_id}/{action}", fields, headers=JSON)


def test_your_own_message_can_be_edited_and_deleted(
    room: Room, bob: User, browser_of: BrowserOf
) -> None:
    message_id, browser = say(bob, room), browser_of(bob)
    assert act(browser, message_id, "edit", body="Coffee!").status_code == 200
    assert Message.objects.get().body == "Coffee!"
    assert act(browser, message_id, "delete").status_code == 200
    assert Message.objects.get().deleted_at is not None


def test_a_reaction_is_added_and_removed(room: Room, bob: User, browser_of: BrowserOf) -> None:
    message_id, browser = say(bob, room), browser_of(bob)
    for expected in (1, 0):
        assert act(browser, message_id, "react", emoji="👍").status_code == 200
        assert Reaction.objects.count() == expected


@pytest.mark.parametrize(
    ("action", "fields"),
    [("edit", {"body": "Coffee!"}), ("delete", {}), ("react", {"emoji": "👍"})],
)
def test_a_stranger_changes_nothing(
    alice: User, charlie: User, browser_of: BrowserOf, action: str, fields: dict[str, str]
) -> None:
    closed = create_room(actor=actor_of(alice), name="Kitchen")
    message_id = say(alice, closed)
    stranger = act(browser_of(charlie), message_id, action, **fields)
    missing = act(browser_of(charlie), new_id(), action, **fields)
    assert stranger.status_code == missing.status_code == 404
    assert stranger.content == missing.content
    assert act(Client(), message_id, action, **fields).status_code == 401
    assert Message.objects.get().body == "Tea!"
    assert not Reaction.objects.exists()


def test_others_messages_are_deleted_by_the_polls_creator_only(
    room: Room, alice: User, bob: User, charlie: User, browser_of: BrowserOf
) -> None:
    message_id = say(bob, room)
    assert act(browser_of(charlie), message_id, "delete").status_code == 403
    assert act(browser_of(alice), message_id, "edit", body="No").status_code == 403
    assert act(browser_of(alice), message_id, "delete").status_code == 200


def test_unknown_actions_and_plain_requests_are_refused(
    room: Room, bob: User, browser_of: BrowserOf
) -> None:
    message_id = say(bob, room)
    assert act(browser_of(bob), message_id, "explode").status_code == 404
    path = f"/discussion/messages/{message_id}/delete"
    assert browser_of(bob).get(path).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(bob)
    assert careful.post(path, headers=JSON).status_code == 403
    assert Message.objects.get().deleted_at is None


def test_the_polls_creator_mutes_and_removes(
    room: Room, alice: User, bob: User, charlie: User, browser_of: BrowserOf
) -> None:
    for action in ("mute", "remove"):
        path = f"/discussion/rooms/{room.id}/people/{bob.id}/{action}"
        assert browser_of(charlie).post(path, headers=JSON).json()["code"] == "room.not_owner"
        assert browser_of(alice).post(path, headers=JSON).status_code == 200
    membership = Membership.objects.get(room=room, user=bob)
    assert membership.muted_until is not None
    assert membership.banned_at is not None

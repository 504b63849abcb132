"""``/manage/rooms``: creating, joining, leaving and moderating rooms, without a script."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.memberships import invite_user, join_room
from chat.models import MemberRole, Membership, Message, Room
from chat.notices import CLOSED
from chat.rooms import create_room, open_lobby, open_poll_room
from chat.services import post_message
from polls.models import ResultsVisibility
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kitchen(alice: User, bob: User) -> Room:
    """A closed room of alice's, with bob."""
    room = create_room(actor=actor_of(alice), name="Kitchen")
    invite_user(actor=actor_of(alice), room_id=room.id, user_id=bob.id)
    join_room(actor=actor_of(bob), room_id=room.id)
    return room


def read(browser: Client, path: str) -> str:
    page = browser.get(path)
    assert page.status_code == 200, page.status_code
    return page.content.decode()


def act(browser: Client, room: Room, action: str, user: User | None = None) -> str:
    """Performs an action; returns the page that follows."""
    fields = {"user": str(user.id)} if user else {}
    page = browser.post(f"/manage/rooms/{room.id}/{action}", fields, follow=True)
    return page.content.decode()


def membership_of(user: User, room: Room) -> Membership:
    return Membership.objects.get(user=user, room=room)


# The list


def test_the_list_has_your_rooms_with_what_is_unread(
    kitchen: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    for body in ("Tea <b>now</b>", "@Bob?"):
        post_message(actor=actor_of(alice), room_id=kitchen.id, body=body)
    html = read(browser_of(bob), "/manage/rooms")
    assert f'href="/manage/rooms/{kitchen.id}"' in html
    assert '<span class="badge badge-yours numbers">2<span' in html
    assert "1 mention" in html
    assert "@Bob?" in html


def test_what_the_system_says_is_in_the_language_of_the_reader(
    alice: User, make_poll: MakePoll, browser_of: BrowserOf
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.ALWAYS)
    room = open_poll_room(actor=actor_of(alice), poll_id=poll.id)
    join_room(actor=actor_of(alice), room_id=room.id)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    browser = browser_of(alice)
    browser.cookies["tallyroom_language"] = "de"
    assert "Endstand: \u2068Tea\u2069 0 (0,0 %); " in read(browser, "/manage/rooms")
    Message.objects.filter(room=room).update(notice=None, body=CLOSED.text)
    assert "Die Abstimmung ist geschlossen." in read(browser, "/manage/rooms")


def test_the_list_has_invitations_and_open_rooms(
    kitchen: Room, alice: User, charlie: User, browser_of: BrowserOf
) -> None:
    garden = create_room(actor=actor_of(alice), name="Garden", is_open=True)
    cellar = create_room(actor=actor_of(alice), name="Cellar")
    invite_user(actor=actor_of(alice), room_id=cellar.id, user_id=charlie.id)
    open_lobby()
    html = read(browser_of(charlie), "/manage/rooms")
    assert f'action="/manage/rooms/{cellar.id}/join"' in html
    assert f'href="/manage/rooms/{garden.id}"' in html
    assert "Lobby" in html
    assert "Kitchen" not in html
    found = read(browser_of(charlie), "/manage/rooms?search=garden")
    assert "Garden" in found
    assert "Cellar" not in found


@pytest.mark.both
def test_searching_for_a_nul_finds_nothing(
    kitchen: Room, alice: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    assert "No rooms found." in read(browser, "/manage/rooms?search=a%00b")
    assert "Nobody found." in read(browser, f"/manage/rooms/{kitchen.id}?find=a%00b")


def test_the_list_costs_the_same_with_more_rooms(
    alice: User, browser_of: BrowserOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        create_room(actor=actor_of(alice), name=f"Room {number}")
    browser = browser_of(alice)
    read(browser, "/manage/rooms")
    with django_assert_max_num_queries(20):
        read(browser, "/manage/rooms?page=1")


def test_rooms_are_for_accounts(guest: User, browser_of: BrowserOf) -> None:
    for path in ("/manage/rooms", "/manage/rooms/new"):
        assert browser_of(guest).get(path).status_code == 403
        assert Client().get(path).status_code in {302, 401}


# Creating and joining


def test_a_room_is_created(alice: User, browser_of: BrowserOf) -> None:
    browser = browser_of(alice)
    page = browser.post("/manage/rooms/new", {"name": " Kitchen ", "is_open": "on"}, follow=True)
    room = Room.objects.get()
    assert (room.name, room.is_open) == ("Kitchen", True)
    assert page.redirect_chain == [(f"/manage/rooms/{room.id}", 302)]


@pytest.mark.parametrize("name", ["", "   ", "a\u0007b", "x" * 101])
def test_an_invalid_name_is_explained(alice: User, browser_of: BrowserOf, name: str) -> None:
    page = browser_of(alice).post("/manage/rooms/new", {"name": name})
    assert 'class="field-error"' in page.content.decode()
    assert not Room.objects.exists()


def test_an_open_room_is_joined_and_left(alice: User, charlie: User, browser_of: BrowserOf) -> None:
    garden = create_room(actor=actor_of(alice), name="Garden", is_open=True)
    browser = browser_of(charlie)
    before = read(browser, f"/manage/rooms/{garden.id}")
    assert "Join room" in before
    assert "discussion-data" not in before
    joined = act(browser, garden, "join")
    assert data_in(joined, "discussion-data")["room"]["name"] == "Garden"
    assert "Leave this room?" in read(browser, f"/manage/rooms/{garden.id}/leave")
    assert "You left the room." in act(browser, garden, "leave")
    assert membership_of(charlie, garden).joined_at is None


def test_the_only_owner_is_told_why_they_cannot_leave(
    kitchen: Room, alice: User, browser_of: BrowserOf
) -> None:
    assert "You’re the only owner." in act(browser_of(alice), kitchen, "leave")
    assert membership_of(alice, kitchen).joined_at is not None


# Access


def test_a_closed_room_does_not_exist_for_strangers(
    kitchen: Room, charlie: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(charlie)
    path = f"/manage/rooms/{kitchen.id}"
    assert browser.get(path).status_code == 404
    for action in ("join", "leave", "delete", "invite", "mute", "settings"):
        assert browser.post(f"{path}/{action}", {"user": str(charlie.id)}).status_code == 404
    assert not Membership.objects.filter(user=charlie).exists()


def test_members_do_not_moderate(
    kitchen: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(bob)
    html = read(browser, f"/manage/rooms/{kitchen.id}")
    assert "/mute" not in html
    assert "/settings" not in html
    for action in ("mute", "remove", "make-member", "delete"):
        assert "Only the room’s owner can do this." in act(browser, kitchen, action, alice)
    page = browser.post(
        f"/manage/rooms/{kitchen.id}/settings", {"name": "Mine", "slow_mode_s": "0"}, follow=True
    )
    assert "Only the room’s owner can do this." in page.content.decode()
    assert Room.objects.get().name == "Kitchen"


# Moderating


def test_owners_invite_people_that_they_find_by_name(
    kitchen: Room, alice: User, charlie: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    html = read(browser, f"/manage/rooms/{kitchen.id}?find={charlie.name}")
    assert f'name="user" value="{charlie.id}"' in html
    assert "Invitation sent." in act(browser, kitchen, "invite", charlie)
    assert membership_of(charlie, kitchen).invited_at is not None


def test_owners_mute_remove_and_readmit(
    kitchen: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    act(browser, kitchen, "mute", bob)
    assert membership_of(bob, kitchen).muted_until is not None
    act(browser, kitchen, "unmute", bob)
    assert membership_of(bob, kitchen).muted_until is None
    act(browser, kitchen, "remove", bob)
    assert membership_of(bob, kitchen).banned_at is not None
    assert "You were removed from this room." in read(
        browser_of(bob), f"/manage/rooms/{kitchen.id}"
    )
    act(browser, kitchen, "readmit", bob)
    assert membership_of(bob, kitchen).banned_at is None


def test_owners_make_owners(kitchen: Room, alice: User, bob: User, browser_of: BrowserOf) -> None:
    act(browser_of(alice), kitchen, "make-owner", bob)
    assert membership_of(bob, kitchen).role == MemberRole.OWNER


def test_settings_are_saved_and_shown(kitchen: Room, alice: User, browser_of: BrowserOf) -> None:
    fields = {"name": "Kitchen 2", "is_announcement_only": "on", "slow_mode_s": "30"}
    browser = browser_of(alice)
    page = browser.post(f"/manage/rooms/{kitchen.id}/settings", fields, follow=True)
    assert "Saved." in page.content.decode()
    room = Room.objects.get()
    assert (room.name, room.is_open, room.is_announcement_only, room.slow_mode_s) == (
        "Kitchen 2",
        False,
        True,
        30,
    )
    invalid = browser.post(f"/manage/rooms/{kitchen.id}/settings", {**fields, "name": ""})
    assert 'class="field-error"' in invalid.content.decode()


def test_a_room_is_deleted_after_a_confirmation(
    kitchen: Room, alice: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    assert "Delete this room?" in read(browser, f"/manage/rooms/{kitchen.id}/delete")
    assert "Room deleted." in act(browser, kitchen, "delete")
    assert browser.get(f"/manage/rooms/{kitchen.id}").status_code == 404


def test_a_direct_room_is_opened_from_the_list_of_members(
    kitchen: Room, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    html = act(browser_of(bob), kitchen, "direct", alice)
    assert data_in(html, "discussion-data")["room"]["kind"] == "direct"


def test_the_creator_of_a_poll_moderates_its_room(
    make_poll: MakePoll, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    room = open_poll_room(actor=actor_of(alice), poll_id=make_poll().id)
    post_message(actor=actor_of(bob), room_id=room.id, body="Spam")
    act(browser_of(alice), room, "mute", bob)
    html = read(browser_of(alice), f"/manage/rooms/{room.id}")
    assert "Muted and removed people" in html
    assert f'action="/manage/rooms/{room.id}/unmute"' in html
    assert 'name="is_announcement_only"' in html
    assert 'id="id_name"' not in html
    assert "/invite" not in html
    assert "Muted and removed people" not in read(browser_of(bob), f"/manage/rooms/{room.id}")

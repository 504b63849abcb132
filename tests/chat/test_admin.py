"""Rooms, messages and members in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import admin as chat_admin
from chat.memberships import MemberChange, moderate_member
from chat.models import Membership, Message, Room
from chat.rooms import create_room, open_direct_room, open_poll_room
from chat.services import edit_message
from tests.chat.rooms import post
from tests.conftest import MakePoll, actor_of, make_user
from tests.moderation_client import ModerationClient, log_of, messages_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

REASON = {"reason": "Spam."}


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def rows_of(answer: Any) -> list[Model]:
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def membership_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


# Rooms


def test_the_list_has_rooms_and_their_counts(
    moderator: ModerationClient, room: Room, bob: User, make_poll: MakePoll
) -> None:
    post(bob, room, "Hello!")
    poll = make_poll()
    of_poll = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    answer = moderator.list_of(Room)
    assert rows_of(answer) == [of_poll, room]
    for words in ("Kitchen", "Tea or coffee?", "alice@example.org"):
        assert words in answer.content.decode()
    assert rows_of(moderator.list_of(Room, poll=poll.id)) == [of_poll]
    links = [address for address, _ in moderator.page_of(poll).context["object_links"]]
    assert f"/admin/chat/room/?poll={poll.id}" in links


@pytest.mark.parametrize(
    ("query", "count"),
    [({"q": "KITCH"}, 1), ({"q": "garden"}, 0), ({"kind": "group"}, 1), ({"kind": "lobby"}, 0)],
)
def test_the_list_of_rooms_is_filtered(
    moderator: ModerationClient, room: Room, query: dict[str, str], count: int
) -> None:
    assert len(rows_of(moderator.list_of(Room, **query))) == count


def test_a_room_is_hidden_and_restored_with_a_log(moderator: ModerationClient, room: Room) -> None:
    assert "Only staff can still see them" in moderator.act("hide_rooms", room).content.decode()
    moderator.act("hide_rooms", room, **REASON)
    room.refresh_from_db()
    assert (room.hidden_at is not None, room.hidden_reason) == (True, "Spam.")
    assert rows_of(moderator.list_of(Room, hidden="yes")) == [room]
    moderator.act("restore_rooms", room)
    room.refresh_from_db()
    assert (room.hidden_at, room.hidden_reason) == (None, "")
    assert log_of(room) == ["Hidden: Spam.", "Restored."]


def test_a_room_is_closed_and_opened_for_members(moderator: ModerationClient, room: Room) -> None:
    moderator.act("close_rooms", room)
    assert Room.objects.get(id=room.id).is_announcement_only
    assert "Nothing to change" in messages_of(moderator.act("close_rooms", room))[0]
    moderator.act("open_rooms", room)
    assert not Room.objects.get(id=room.id).is_announcement_only
    assert log_of(room) == ["Closed.", "Opened."]


def test_a_room_is_deleted(moderator: ModerationClient, room: Room) -> None:
    moderator.act("delete_selected", room, **REASON)
    room.refresh_from_db()
    assert room.deleted_at is not None
    assert rows_of(moderator.list_of(Room)) == []
    assert log_of(room) == ["Deleted: Spam."]


# Messages


def test_a_message_is_removed_and_staff_still_read_it(
    moderator: ModerationClient, room: Room, bob: User
) -> None:
    message = post(bob, room, "Buy this!")
    moderator.act("delete_messages", message, **REASON)
    message.refresh_from_db()
    assert (message.body, message.deleted_at is not None) == ("", True)
    assert log_of(message) == ["Removed: Spam."]
    assert "Buy this!" in moderator.page_of(message).content.decode()
    assert (
        "Nothing to change" in messages_of(moderator.act("delete_messages", message, **REASON))[0]
    )


def test_the_page_of_a_message_has_its_earlier_texts(
    moderator: ModerationClient, room: Room, bob: User
) -> None:
    first = post(bob, room, "Tee?")
    reply = post(bob, room, "Coffee", first.id)
    edit_message(actor=actor_of(bob), message_id=first.id, body="<b>Tea?</b>")
    page = moderator.page_of(first).content.decode()
    assert "Tee?, until" in page
    assert "&lt;b&gt;Tea?&lt;/b&gt;" in page
    assert "&lt;b&gt;Tea?" in moderator.page_of(reply).content.decode()
    assert rows_of(moderator.list_of(Message, parent=first.id)) == [reply]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "HELLO"}, 2),
        ({"q": "bob@"}, 1),
        ({"q": "kitchen"}, 2),
        ({"q": "nothing"}, 0),
        ({"removed": "yes"}, 0),
        ({"kind": "system"}, 0),
        ({"made": "hour"}, 2),
    ],
)
def test_the_list_of_messages_is_filtered(
    moderator: ModerationClient,
    room: Room,
    alice: User,
    bob: User,
    query: dict[str, str],
    count: int,
) -> None:
    for user in (alice, bob):
        post(user, room, "Hello!")
    assert len(rows_of(moderator.list_of(Message, **query))) == count
    assert len(rows_of(moderator.list_of(Message, author=bob.id))) == 1
    assert len(rows_of(moderator.list_of(Message, room=room.id))) == 2


def test_a_search_reads_the_newest_texts_that_the_filters_leave(
    moderator: ModerationClient, room: Room, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_admin, "SCANNED_MESSAGES", 2)
    old = post(alice, room, "Hello, old!")
    other = create_room(actor=actor_of(alice), name="Garden")
    for _ in range(2):
        post(alice, other, "Something else")
    assert rows_of(moderator.list_of(Message, q="hello")) == []
    assert rows_of(moderator.list_of(Message, q="hello", room=room.id)) == [old]


# Members


def test_a_member_is_muted_and_unmuted(moderator: ModerationClient, room: Room, bob: User) -> None:
    before = timezone.now()
    moderator.act("mute_members", membership_of(bob), hours="24", **REASON)
    until = membership_of(bob).muted_until
    assert until is not None
    assert until >= before + timedelta(days=1)
    assert rows_of(moderator.list_of(Membership, standing="muted")) == [membership_of(bob)]
    moderator.act("unmute_members", membership_of(bob))
    assert membership_of(bob).muted_until is None
    moderator.act("mute_members", membership_of(bob), hours="0", **REASON)
    assert membership_of(bob).muted_until is not None
    assert log_of(membership_of(bob)) == ["Muted: Spam.", "Unmuted.", "Muted: Spam."]


def test_a_member_is_banned_and_unbanned(
    moderator: ModerationClient, room: Room, bob: User
) -> None:
    moderator.act("ban_members", membership_of(bob), **REASON)
    assert membership_of(bob).banned_at is not None
    room.refresh_from_db()
    assert room.member_count == 1
    assert rows_of(moderator.list_of(Membership, standing="banned", room=room.id))
    moderator.act("unban_members", membership_of(bob))
    assert membership_of(bob).banned_at is None
    assert log_of(membership_of(bob)) == ["Banned: Spam.", "Unbanned."]


def test_a_refusal_is_shown(moderator: ModerationClient, room: Room, alice: User) -> None:
    answer = moderator.act("ban_members", membership_of(alice), **REASON)
    assert "only owner" in messages_of(answer)[0]
    assert membership_of(alice).banned_at is None


def test_members_are_found_by_name(moderator: ModerationClient, room: Room, bob: User) -> None:
    assert rows_of(moderator.list_of(Membership, q="bob")) == [membership_of(bob)]
    assert rows_of(moderator.list_of(Membership, q="nobody")) == []


# Privacy, and cost


def test_direct_rooms_are_private(
    moderator: ModerationClient, alice: User, bob: User, staff: User
) -> None:
    room, _ = open_direct_room(actor=actor_of(alice), user_id=bob.id)
    message = post(alice, room, "Only for you")
    for model in (Room, Message, Membership):
        assert rows_of(moderator.list_of(model)) == []
    for thing in (room, message, membership_of(bob)):
        answer = moderator.page_of(thing)
        assert answer.status_code == 302
        assert answer["Location"] == "/admin/"
    moderator.act("delete_messages", message, **REASON)
    message.refresh_from_db()
    assert message.deleted_at is None


@pytest.mark.parametrize("count", [1, 8])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    moderator: ModerationClient,
    alice: User,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        room = open_poll_room(actor=actor_of(alice), poll_id=make_poll().id)
        user = make_user(f"Writer{number}")
        post(user, room, "Hello!")
        change = MemberChange(is_banned=True)
        moderate_member(actor=actor_of(alice), room_id=room.id, user_id=user.id, change=change)
    moderator.settle()
    for model in (Room, Message, Membership):
        # The session, the person, how many there are, and they themselves.
        with django_assert_num_queries(4):
            assert len(rows_of(moderator.list_of(model))) == count
    with django_assert_num_queries(7):
        moderator.list_of(Message, q="hello")


@pytest.mark.parametrize("lookup", ["room__name", "author__password__startswith", "nonsense"])
def test_only_indexed_columns_can_be_looked_up(moderator: ModerationClient, lookup: str) -> None:
    assert moderator.list_of(Message, **{lookup: "x"}).status_code in {302, 400}

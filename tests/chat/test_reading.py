"""Reading messages over REST: pages, unread counts, threads, search, and what they cost."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.memberships import join_room
from chat.models import Mention, Room
from chat.rooms import create_room, open_direct_room, open_poll_room
from chat.services import delete_message, edit_message, set_reaction
from tests.chat.rooms import post
from tests.conftest import ClientFor, MakePoll, actor_of, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def page(client: Any, room: Room, **query: int) -> tuple[list[int], int | None, int | None]:
    """The ``seq`` of each message, and how to go on in both directions."""
    answer = client.get(f"/api/messages/{room.id}", query).json()
    pagination = answer["pagination"]
    seqs = [each["seq"] for each in answer["messages"]]
    return seqs, pagination["before"], pagination["after"]


def only_room(client: Any) -> dict[str, Any]:
    [room] = client.get("/api/rooms", {"member": "true"}).json()["rooms"]
    return dict(room)


# Pages


def test_messages_are_read_in_pages_in_both_directions(
    room: Room, bob: User, client_for: ClientFor
) -> None:
    for number in range(1, 8):
        post(bob, room, f"Message {number}")
    client = client_for(bob)
    assert page(client, room, limit=3) == ([5, 6, 7], 5, None)
    assert page(client, room, limit=3, before=5) == ([2, 3, 4], 2, 4)
    assert page(client, room, limit=3, before=2) == ([1], None, 1)
    assert page(client, room, limit=3, after=0) == ([1, 2, 3], None, 3)
    assert page(client, room, limit=3, after=3) == ([4, 5, 6], 4, 6)
    assert page(client, room, limit=3, after=6) == ([7], 7, None)
    assert page(client, room, limit=3, after=7) == ([], None, None)
    assert page(client, room, after=2, before=5) == ([3, 4], 3, 4)
    assert page(client, room) == ([1, 2, 3, 4, 5, 6, 7], None, None)


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"before": -1}, {"after": 2**63}, {"after": "x"}, {"page": 1}],
)
def test_an_invalid_page_is_refused(
    room: Room, bob: User, client_for: ClientFor, query: dict[str, Any]
) -> None:
    answer = client_for(bob).get(f"/api/messages/{room.id}", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


def test_replies_and_deleted_messages_keep_their_place(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    first = post(alice, room, "Tea?")
    reply = post(bob, room, "Secret", first.id)
    delete_message(actor=actor_of(bob), message_id=reply.id)
    answer = client_for(alice).get(f"/api/messages/{room.id}").json()
    assert [each["seq"] for each in answer["messages"]] == [1, 2]
    assert answer["messages"][1]["parentId"] == str(first.id)
    assert answer["messages"][1]["deletedAt"] is not None
    assert "Secret" not in str(answer)
    assert (answer["lastSeq"], answer["revision"]) == (2, 3)


def test_reactions_have_a_count_and_show_your_own(
    room: Room, alice: User, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.message_wire.REACTORS_SHOWN", 2)
    message = post(alice, room, "Tea?")
    others = [make_user(f"User{number}") for number in range(3)]
    for user in (*others, alice):
        if user != alice:
            join_room_of(room, user)
        set_reaction(actor=actor_of(user), message_id=message.id, emoji="👍", is_on=True)
    set_reaction(actor=actor_of(others[0]), message_id=message.id, emoji="🎉", is_on=True)
    [shown] = client_for(alice).get(f"/api/messages/{room.id}").json()["messages"]
    assert shown["reactions"] == [
        {"emoji": "👍", "count": 4, "userIds": [str(alice.id), str(others[0].id)]},
        {"emoji": "🎉", "count": 1, "userIds": [str(others[0].id)]},
    ]


def join_room_of(room: Room, user: User) -> None:
    Room.objects.filter(id=room.id).update(is_open=True)
    join_room(actor=actor_of(user), room_id=room.id)


# Unread


def test_messages_are_unread_until_they_are_marked_as_read(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    for number in range(3):
        post(alice, room, f"Message {number}")
    post(alice, room, "@Bob come here!")
    assert (only_room(client)["unreadCount"], only_room(client)["unreadMentions"]) == (4, 1)
    assert only_room(client)["lastMessage"]["body"] == "@Bob come here!"
    answer = client.put(f"/api/rooms/{room.id}/read", {"seq": 2}).json()
    assert answer == {
        "roomId": str(room.id),
        "lastReadSeq": 2,
        "unreadCount": 2,
        "unreadMentions": 1,
    }
    for seq, left in ((1, 2), (99, 0), (3, 0)):
        marked = client.put(f"/api/rooms/{room.id}/read", {"seq": seq}).json()
        assert marked["unreadCount"] == left
    assert (only_room(client)["unreadCount"], only_room(client)["unreadMentions"]) == (0, 0)
    post(alice, room, "One more")
    assert (only_room(client)["lastReadSeq"], only_room(client)["unreadCount"]) == (4, 1)


def test_who_writes_has_read_what_was_there(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    post(alice, room, "Hello?")
    post(bob, room, "Hello!")
    client = client_for(bob)
    assert (only_room(client)["lastReadSeq"], only_room(client)["unreadCount"]) == (2, 0)
    post(alice, room, "How are you?")
    assert only_room(client)["unreadCount"] == 1


def test_a_deleted_mention_is_not_unread(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    message = post(alice, room, "@Bob come here!")
    delete_message(actor=actor_of(alice), message_id=message.id)
    assert only_room(client_for(bob))["unreadMentions"] == 0
    assert Mention.objects.count() <= 1


def test_a_reader_of_a_polls_room_has_a_marker_once_they_set_one(
    bob: User, guest: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    room = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    post(bob, room, "Hello!")
    client, address = client_for(guest), f"/api/polls/{poll.id}/room"
    assert client.get(address).json()["room"]["unreadCount"] is None
    client.put(f"/api/rooms/{room.id}/read", {"seq": 1})
    assert client.get(address).json()["room"]["unreadCount"] == 0
    assert not client.get(address).json()["room"]["isMember"]


# Threads


def test_a_thread_has_its_replies_and_what_is_unread(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    first = post(alice, room, "Tea or coffee?")
    replies = [post(bob, room, text, first.id) for text in ("Tea", "Milk", "Sugar")]
    client, address = client_for(alice), f"/api/messages/{first.id}"
    thread = client.get(f"{address}/replies", {"limit": 2}).json()
    assert thread["parent"]["replyCount"] == 3
    assert [each["body"] for each in thread["replies"]] == ["Milk", "Sugar"]
    assert thread["pagination"] == {"limit": 2, "before": replies[1].seq, "after": None}
    assert (thread["isFollowing"], thread["unreadReplies"]) == (True, 3)
    client.put(f"{address}/read", {"seq": replies[1].seq})
    assert client.get(f"{address}/replies").json()["unreadReplies"] == 1
    post(alice, room, "Thanks", first.id)
    assert client.get(f"{address}/replies").json()["unreadReplies"] == 0


def test_a_thread_is_followed_and_unfollowed_by_any_of_its_messages(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    first = post(alice, room, "Tea?")
    reply = post(alice, room, "Hello?", first.id)
    client = client_for(bob)
    thread = client.get(f"/api/messages/{first.id}/replies").json()
    assert (thread["isFollowing"], thread["unreadReplies"]) == (False, None)
    for message in (first, reply):
        followed = client.post(f"/api/messages/{message.id}/follow").json()
        assert followed == {"messageId": str(first.id), "isFollowing": True, "lastReadSeq": 2}
    post(alice, room, "Anybody?", first.id)
    assert client.get(f"/api/messages/{first.id}/replies").json()["unreadReplies"] == 1
    unfollowed = client.delete(f"/api/messages/{reply.id}/follow").json()
    assert (unfollowed["isFollowing"], unfollowed["lastReadSeq"]) == (False, None)
    assert client.put(f"/api/messages/{first.id}/read", {"seq": 3}).json() == unfollowed


# Changing, over REST


def test_a_message_is_edited_and_staff_read_the_earlier_texts(
    room: Room, bob: User, staff: User, client_for: ClientFor
) -> None:
    message = post(bob, room, "Tee?")
    answer = client_for(bob).put(f"/api/messages/{message.id}", {"body": "Tea?\r\nOr coffee?"})
    assert answer.json()["message"] == "Message updated successfully"
    assert answer.json()["data"]["body"] == "Tea?\nOr coffee?"
    edit_message(actor=actor_of(bob), message_id=message.id, body="Tea!")
    [first, second] = client_for(staff).get(f"/api/messages/{message.id}/edits").json()["edits"]
    assert (first["body"], second["body"]) == ("Tee?", "Tea?\nOr coffee?")


@pytest.mark.parametrize("emoji", ["x", "%20", "%00", "%F0%9F%91%8D" * 20, "👍 👍"])
def test_only_an_emoji_is_a_reaction(
    room: Room, bob: User, client_for: ClientFor, emoji: str
) -> None:
    message = post(bob, room, "Tea?")
    answer = client_for(bob).put(f"/api/messages/{message.id}/reactions/{emoji}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


# Search


def test_messages_are_found_as_in_every_search(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    found = post(alice, room, "Straße nach İstanbul")
    deleted = post(alice, room, "Straße")
    delete_message(actor=actor_of(alice), message_id=deleted.id)
    edited = post(alice, room, "Weg")
    edit_message(actor=actor_of(alice), message_id=edited.id, body="Allee")
    client = client_for(bob)
    for text, ids in (
        ("STRASSE", [found]),
        ("istanbul", [found]),
        ("strasse%", []),
        ("weg", []),
        ("allee", [edited]),
    ):
        answer = client.get("/api/messages/search", {"q": text}).json()
        assert [each["id"] for each in answer["messages"]] == [str(each.id) for each in ids]
    assert client.get("/api/messages/search").status_code == 400


# Cost


@pytest.mark.parametrize("count", [1, 6])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        user = make_user(f"User{number}")
        group = create_room(actor=actor_of(alice), name=f"Group {number}", is_open=True)
        direct, _ = open_direct_room(actor=actor_of(alice), user_id=user.id)
        of_poll = open_poll_room(actor=actor_of(alice), poll_id=make_poll().id)
        join_room(actor=actor_of(alice), room_id=of_poll.id)
        join_room(actor=actor_of(user), room_id=group.id)
        for room in (group, direct, of_poll):
            message = post(user, room, "@Alice hello!")
            set_reaction(actor=actor_of(user), message_id=message.id, emoji="👍", is_on=True)
    client = client_for(alice)
    with django_assert_num_queries(10):
        listed = client.get("/api/rooms", {"limit": 100}).json()["rooms"]
    assert len(listed) == 3 * count
    assert {each["unreadMentions"] for each in listed} == {1}
    for _ in range(count):
        post(bob, of_poll, "Hello!", post(bob, of_poll, "Hello!").id)
    with django_assert_num_queries(8):
        client.get(f"/api/messages/{of_poll.id}")
    with django_assert_num_queries(5):
        client.get(f"/api/rooms/{of_poll.id}/members", {"all": "true"})
    with django_assert_num_queries(5):
        client.get("/api/messages/search", {"q": "hello"})

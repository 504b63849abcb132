"""Creating, changing and deleting rooms over REST."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms import hide_room, open_direct_room, open_lobby, open_poll_room
from polls.services import hide_poll
from tests.conftest import ClientFor, MakePoll, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def created(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.content
    room: dict[str, Any] = answer.json()["room"]
    return room


# Groups


def test_a_group_belongs_to_its_creator(alice: User, client_for: ClientFor) -> None:
    answer = client_for(alice).post("/api/rooms", {"name": "  Kitchen ", "isOpen": True})
    assert answer.json()["message"] == "Room created successfully"
    room = created(answer)
    assert (room["kind"], room["name"], room["isOpen"]) == ("group", "Kitchen", True)
    assert (room["role"], room["isMember"], room["isModerator"]) == ("owner", True, True)
    assert (room["memberCount"], room["unreadCount"], room["lastSeq"]) == (1, 0, 0)
    assert client_for(alice).get(f"/api/rooms/{room['id']}").json()["room"] == room


def test_a_room_created_twice_under_one_key_is_one_room(alice: User, client_for: ClientFor) -> None:
    answers = [
        client_for(alice).post("/api/rooms", {"name": "Kitchen"}, HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    ]
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert answers[0].json() == answers[1].json()
    assert Room.objects.count() == 1


def test_people_are_invited_with_the_room(
    alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    ids = [str(each.id) for each in (bob, charlie, bob, alice)]
    room = created(client_for(alice).post("/api/rooms", {"name": "Kitchen", "invitedIds": ids}))
    [listed] = client_for(bob).get("/api/rooms", {"invited": "true"}).json()["rooms"]
    assert (listed["id"], listed["isInvited"], listed["isMember"]) == (room["id"], True, False)
    assert (listed["lastSeq"], listed["unreadCount"]) == (None, None)
    assert Membership.objects.count() == 3


def test_people_who_cannot_be_found_cannot_be_invited(
    alice: User, guest: User, client_for: ClientFor
) -> None:
    ids = [str(guest.id), str(uuid4())]
    answer = client_for(alice).post("/api/rooms", {"name": "Kitchen", "invitedIds": ids})
    assert answer.status_code == 400
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["invitedIds.0", "invitedIds.1"]
    assert not Room.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "Kitchen", "isOpen": "yes"}, "isOpen"),
        ({"name": "Kitchen", "kind": "lobby"}, "kind"),
        ({"name": "Kitchen", "invitedIds": ["x"]}, "invitedIds.0"),
        ({"name": "Kitchen", "invitedIds": [str(uuid4())] * 51}, "invitedIds"),
    ],
)
def test_an_invalid_room_is_refused(
    alice: User, client_for: ClientFor, body: Any, field: str
) -> None:
    answer = client_for(alice).post("/api/rooms", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_settings_are_changed_one_by_one(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    room = created(client.post("/api/rooms", {"name": "Kitchen"}))
    address = f"/api/rooms/{room['id']}"
    for changes in (
        {"name": "Garden"},
        {"isOpen": True},
        {"isAnnouncementOnly": True},
        {"slowModeSeconds": 30},
        {"slowModeSeconds": 0},
    ):
        answer = client.patch(address, changes).json()
        assert answer["message"] == "Room updated successfully"
        room |= changes | {"updatedAt": answer["room"]["updatedAt"]}
        assert answer["room"] == room
    for value in (-1, 3601):
        assert client.patch(address, {"slowModeSeconds": value}).status_code == 400


def test_a_renamed_room_is_found_by_its_new_name(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    room = created(client.post("/api/rooms", {"name": "Kitchen"}))
    client.patch(f"/api/rooms/{room['id']}", {"name": "Garden"})
    assert len(client.get("/api/rooms", {"search": "GARDEN"}).json()["rooms"]) == 1
    assert client.get("/api/rooms", {"search": "kitchen"}).json()["rooms"] == []


def test_a_deleted_room_is_missing(alice: User, bob: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    room = created(client.post("/api/rooms", {"name": "Kitchen", "isOpen": True}))
    assert client.delete(f"/api/rooms/{room['id']}").status_code == 200
    for user in (alice, bob):
        assert client_for(user).get(f"/api/rooms/{room['id']}").json()["code"] == "room.not_found"
        assert client_for(user).get("/api/rooms").json()["rooms"] == []


# Direct rooms


def test_a_direct_room_is_the_same_for_both(alice: User, bob: User, client_for: ClientFor) -> None:
    first = client_for(alice).post("/api/rooms/direct", {"userId": str(bob.id)})
    assert (first.status_code, first.json()["room"]["name"]) == (201, "Bob")
    for user, other in ((alice, bob), (bob, alice)):
        again = client_for(user).post("/api/rooms/direct", {"userId": str(other.id)})
        room = again.json()["room"]
        assert (again.status_code, room["id"]) == (200, first.json()["room"]["id"])
        assert room["person"] == {"id": str(other.id), "name": other.name, "isGuest": False}
    assert Room.objects.get().member_count == 2


def test_a_direct_room_is_found_by_the_other_persons_name(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    open_direct_room(actor=actor_of(alice), user_id=bob.id)
    for user, text, count in ((alice, "bob", 1), (alice, "alice", 0), (bob, "ALI", 1)):
        found = client_for(user).get("/api/rooms", {"search": text, "kind": "direct"}).json()
        assert found["pagination"]["totalCount"] == count


def test_nobody_has_a_direct_room_with_themselves_or_a_guest(
    alice: User, guest: User, client_for: ClientFor
) -> None:
    own = client_for(alice).post("/api/rooms/direct", {"userId": str(alice.id)})
    assert (own.status_code, own.json()["errors"][0]["field"]) == (400, "userId")
    answer = client_for(alice).post("/api/rooms/direct", {"userId": str(guest.id)})
    assert answer.json()["code"] == "account.not_found"
    refused = client_for(guest).post("/api/rooms/direct", {"userId": str(alice.id)})
    assert refused.json()["code"] == "auth.account_required"


# Rooms of polls, and the lobby


def test_a_polls_room_is_created_on_first_use(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    rooms = [
        client_for(user).get(f"/api/polls/{poll.id}/room").json()["room"]
        for user in (bob, alice, None)
    ]
    assert len({room["id"] for room in rooms}) == 1
    assert [room["isModerator"] for room in rooms] == [False, True, False]
    assert (rooms[0]["kind"], rooms[0]["name"]) == ("poll", poll.question)
    assert rooms[0]["pollId"] == str(poll.id)
    assert Room.objects.count() == 1


def test_a_polls_room_disappears_with_the_poll(
    alice: User, bob: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    room = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert client_for(bob).get(f"/api/rooms/{room.id}").status_code == 404
    assert client_for(bob).get(f"/api/polls/{poll.id}/room").json()["code"] == "poll.not_found"
    assert client_for(alice).get(f"/api/rooms/{room.id}").status_code == 200


def test_a_hidden_room_of_a_poll_stays_hidden(
    bob: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    room = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    hide_room(actor=actor_of(staff), room_id=room.id, reason="spam")
    assert client_for(bob).get(f"/api/polls/{poll.id}/room").json()["code"] == "room.not_found"
    assert Room.objects.count() == 1


def test_there_is_one_lobby(bob: User, client_for: ClientFor) -> None:
    rooms = [client_for(user).get("/api/rooms/lobby").json()["room"] for user in (None, bob)]
    assert rooms[0]["id"] == rooms[1]["id"]
    assert (rooms[0]["kind"], rooms[0]["name"]) == ("lobby", "Lobby")
    [listed] = client_for(None).get("/api/rooms", {"kind": "lobby"}).json()["rooms"]
    assert listed == rooms[0]


def test_only_groups_have_a_name_to_change(
    alice: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    of_poll = open_poll_room(actor=actor_of(alice), poll_id=make_poll().id)
    lobby = open_lobby()
    for user, room in ((alice, of_poll), (staff, lobby)):
        for changes in ({"name": "Mine"}, {"isOpen": True}):
            answer = client_for(user).patch(f"/api/rooms/{room.id}", changes)
            assert answer.json()["code"] == "room.kind"
        answer = client_for(user).patch(f"/api/rooms/{room.id}", {"isAnnouncementOnly": True})
        assert answer.json()["room"]["isAnnouncementOnly"]


@pytest.mark.parametrize("prefix", ["/api", "/api/v1", ""])
@pytest.mark.parametrize("ending", ["", "/"])
def test_rooms_have_several_addresses(
    alice: User, client_for: ClientFor, prefix: str, ending: str
) -> None:
    client = client_for(alice)
    room = created(client.post(f"{prefix}/rooms{ending}", {"name": "Kitchen"}))
    assert client.get(f"{prefix}/rooms/{room['id']}{ending}").json()["room"] == room
    assert client.get(f"{prefix}/messages/{room['id']}{ending}").json()["messages"] == []
    assert client.get(f"{prefix}/users/me{ending}").json()["user"]["name"] == "Alice"
    missing = client.get(f"{prefix}/rooms/x/y/z{ending}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")

"""Joining and leaving rooms, inviting and moderating people over REST."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.memberships import join_room
from chat.models import Membership, Room
from chat.rooms import create_room, open_direct_room, open_lobby, open_poll_room
from tests.chat.rooms import post
from tests.conftest import ClientFor, MakePoll, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kitchen(alice: User, bob: User) -> Room:
    """An open group of alice's, with bob as a member."""
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    return room


def code_of(answer: Any) -> str | None:
    code: str | None = answer.json().get("code")
    return code


def members_of(room: Room) -> set[str]:
    joined = Membership.objects.filter(room=room, joined_at__isnull=False, banned_at=None)
    names = set(joined.values_list("user__name", flat=True))
    room.refresh_from_db()
    assert room.member_count == len(names)
    return names


# Joining and leaving


def test_joining_twice_is_joining_once(
    kitchen: Room, charlie: User, guest: User, client_for: ClientFor
) -> None:
    for user in (charlie, charlie, guest):
        answer = client_for(user).post(f"/api/rooms/{kitchen.id}/join")
        assert answer.json()["room"]["isMember"]
    assert members_of(kitchen) == {"Alice", "Bob", "Charlie", "Guest"}


def test_what_was_said_before_joining_counts_as_read(
    kitchen: Room, bob: User, charlie: User, client_for: ClientFor
) -> None:
    post(bob, kitchen, "Hello!")
    room = client_for(charlie).post(f"/api/rooms/{kitchen.id}/join").json()["room"]
    assert (room["lastReadSeq"], room["unreadCount"]) == (1, 0)


def test_joining_a_polls_room_adds_it_to_the_list(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    room = open_poll_room(actor=actor_of(bob), poll_id=make_poll().id)
    client = client_for(bob)
    assert client.get("/api/rooms").json()["rooms"] == []
    client.post(f"/api/rooms/{room.id}/join")
    assert [each["kind"] for each in client.get("/api/rooms").json()["rooms"]] == ["poll"]
    client.delete(f"/api/rooms/{room.id}/leave")
    assert client.get("/api/rooms").json()["rooms"] == []


def test_a_member_leaves(kitchen: Room, bob: User, client_for: ClientFor) -> None:
    assert client_for(bob).delete(f"/api/rooms/{kitchen.id}/leave").status_code == 200
    assert members_of(kitchen) == {"Alice"}
    assert code_of(client_for(bob).delete(f"/api/rooms/{kitchen.id}/leave")) == "room.not_member"


def test_the_only_owner_makes_somebody_else_an_owner_before_leaving(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    client, leave = client_for(alice), f"/api/rooms/{kitchen.id}/leave"
    assert code_of(client.delete(leave)) == "room.last_owner"
    step_down = client.put(f"/api/rooms/{kitchen.id}/members/{alice.id}", {"role": "member"})
    assert code_of(step_down) == "room.last_owner"
    client.put(f"/api/rooms/{kitchen.id}/members/{bob.id}", {"role": "owner"})
    assert client.delete(leave).status_code == 200
    assert client_for(bob).get(f"/api/rooms/{kitchen.id}").json()["room"]["role"] == "owner"


def test_a_group_that_its_last_member_leaves_is_deleted(alice: User, client_for: ClientFor) -> None:
    room = create_room(actor=actor_of(alice), name="Mine", is_open=True)
    assert client_for(alice).delete(f"/api/rooms/{room.id}/leave").status_code == 200
    assert client_for(alice).get(f"/api/rooms/{room.id}").status_code == 404


def test_a_direct_room_cannot_be_left(alice: User, bob: User, client_for: ClientFor) -> None:
    room, _ = open_direct_room(actor=actor_of(alice), user_id=bob.id)
    assert code_of(client_for(bob).delete(f"/api/rooms/{room.id}/leave")) == "room.kind"


# Invitations


def test_an_invitation_is_accepted_by_joining(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    room = create_room(actor=actor_of(alice), name="Secret")
    assert code_of(client_for(bob).post(f"/api/rooms/{room.id}/join")) == "room.not_found"
    for _ in range(2):
        answer = client_for(alice).post(
            f"/api/rooms/{room.id}/invitations", {"userId": str(bob.id)}
        )
        assert answer.status_code == 201
        assert answer.json()["member"]["joinedAt"] is None
    assert members_of(room) == {"Alice"}
    assert client_for(bob).post(f"/api/rooms/{room.id}/join").json()["room"]["isMember"]
    assert members_of(room) == {"Alice", "Bob"}
    again = client_for(alice).post(f"/api/rooms/{room.id}/invitations", {"userId": str(bob.id)})
    assert code_of(again) == "room.already_member"


@pytest.mark.parametrize("who", ["invited", "owner"])
def test_an_invitation_is_declined_or_withdrawn(
    alice: User, bob: User, client_for: ClientFor, who: str
) -> None:
    room = create_room(actor=actor_of(alice), name="Secret", invited_ids=[bob.id])
    if who == "invited":
        answer = client_for(bob).delete(f"/api/rooms/{room.id}/leave")
    else:
        answer = client_for(alice).delete(f"/api/rooms/{room.id}/members/{bob.id}")
    assert answer.status_code == 200
    assert code_of(client_for(bob).get(f"/api/rooms/{room.id}")) == "room.not_found"
    assert members_of(room) == {"Alice"}


def test_people_who_cannot_be_found_cannot_be_invited(
    kitchen: Room, alice: User, guest: User, client_for: ClientFor
) -> None:
    for user_id in (guest.id, uuid4()):
        answer = client_for(alice).post(
            f"/api/rooms/{kitchen.id}/invitations", {"userId": str(user_id)}
        )
        assert code_of(answer) == "account.not_found"


# Moderation


def test_a_ban_lasts_until_it_is_lifted(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    member = f"/api/rooms/{kitchen.id}/members/{bob.id}"
    answer = client_for(alice).put(member, {"isBanned": True})
    assert answer.json()["member"]["bannedAt"] is not None
    assert members_of(kitchen) == {"Alice"}
    client = client_for(bob)
    assert code_of(client.post(f"/api/rooms/{kitchen.id}/join")) == "room.banned"
    assert code_of(client.delete(f"/api/rooms/{kitchen.id}/leave")) == "room.banned"
    assert code_of(client.get(f"/api/messages/{kitchen.id}")) == "room.banned"
    assert client.get("/api/rooms").json()["rooms"] == []
    client_for(alice).put(member, {"isBanned": False})
    assert client.post(f"/api/rooms/{kitchen.id}/join").status_code == 200
    assert members_of(kitchen) == {"Alice", "Bob"}


def test_an_invitation_lifts_a_ban(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    client_for(alice).put(f"/api/rooms/{kitchen.id}/members/{bob.id}", {"isBanned": True})
    client_for(alice).post(f"/api/rooms/{kitchen.id}/invitations", {"userId": str(bob.id)})
    assert client_for(bob).post(f"/api/rooms/{kitchen.id}/join").status_code == 200


def test_a_muted_person_stays_muted_after_leaving_and_coming_back(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    until = timezone.now() + timedelta(hours=1)
    member = f"/api/rooms/{kitchen.id}/members/{bob.id}"
    client_for(alice).put(member, {"mutedUntil": until.isoformat()})
    client = client_for(bob)
    client.delete(f"/api/rooms/{kitchen.id}/leave")
    assert client.post(f"/api/rooms/{kitchen.id}/join").json()["room"]["mutedUntil"] is not None
    message = {"roomId": str(kitchen.id), "body": "Hello?"}
    assert code_of(client.post("/api/messages", message)) == "room.muted"
    client_for(alice).put(member, {"mutedUntil": None})
    assert client.post("/api/messages", message).status_code == 201


def test_people_who_only_read_are_moderated_in_public_rooms(
    staff: User, charlie: User, client_for: ClientFor
) -> None:
    lobby = open_lobby()
    answer = client_for(staff).put(
        f"/api/rooms/{lobby.id}/members/{charlie.id}", {"isBanned": True}
    )
    assert answer.status_code == 200
    sent = client_for(charlie).post("/api/messages", {"roomId": str(lobby.id), "body": "Hi"})
    assert code_of(sent) == "room.banned"
    missing = client_for(staff).put(f"/api/rooms/{lobby.id}/members/{uuid4()}", {"isBanned": True})
    assert code_of(missing) == "account.not_found"


def test_a_stranger_of_a_group_cannot_be_moderated(
    kitchen: Room, alice: User, charlie: User, client_for: ClientFor
) -> None:
    answer = client_for(alice).put(
        f"/api/rooms/{kitchen.id}/members/{charlie.id}", {"isBanned": True}
    )
    assert code_of(answer) == "account.not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation"),
        ({"role": "king"}, "validation"),
        ({"isBanned": None}, "validation"),
        ({"mutedUntil": "soon"}, "validation"),
        ({"role": "owner", "extra": 1}, "validation"),
    ],
)
def test_an_invalid_change_of_a_member_is_refused(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor, body: Any, code: str
) -> None:
    answer = client_for(alice).put(f"/api/rooms/{kitchen.id}/members/{bob.id}", body)
    assert code_of(answer) == code


def test_an_owner_cannot_ban_or_mute_themselves(
    kitchen: Room, alice: User, client_for: ClientFor
) -> None:
    for body in ({"isBanned": True}, {"mutedUntil": "2999-01-01T00:00:00Z"}):
        answer = client_for(alice).put(f"/api/rooms/{kitchen.id}/members/{alice.id}", body)
        assert [error["field"] for error in answer.json()["errors"]] == list(body)


def test_only_members_of_groups_have_roles(
    kitchen: Room, alice: User, bob: User, staff: User, client_for: ClientFor
) -> None:
    client_for(bob).delete(f"/api/rooms/{kitchen.id}/leave")
    left = client_for(alice).put(f"/api/rooms/{kitchen.id}/members/{bob.id}", {"role": "owner"})
    assert code_of(left) == "room.not_member"
    lobby = open_lobby()
    answer = client_for(staff).put(f"/api/rooms/{lobby.id}/members/{bob.id}", {"role": "owner"})
    assert code_of(answer) == "room.kind"


def test_moderators_see_who_was_invited_muted_or_banned(
    kitchen: Room, alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    client.post(f"/api/rooms/{kitchen.id}/invitations", {"userId": str(charlie.id)})
    client.put(f"/api/rooms/{kitchen.id}/members/{bob.id}", {"mutedUntil": "2999-01-01T00:00:00Z"})
    address = f"/api/rooms/{kitchen.id}/members"
    everybody = client.get(address, {"all": "true"}).json()["members"]
    assert [each["user"]["name"] for each in everybody] == ["Charlie", "Bob", "Alice"]
    assert everybody[1]["mutedUntil"] == "2999-01-01T00:00:00Z"
    joined = client_for(bob).get(address).json()
    assert [each["user"]["name"] for each in joined["members"]] == ["Bob", "Alice"]
    assert {each["mutedUntil"] for each in joined["members"]} == {None}
    assert joined["pagination"]["totalCount"] == 2
    assert code_of(client_for(bob).get(address, {"all": "true"})) == "room.not_owner"

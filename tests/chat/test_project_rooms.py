"""The room of a project: for its members by their roles, without joining it."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.memberships import MemberChange, moderate_member
from chat.models import Membership, Message, Room
from chat.project_rooms import open_project_room
from chat.removal import prune_deleted_rooms
from chat.selectors import RoomFilter, list_rooms_for, view_rooms
from tests.chat.rooms import ban, make_project, post
from tests.conftest import ClientFor, actor_of, make_user
from workspaces.members import change_role, remove_member
from workspaces.models import Project
from workspaces.permissions import Role
from workspaces.projects import create_project, delete_project, update_project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """A project of alice's, with bob as a viewer."""
    return make_project(alice, {bob: Role.VIEWER})


@pytest.fixture
def room(project: Project, alice: User) -> Room:
    return open_project_room(actor=actor_of(alice), project_id=project.id)


def rooms_of(client: Any, **query: Any) -> list[dict[str, Any]]:
    rooms: list[dict[str, Any]] = client.get("/api/rooms", {"kind": "project", **query}).json()[
        "rooms"
    ]
    return rooms


def members_in(client: Any, room: Room, **query: Any) -> list[dict[str, Any]]:
    members: list[dict[str, Any]] = client.get(f"/api/rooms/{room.id}/members", query).json()[
        "members"
    ]
    return members


def test_a_project_has_one_room_with_its_name(
    project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    assert rooms_of(client_for(bob)) == []
    answer = client_for(bob).get(f"/api/projects/{project.id}/room").json()["room"]
    again = client_for(alice).get(f"/api/projects/{project.id}/room").json()["room"]
    assert again["id"] == answer["id"]
    assert (answer["kind"], answer["name"]) == ("project", "Town hall")
    assert (answer["projectId"], answer["memberCount"]) == (str(project.id), 2)
    assert (answer["role"], answer["isModerator"], again["role"]) == ("member", False, "owner")
    update_project(actor=actor_of(alice), project_id=project.id, name="Market square")
    assert [each["name"] for each in rooms_of(client_for(bob))] == ["Market square"]


def test_the_room_is_listed_for_members_who_have_never_opened_it(
    room: Room, bob: User, charlie: User, client_for: ClientFor
) -> None:
    for query, count in (
        ({}, 1),
        ({"member": True}, 1),
        ({"member": False}, 0),
        ({"invited": True}, 0),
        ({"search": "town"}, 1),
        ({"search": "country"}, 0),
    ):
        assert len(rooms_of(client_for(bob), **query)) == count, query
        assert rooms_of(client_for(charlie), **query) == []


def test_the_members_are_those_of_the_project(
    room: Room, project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    dora = make_user("Dora")
    assert members_in(client_for(alice), room)[0]["joinedAt"] is not None
    join = client_for(alice).post(
        f"/api/projects/{project.id}/members", {"email": dora.email, "role": "owner"}
    )
    assert join.status_code == 201
    shown = [(each["user"]["name"], each["role"]) for each in members_in(client_for(bob), room)]
    assert shown == [("Dora", "owner"), ("Bob", "member"), ("Alice", "owner")]


def test_a_banned_member_is_shown_to_moderators_only(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    ban(alice, room, bob)
    client = client_for(alice)
    assert [each["user"]["name"] for each in members_in(client, room)] == ["Alice"]
    banned, owner = members_in(client, room, all=True)
    assert (banned["bannedAt"] is not None, banned["joinedAt"]) == (True, None)
    assert owner["bannedAt"] is None
    assert client_for(bob).get("/api/rooms").json()["rooms"] == []
    change = MemberChange(is_banned=False)
    moderate_member(actor=actor_of(alice), room_id=room.id, user_id=bob.id, change=change)
    assert len(members_in(client_for(bob), room)) == 2


def test_only_members_of_the_project_are_moderated(
    room: Room, alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/rooms/{room.id}/members"
    mute = {"mutedUntil": "2999-01-01T00:00:00Z"}
    answer = client.put(f"{address}/{bob.id}", mute).json()["member"]
    assert (answer["role"], answer["mutedUntil"]) == ("member", "2999-01-01T00:00:00Z")
    assert answer["joinedAt"] is not None
    refused = client_for(bob).post("/api/messages", {"roomId": str(room.id), "body": "Hello?"})
    assert refused.json()["code"] == "room.muted"
    for user, body, code in (
        (charlie, mute, "account.not_found"),
        (bob, {"role": "owner"}, "room.kind"),
    ):
        assert client.put(f"{address}/{user.id}", body).json()["code"] == code
    assert not Membership.objects.filter(user=charlie).exists()


def test_the_role_in_the_project_decides_at_once(
    room: Room, project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    message = post(alice, room, "Hello!")
    client = client_for(bob)
    assert client.delete(f"/api/messages/{message.id}").json()["code"] == "message.not_author"
    for role, code in ((Role.COLLABORATOR, "message.not_author"), (Role.OWNER, None)):
        change_role(actor=actor_of(alice), project_id=project.id, user_id=bob.id, role=role)
        assert client.delete(f"/api/messages/{message.id}").json().get("code") == code


def test_somebody_who_is_removed_loses_the_room_and_keeps_their_ban(
    room: Room, project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    message = post(bob, room, "Hello!")
    client = client_for(bob)
    client.put(f"/api/rooms/{room.id}/read", {"seq": 1})
    ban(alice, room, bob)
    remove_member(actor=actor_of(alice), project_id=project.id, user_id=bob.id)
    assert rooms_of(client) == []
    for address in (f"projects/{project.id}/room", f"rooms/{room.id}", f"messages/{room.id}"):
        assert client.get(f"/api/{address}").status_code == 404
    assert client.put(f"/api/messages/{message.id}", {"body": "Hi!"}).status_code == 404
    assert client.get("/api/messages/search", {"q": "hello"}).json()["messages"] == []
    body = {"email": bob.email, "role": "viewer"}
    client_for(alice).post(f"/api/projects/{project.id}/members", body)
    assert client.get(f"/api/messages/{room.id}").json()["code"] == "room.banned"


def test_what_was_written_before_somebody_became_a_member_counts_as_read(
    room: Room, alice: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    post(alice, room, "Hello, @Bob!")
    [shown] = rooms_of(client)
    assert (shown["lastReadSeq"], shown["unreadCount"], shown["unreadMentions"]) == (0, 1, 1)
    dora = make_user("Dora")
    body = {"email": dora.email, "role": "viewer"}
    client_for(alice).post(f"/api/projects/{room.project_id}/members", body)
    post(alice, room, "Hello, @Dora!")
    [shown] = rooms_of(client_for(dora))
    assert (shown["lastReadSeq"], shown["unreadCount"], shown["unreadMentions"]) == (1, 1, 1)
    marked = client.put(f"/api/rooms/{room.id}/read", {"seq": 1}).json()
    assert (marked["unreadCount"], marked["unreadMentions"]) == (1, 0)
    post(bob, room, "Hello!")
    [shown] = rooms_of(client)
    assert (shown["lastReadSeq"], shown["unreadCount"]) == (3, 0)


def test_a_mention_of_an_earlier_membership_is_not_unread(
    room: Room, project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    post(alice, room, "Hello, @Bob!")
    remove_member(actor=actor_of(alice), project_id=project.id, user_id=bob.id)
    body = {"email": bob.email, "role": "viewer"}
    client_for(alice).post(f"/api/projects/{project.id}/members", body)
    [shown] = rooms_of(client_for(bob))
    assert (shown["unreadCount"], shown["unreadMentions"]) == (0, 0)


def test_members_are_mentioned_and_nobody_else(
    room: Room, project: Project, alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    erik, dora = make_user("Erik"), make_user("Dora")
    for user in (erik, dora):
        body = {"email": user.email, "role": "viewer"}
        client_for(alice).post(f"/api/projects/{project.id}/members", body)
    post(dora, room, "Hello!")
    remove_member(actor=actor_of(alice), project_id=project.id, user_id=dora.id)
    ban(alice, room, erik)
    message = post(alice, room, "@Bob @Charlie @Dora @Erik @Alice")
    mentioned = set(message.mentions.values_list("user", flat=True))
    assert mentioned == {bob.id, alice.id}


def test_a_deleted_project_takes_its_room_with_it(
    room: Room, project: Project, alice: User, staff: User, client_for: ClientFor
) -> None:
    post(alice, room, "Hello!")
    delete_project(actor=actor_of(alice), project_id=project.id)
    for user in (alice, staff):
        assert client_for(user).get(f"/api/rooms/{room.id}").json()["code"] == "room.not_found"
    while prune_deleted_rooms("").position is not None:
        pass
    assert not Room.objects.exists()
    assert not Message.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_rooms(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    actor = actor_of(bob)

    def open_rooms(count: int) -> None:
        for _ in range(count):
            project = make_project(alice, {bob: Role.VIEWER})
            post(alice, open_project_room(actor=actor, project_id=project.id), "Hello, @Bob!")

    open_rooms(1)
    for _ in range(2):
        # Rooms with polls and projects; memberships; roles; messages with mentions and reactions;
        # markers, own messages, mentions.
        with django_assert_num_queries(9):
            view_rooms(list(list_rooms_for(actor, RoomFilter())), actor)
        open_rooms(5)


def test_a_project_of_others_does_not_change_what_is_listed(
    room: Room, charlie: User, client_for: ClientFor
) -> None:
    own = create_project(actor=actor_of(charlie), name="Choir")
    opened = open_project_room(actor=actor_of(charlie), project_id=own.id)
    assert [each["id"] for each in rooms_of(client_for(charlie))] == [str(opened.id)]

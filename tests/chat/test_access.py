"""Everybody has the access of the tables in every kind of room; the rest looks missing."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Message, Room
from polls.models import Poll
from tests.chat.access_tables import IN_ROOMS, READING, WORDS
from tests.chat.rooms import KINDS, Cast, Scene, make_cast, set_scene
from tests.conftest import ClientFor
from tests.tables import read_table
from workspaces.models import Project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

Clients = dict[str, APIClient]


@pytest.fixture
def cast(alice: User, bob: User, guest: User, staff: User) -> Cast:
    return make_cast(alice, bob, guest, staff)


@pytest.fixture
def clients(cast: Cast, client_for: ClientFor) -> Clients:
    """Everybody's client. One was suspended after signing in."""
    return {name: client_for(user) for name, user in cast.people.items()}


def body_of(endpoint: str, room: Room, cast: Cast) -> Any:
    """A body that the endpoint accepts."""
    bodies = {
        "PATCH /api/rooms/{room_id}": {"slowModeSeconds": 5},
        "PUT /api/rooms/{room_id}/members/{user_id}": {"mutedUntil": "2999-01-01T00:00:00Z"},
        "POST /api/rooms/{room_id}/invitations": {"userId": str(cast.other.id)},
        "PUT /api/rooms/{room_id}/read": {"seq": 1},
        "POST /api/messages": {"roomId": str(room.id), "body": "Hello, too!"},
        "PUT /api/messages/{room_or_message_id}": {"body": "Hello again!"},
        "PUT /api/messages/{message_id}/read": {"seq": 1},
    }
    return bodies.get(endpoint)


def call(client: APIClient, endpoint: str, scene: Scene, cast: Cast) -> Any:
    """Makes the request of an endpoint about a room and the member's message in it."""
    method, path = endpoint.split()
    is_of_room = endpoint == "GET /api/messages/{room_or_message_id}"
    address = path.format(
        room_id=scene.room.id,
        message_id=scene.message.id,
        room_or_message_id=scene.room.id if is_of_room else scene.message.id,
        user_id=cast.member.id,
        emoji="%F0%9F%91%8D",
        poll_id=scene.poll.id if scene.poll else uuid4(),
        project_id=scene.room.project_id or uuid4(),
    )
    return getattr(client, method.lower())(address, body_of(endpoint, scene.room, cast))


def prepare(kind: str, cast: Cast) -> Scene:
    """Creates a room of a kind; one of its members is suspended afterwards."""
    suspended = User.objects.filter(id=cast.suspended.id)
    suspended.update(is_active=True)
    scene = set_scene(kind, cast)
    suspended.update(is_active=False)
    return scene


def word_of(answer: Any) -> str:
    code = answer.json()["code"] if answer.status_code >= 400 else None
    return WORDS.get((answer.status_code, code), f"{answer.status_code} {code}")


def clear() -> None:
    Message.objects.all().delete()
    Room.objects.all().delete()
    Poll.objects.all().delete()
    Project.objects.all().delete()


@pytest.mark.parametrize("endpoint", IN_ROOMS)
def test_access_to_rooms_is_as_in_the_tables(cast: Cast, clients: Clients, endpoint: str) -> None:
    expected = read_table(IN_ROOMS[endpoint])
    outcomes: dict[str, dict[str, str]] = {}
    for kind, row in expected.items():
        outcomes[kind] = {}
        scene = None
        for name in row:
            scene = scene or prepare(kind, cast)
            answer = call(clients[name], endpoint, scene, cast)
            outcomes[kind][name] = word_of(answer)
            if answer.status_code < 300 and not endpoint.startswith("GET"):
                scene = None  # It is another one by now.
                clear()
        clear()
    assert outcomes == expected


UNSEEN = {
    "other": ("closed", "direct", "draft", "project", "hidden"),
    "invited": ("direct", "draft", "project", "hidden"),
    "guest": ("closed", "direct", "draft", "project", "hidden"),
    "visitor": ("closed", "direct", "draft", "project", "hidden"),
    "banned": ("direct", "draft", "hidden"),
    "staff": ("direct",),
}


@pytest.mark.parametrize("endpoint", IN_ROOMS)
def test_a_room_that_a_person_may_not_see_looks_missing(
    cast: Cast, clients: Clients, endpoint: str
) -> None:
    """To the byte, with the same headers; staff can delete messages everywhere."""
    missing = Scene(Room(id=uuid4()), None, Message(id=uuid4()))
    scenes = {kind: prepare(kind, cast) for kind in UNSEEN["other"]}
    only = {
        "GET /api/polls/{poll_id}/room": {"draft"},
        "GET /api/projects/{project_id}/room": {"project"},
    }.get(endpoint, set(scenes))
    for name, kinds in UNSEEN.items():
        if name == "staff" and endpoint == "DELETE /api/messages/{room_or_message_id}":
            continue
        wanted = shown(call(clients[name], endpoint, missing, cast))
        for kind in only & set(kinds):
            assert shown(call(clients[name], endpoint, scenes[kind], cast)) == wanted, (name, kind)


def shown(answer: Any) -> Any:
    assert answer.status_code >= 400
    headers = {name: value for name, value in answer.items() if name != "X-Request-Id"}
    return answer.status_code, answer.content, headers


def test_only_those_who_may_read_a_room_see_its_numbers_and_last_message(
    cast: Cast, clients: Clients
) -> None:
    may_read = read_table(READING)
    for kind in KINDS:
        room = prepare(kind, cast).room
        for name, client in clients.items():
            answer = client.get(f"/api/rooms/{room.id}")
            if answer.status_code == 200:
                shown = answer.json()["room"]
                sees = {shown[key] is not None for key in ("lastMessage", "lastSeq", "revision")}
                assert sees == {may_read[kind][name] == "ok"}, (kind, name)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("owner", {"open", "closed", "direct", "lobby", "project"}),
        ("member", {"open", "closed", "direct", "lobby", "poll", "project"}),
        ("invited", {"open", "closed", "lobby"}),
        ("banned", set()),
        ("other", {"open", "lobby"}),
        ("guest", {"open", "lobby"}),
        ("visitor", {"open", "lobby"}),
        ("staff", {"open", "lobby"}),
    ],
)
def test_a_list_has_the_rooms_of_a_person_and_the_open_ones(
    cast: Cast, clients: Clients, name: str, kinds: set[str]
) -> None:
    scenes = {prepare(kind, cast).room.id: kind for kind in KINDS}
    answer = clients[name].get("/api/rooms", {"limit": 100}).json()
    listed = {scenes[UUID(room["id"])] for room in answer["rooms"]}
    assert listed == kinds
    assert answer["pagination"]["totalCount"] == len(kinds)


@pytest.mark.parametrize("name", ["owner", "member", "invited", "banned", "other", "visitor"])
def test_a_search_counts_only_messages_that_the_person_may_read(
    cast: Cast, clients: Clients, name: str
) -> None:
    """In the rooms they joined; and in a room by its id, as reading it is allowed."""
    for kind in KINDS:
        room = prepare(kind, cast).room
        answer = clients[name].get("/api/messages/search", {"q": "HELLO", "roomId": str(room.id)})
        assert word_of(answer) == read_table(READING)[kind][name]
        if answer.status_code == 200:
            assert answer.json()["pagination"]["totalCount"] == 1
    everywhere = clients[name].get("/api/messages/search", {"q": "hello"})
    found = {"owner": 4, "member": 6, "invited": 0, "banned": 0, "other": 0}
    if name == "visitor":
        assert word_of(everywhere) == "sign-in"
    else:
        assert everywhere.json()["pagination"]["totalCount"] == found[name]

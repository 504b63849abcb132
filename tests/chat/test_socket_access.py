"""Access to rooms over sockets, by the tables of the REST API.

A suspended person has no socket: ``tests/realtime/test_who_connects.py``.
"""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Room
from realtime.commands import COMMANDS
from realtime.database import in_database
from tests.chat.access_tables import MARKING, POSTING, READING
from tests.chat.rooms import Cast, make_cast, set_scene
from tests.realtime.conftest import Connect
from tests.tables import read_table

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

WORDS = {
    "auth.required": "sign-in",
    "room.banned": "banned",
    "room.not_found": "missing",
    "room.not_member": "join-first",
}
# Typing is for sockets that have joined: test_rooms_over_sockets.
TABLES = {"join-room": READING, "send-message": POSTING, "mark-read": MARKING}
BODIES: dict[str, dict[str, Any]] = {"send-message": {"body": "Hello!"}, "mark-read": {"seq": 1}}
UNSEEN = [
    ("other", "closed"), ("other", "direct"), ("other", "draft"), ("other", "hidden"),
    ("other", "project"), ("invited", "project"), ("guest", "project"), ("visitor", "project"),
    ("guest", "closed"), ("visitor", "closed"), ("banned", "draft"), ("staff", "direct"),
]  # fmt: skip


@pytest.fixture
def cast(alice: User, bob: User, guest: User, staff: User) -> Cast:
    return make_cast(alice, bob, guest, staff)


def word_of(answer: dict[str, Any]) -> str:
    return "ok" if answer["type"] == "reply" else WORDS.get(answer["code"], answer["code"])


def test_every_command_of_rooms_is_tested() -> None:
    of_rooms = {
        name
        for name, command in COMMANDS.items()
        if command.handler.__module__.startswith("chat.") and not command.only_socketio
    }
    assert of_rooms == {*TABLES, "leave-room", "typing"}


@pytest.mark.parametrize("command", TABLES)
async def test_access_to_rooms_is_as_in_the_tables(
    cast: Cast, connect: Connect, command: str
) -> None:
    expected = read_table(TABLES[command])
    for row in expected.values():
        del row["suspended"]
    people = {name: user for name, user in cast.people.items() if name != "suspended"}
    clients = {name: await connect(user) for name, user in people.items()}
    outcomes: dict[str, dict[str, str]] = {}
    for kind in expected:
        scene = await in_database(set_scene, kind, cast)
        outcomes[kind] = {}
        for name, client in clients.items():
            fields = BODIES.get(command, {})
            answer = await client.call(command, roomId=scene.room.id, **fields)
            outcomes[kind][name] = word_of(answer)
        await in_database(Room.objects.all().delete)
    assert outcomes == expected


@pytest.mark.parametrize(("name", "kind"), UNSEEN)
async def test_a_room_that_a_person_may_not_see_looks_missing(
    cast: Cast, connect: Connect, name: str, kind: str
) -> None:
    scene = await in_database(set_scene, kind, cast)
    client = await connect(cast.people[name])
    for command in (*TABLES, "leave-room", "typing"):
        answers = []
        for room_id in (scene.room.id, uuid4()):
            answer = await client.call(command, roomId=room_id, **BODIES.get(command, {}))
            del answer["ref"]
            answers.append(answer)
        assert answers[0] == answers[1], command

"""The access tables of rooms, over Socket.IO; native sockets are in test_socket_access."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Room
from realtime.database import in_database
from realtime.hub import Hub
from tests.chat.access_tables import MARKING, POSTING, READING, WORDS
from tests.chat.lobby_clients import Enter
from tests.chat.rooms import KINDS, Cast, make_cast, set_scene
from tests.conftest import access_token
from tests.realtime.socketio_requests import PollingClient
from tests.tables import read_table

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

# Sends a command about a room; returns the code of its error, None if it succeeds.
Call = Callable[[str, dict[str, Any]], Awaitable[str | None]]

TABLES = {"join-room": READING, "send-message": POSTING, "mark-read": MARKING}
FIELDS: dict[str, dict[str, Any]] = {
    "join-room": {},
    "send-message": {"body": "Hello, too!"},
    "mark-read": {"seq": 1},
}
WORDS_BY_CODE = {code: word for (_, code), word in WORDS.items()}


@pytest.fixture
def scenes(alice: User, bob: User, guest: User, staff: User) -> tuple[Cast, dict[str, Room]]:
    """A room of each kind; one of the members is suspended afterwards."""
    cast = make_cast(alice, bob, guest, staff)
    return cast, {kind: set_scene(kind, cast).room for kind in KINDS}


async def outcomes_of(call: Call, rooms: dict[str, Room], command: str) -> dict[str, str]:
    outcomes = {}
    for kind, room in rooms.items():
        code = await call(command, {"roomId": str(room.id), **FIELDS[command]})
        outcomes[kind] = WORDS_BY_CODE.get(code, str(code))
    return outcomes


def column(table: str, person: str) -> dict[str, str]:
    return {kind: row[person] for kind, row in read_table(table).items()}


def without_suspended(cast: Cast) -> dict[str, User | None]:
    return {name: user for name, user in cast.people.items() if name != "suspended"}


async def test_socketio_clients_have_the_access_of_the_tables(
    scenes: tuple[Cast, dict[str, Room]], enter: Enter
) -> None:
    cast, rooms = scenes
    for person, user in without_suspended(cast).items():
        token = None if user is None else await in_database(access_token, user)
        client = await enter(token=token)

        async def call(command: str, body: dict[str, Any]) -> str | None:
            code: str | None = (await client.ask(command, body)).get("code")  # noqa: B023 - at once
            return code

        for command, table in TABLES.items():
            outcomes = await outcomes_of(call, rooms, command)
            assert (person, command, outcomes) == (person, command, column(table, person))


async def test_somebody_who_was_suspended_does_not_connect(hub: Hub, bob: User) -> None:
    """So the tables say the same for all their columns."""
    token = await in_database(access_token, bob)
    await in_database(User.objects.filter(id=bob.id).update, is_active=False)
    client = await PollingClient().open()
    await client.post(f'40{{"token":"{token}"}}')
    assert '"code":"account.suspended"' in await client.find("44")

"""The commands of the lobby's older conversation; only Socket.IO clients have them."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, Field

from accounts.errors import AccountSuspendedError
from accounts.identity import NAME_MAX_CHARS
from apikit.errors import ApiError, TokenInvalidError
from apikit.wire import Wire
from chat.errors import POST_REFUSALS, READ_REFUSALS, LobbyIdTakenError
from chat.examples import LOBBY_MESSAGE
from chat.lobby.conversation import conversation_of
from chat.lobby.events import LobbyDeparture, LobbySessionAlive, LobbySessionWanted
from chat.lobby.identities import check_client_id, check_user_name
from chat.lobby_wire import LobbyMessage
from chat.models import LOBBY_ID_MAX_CHARS, MESSAGE_MAX_CHARS
from chat.serializers import TIME_STAMP_MAX_CHARS, number_as_text
from realtime import Hub, command, event_handler, periodic, socket_gone
from realtime.connection import Connection

# LobbySessionWanted can be lost between processes.
RECHECK_INTERVAL_S = 10.0

# Twice what is allowed: their own checks say how much that is.
ClientId = Annotated[
    str, Field(min_length=1, max_length=2 * LOBBY_ID_MAX_CHARS), BeforeValidator(number_as_text)
]
UserName = Annotated[str, Field(min_length=1, max_length=2 * NAME_MAX_CHARS)]
TimeStamp = Annotated[str, Field(max_length=TIME_STAMP_MAX_CHARS), BeforeValidator(number_as_text)]

_lobby_command = partial(command, only_socketio=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLobby(Wire):
    """``user_id`` is an id that the client has invented, a text or a number."""

    user_id: ClientId
    user_name: UserName


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLobby(Wire):
    """Who you are in the lobby."""

    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SayInLobby(Wire):
    """``time_stamp`` is any text or number that the copy over REST has, too."""

    user_id: ClientId
    user_name: UserName
    message_body: Annotated[str, Field(min_length=1, max_length=2 * MESSAGE_MAX_CHARS)]
    time_stamp: TimeStamp = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveLobby(Wire):
    """The fields are ignored."""

    user_id: str | None = None
    user_name: str | None = None


_EXAMPLE = {"userId": "k3v9", "userName": "Ada"}
_JOIN_REFUSALS: tuple[type[ApiError], ...] = (
    LobbyIdTakenError,
    *READ_REFUSALS,
    AccountSuspendedError,
    TokenInvalidError,
)


@_lobby_command("join", refusals=_JOIN_REFUSALS, example=_EXAMPLE, reply_example=_EXAMPLE)
async def join(hub: Hub, connection: Connection, body: JoinLobby) -> JoinedLobby:
    """Joins the lobby's older conversation: `message`, `userJoined`, `userLeft`, `onlineUsers`.

    A client without a token becomes a guest. Its `userId` is then taken: others get
    `lobby.id_taken` while it is connected, and later if they are in another network.
    """
    client_id, name = check_client_id(body.user_id), check_user_name(body.user_name)
    session = await conversation_of(hub).join(connection, client_id, name)
    return JoinedLobby(user_id=session.identity.client_id, user_name=session.identity.name)


@_lobby_command(
    "message",
    refusals=dict.fromkeys((*_JOIN_REFUSALS, *POST_REFUSALS)),
    example={**LOBBY_MESSAGE, **_EXAMPLE},
    reply_example={**LOBBY_MESSAGE, **_EXAMPLE},
)
async def say(hub: Hub, connection: Connection, body: SayInLobby) -> LobbyMessage:
    """Sends a message to the lobby, and joins first if you have not.

    Repeating it with the same `timeStamp`, here or with `POST /api/send`, does not post it again.
    """
    return await conversation_of(hub).say(
        connection,
        client_id=check_client_id(body.user_id),
        name=check_user_name(body.user_name),
        body=body.message_body,
        time_stamp=body.time_stamp,
    )


@_lobby_command("left", example=_EXAMPLE, bare_field="user_id")
async def leave(hub: Hub, connection: Connection, body: LeaveLobby) -> None:
    """Leaves the conversation; the client stays connected."""
    await conversation_of(hub).leave(connection)


@socket_gone.register
def forget(hub: Hub, connection: Connection) -> None:
    conversation_of(hub).forget(connection)


@event_handler(LobbyDeparture)
def show_departure(hub: Hub, topic: str, event: LobbyDeparture) -> None:
    roster = conversation_of(hub).roster
    if roster is not None:
        roster.depart(event.user_id)


@event_handler(LobbySessionWanted)
def answer(hub: Hub, topic: str, event: LobbySessionWanted) -> None:
    conversation_of(hub).answer(event.session_id)


@event_handler(LobbySessionAlive)
def take_answer(hub: Hub, topic: str, event: LobbySessionAlive) -> None:
    conversation_of(hub).take_answer(event.session_id)


@periodic(RECHECK_INTERVAL_S)
async def remove_lost(hub: Hub) -> None:
    await conversation_of(hub).remove_lost()

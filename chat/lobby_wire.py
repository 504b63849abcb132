"""Wire format of the lobby's older conversation."""

from dataclasses import dataclass
from datetime import datetime

from apikit.wire import Wire
from chat.models import Message

# The protocol of Socket.IO clients that have joined the older conversation.
LOBBY_PROTOCOL = "socketio.lobby"
# The author of system messages.
SYSTEM_ID = "system"
SYSTEM_NAME = "System"


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyMessage(Wire):
    """A message of the lobby, as older clients know it."""

    user_id: str
    user_name: str
    message_body: str
    time_stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyMessages(Wire):
    success: bool
    message: str
    data: list[LobbyMessage]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentToLobby(Wire):
    success: bool
    message: str
    data: LobbyMessage


def view_lobby_message(message: Message) -> LobbyMessage:
    """Return a message as older clients know it; its author must be loaded.

    With the id, name and time that the author's own client sent, if it is such a client.
    """
    sent, author = message.legacy or {}, message.author
    return LobbyMessage(
        user_id=sent.get("userId") or (SYSTEM_ID if author is None else str(author.id)),
        user_name=sent.get("userName") or (SYSTEM_NAME if author is None else author.name),
        message_body="" if message.deleted_at is not None else message.body,
        time_stamp=sent.get("timeStamp") or format_moment(message.created_at),
    )


def format_moment(moment: datetime) -> str:
    """Format a time as everywhere else: ISO 8601 in UTC, with ``Z``."""
    return moment.isoformat().replace("+00:00", "Z")

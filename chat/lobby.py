"""The lobby's older routes, for clients that know neither rooms nor tokens."""

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.services import create_guest_once
from apikit.actors import Actor
from apikit.errors import FieldError, ValidationFailedError
from apikit.idempotency import fingerprint_of
from apikit.serializers import to_camel_case
from apikit.throttling import present_client
from chat import services
from chat.message_selectors import list_lobby_messages
from chat.models import Message
from chat.rooms import open_lobby
from chat.selectors import get_readable
from chat.serializers import LobbyMessageSerializer
from chat.wire import LobbyMessage, MessageView

# What older clients call the system's messages.
SYSTEM_ID = "system"
SYSTEM_NAME = "System"
_REQUIRED = ("userName", "messageBody", "userId")
_EMPTY: tuple[Any, ...] = (None, "")


def list_messages(actor: Actor) -> list[LobbyMessage]:
    """Return the newest messages of the lobby, oldest first.

    :raises RoomNotFoundError: if staff have hidden the lobby.
    """
    room = get_readable(actor, open_lobby().id).room
    return [_view(message) for message in list_lobby_messages(room)]


def read_message(data: Any) -> dict[str, Any]:
    """Return the validated body of a message.

    :raises ValidationFailedError: with the sentence that older clients know.
    :raises ValidationError: for values that are not acceptable.
    """
    if isinstance(data, dict):
        filled = {to_camel_case(str(name)) for name, value in data.items() if value not in _EMPTY}
        missing = [name for name in _REQUIRED if name not in filled]
        if missing:
            errors = [FieldError(name, "This field is required.") for name in missing]
            raise ValidationFailedError("All fields are required", errors=errors)
    serializer = LobbyMessageSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


def send(
    *,
    actor: Actor,
    user_name: str,
    user_id: str,
    body: str,
    time_stamp: str = "",
    key: str | None = None,
) -> tuple[LobbyMessage, bool]:
    """Post a message as ``actor``, or as a guest with this name; return whether it is a repetition.

    A client keeps its guest for a day: the one of its address, name and invented ``user_id``.

    :raises ApiError: what ``services.post_message`` raises.
    """
    author = actor if actor.is_authenticated else _guest_actor(user_name, user_id)
    posted = services.post_message(actor=author, room_id=open_lobby().id, body=body, key=key)
    return _view_posted(posted.message, time_stamp), posted.is_replayed


def _guest_actor(name: str, user_id: str) -> Actor:
    # Cannot be guessed, because it is a digest under SECRET_KEY.
    key = fingerprint_of("lobby", present_client(), name, user_id)
    guest = create_guest_once(key=key, name=name)
    return Actor(guest.id, is_guest=True)


def _view(message: Message) -> LobbyMessage:
    said = message.legacy or {}
    return LobbyMessage(
        user_id=said.get("userId") or _id_of(message.author),
        user_name=said.get("userName") or _name_of(message.author),
        message_body=message.body,
        time_stamp=said.get("timeStamp") or _moment_of(message.created_at),
    )


def _view_posted(message: MessageView, time_stamp: str) -> LobbyMessage:
    author = message.author
    assert author is not None, "messages of people have an author"
    return LobbyMessage(
        user_id=str(author.id),
        user_name=author.name,
        message_body=message.body,
        time_stamp=time_stamp or _moment_of(message.created_at),
    )


def _id_of(author: User | None) -> str:
    return SYSTEM_ID if author is None else str(author.id)


def _name_of(author: User | None) -> str:
    return SYSTEM_NAME if author is None else author.name


def _moment_of(moment: datetime) -> str:
    """Format a time as everywhere else: ISO 8601 in UTC, with ``Z``."""
    return moment.isoformat().replace("+00:00", "Z")

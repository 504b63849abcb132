"""The lobby's older routes."""

import threading
import time
from typing import Any

from apikit.actors import Actor
from apikit.errors import FieldError, ValidationFailedError
from apikit.serializers import to_camel_case
from apikit.throttling import present_client
from chat import services
from chat.errors import LobbyIdTakenError
from chat.lobby.copies import copy_key, find_original
from chat.lobby.identities import create_lobby_guest, find_identity
from chat.lobby_wire import LobbyMessage, format_moment, view_lobby_message
from chat.message_selectors import list_lobby_messages
from chat.models import LobbyIdentity, Message, Room
from chat.rooms import open_lobby
from chat.selectors import get_readable
from chat.serializers import LobbyMessageSerializer
from chat.texts import check_body
from chat.wire import MessageView

# How long a copy waits for the message that it repeats, and how many wait in one process: each
# takes a thread and a database connection meanwhile.
COPY_WAIT_S = 2.0
MAX_WAITING_COPIES = 4
_FIRST_PAUSE_S = 0.02
_EMPTY: tuple[Any, ...] = (None, "")
_REQUIRED = ("userName", "messageBody", "userId")
_NOT_REPEATED = (
    "A client that is connected to the lobby uses this userId: send the message over its socket, "
    "too, with the same timeStamp."
)

_waiting = threading.BoundedSemaphore(MAX_WAITING_COPIES)


def list_messages(actor: Actor) -> list[LobbyMessage]:
    """Return the newest messages of the lobby, oldest first.

    :raises RoomNotFoundError: if staff have hidden the lobby.
    """
    room = get_readable(actor, open_lobby().id).room
    return [view_lobby_message(message) for message in list_lobby_messages(room)]


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

    ``user_id`` decides nothing about the author. If it is one that a client of the lobby has
    joined with, a message without a token is only accepted as the copy of one that this client
    sends over its socket.

    :raises LobbyIdTakenError: if it does not come within ``COPY_WAIT_S``.
    :raises ApiError: what ``services.post_message`` raises.
    """
    room, identity = open_lobby(), find_identity(user_id)
    if identity is not None and actor.id is None:
        return view_lobby_message(_await_original(room, identity, time_stamp, body)), True
    author, legacy = actor, {"timeStamp": time_stamp}
    if actor.id is None:
        guest = create_lobby_guest(present_client(), user_name, user_id)
        author = Actor(guest.id, is_guest=True)
    is_own = identity is not None and identity.user_id == actor.id
    if is_own:
        legacy["userId"] = user_id
    posted = services.post_message(
        actor=author,
        room_id=room.id,
        body=body,
        key=key or copy_key(user_id, time_stamp, body),
        legacy=legacy,
    )
    sent = _view_posted(posted.message, user_id if is_own else None, time_stamp)
    return sent, posted.is_replayed


def _await_original(room: Room, identity: LobbyIdentity, time_stamp: str, body: str) -> Message:
    """Return the message that a copy repeats, which may be on its way.

    :raises LobbyIdTakenError: if there is none.
    """
    check_body(body)
    may_wait = _waiting.acquire(blocking=False)
    try:
        ends_s = time.monotonic() + (COPY_WAIT_S if may_wait else 0.0)
        pause_s = _FIRST_PAUSE_S
        while True:
            message = find_original(room.id, identity.user_id, identity.client_id, time_stamp, body)
            if message is not None:
                return message
            if time.monotonic() >= ends_s:
                raise LobbyIdTakenError(_NOT_REPEATED)
            time.sleep(pause_s)
            pause_s *= 2
    finally:
        if may_wait:
            _waiting.release()


def _view_posted(message: MessageView, client_id: str | None, time_stamp: str) -> LobbyMessage:
    author = message.author
    assert author is not None, "messages of people have an author"
    return LobbyMessage(
        user_id=client_id or str(author.id),
        user_name=author.name,
        message_body=message.body,
        time_stamp=time_stamp or format_moment(message.created_at),
    )

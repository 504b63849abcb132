"""Messages on their way into the database, and the results of posting them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apikit.errors import ApiError
from apikit.ids import new_id
from chat.wire import MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to post. The texts are checked already, see ``chat.texts``.

    ``message_id`` will be the message's id, by which a retry recognises that it was committed.
    ``key`` is the client's idempotency key. ``family_id`` is the token family of the sign-in, which
    must not be revoked; None skips that check. ``legacy`` is stored as it is.
    """

    room_id: UUID
    author_id: UUID
    body: str
    parent_id: UUID | None = None
    poll_id: UUID | None = None
    key: str | None = None
    family_id: UUID | None = None
    legacy: Mapping[str, Any] | None = None
    message_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """A committed message; ``is_replayed`` if it was posted before under the same key."""

    message: MessageView
    is_replayed: bool = False


DraftResult = PostedMessage | ApiError

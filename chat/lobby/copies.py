"""The two copies of a message that a client of the lobby sends, over its socket and over REST."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apikit.idempotency import fingerprint_of
from chat.message_wire import whole_messages
from chat.models import Message
from chat.texts import check_body

# How old the message may be that a copy without a time stamp repeats.
_RECENT = timedelta(seconds=10)


def copy_key(client_id: str, time_stamp: str, body: str) -> str | None:
    """Return the idempotency key that both copies share; None without a time stamp."""
    if not time_stamp:
        return None
    return fingerprint_of("lobby message", client_id, time_stamp, check_body(body))


def find_original(
    room_id: UUID, author_id: UUID, client_id: str, time_stamp: str, body: str
) -> Message | None:
    """Return the message that a copy repeats, if it has been posted."""
    messages = whole_messages().filter(room_id=room_id, author_id=author_id)
    key = copy_key(client_id, time_stamp, body)
    if key is not None:
        return messages.filter(key=key).first()
    recent = messages.filter(body=check_body(body), created_at__gt=timezone.now() - _RECENT)
    return recent.order_by("-seq").first()

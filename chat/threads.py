"""Following threads, and how far a follower has read them."""

from uuid import UUID

from apikit.actors import Actor
from chat.errors import MessageNotFoundError
from chat.message_selectors import get_message_for
from chat.models import ThreadFollow


def follow_thread(*, actor: Actor, message_id: UUID) -> ThreadFollow:
    """Follow the thread of a message; the replies so far count as read. Repeating is no error.

    :raises AuthenticationRequiredError: for a visitor.
    :raises MessageNotFoundError: for messages that ``actor`` may not read as for missing ones.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    follow, _ = ThreadFollow.objects.get_or_create(
        message_id=message.parent_id or message.id,
        user_id=user_id,
        defaults={"last_read_seq": message.room.last_seq},
    )
    return follow


def unfollow_thread(*, actor: Actor, message_id: UUID) -> None:
    """Stop following a thread; it is not an error not to follow it.

    :raises AuthenticationRequiredError, MessageNotFoundError: as in :func:`follow_thread`.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    first_id = message.parent_id or message.id
    ThreadFollow.objects.filter(message_id=first_id, user_id=user_id).delete()


def mark_thread_read(*, actor: Actor, message_id: UUID, seq: int) -> ThreadFollow:
    """Move the actor's read marker in a thread forward to ``seq``, at most to the newest message.

    :raises AuthenticationRequiredError: for a visitor.
    :raises MessageNotFoundError: as in :func:`follow_thread`, and for a thread not followed.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    own = ThreadFollow.objects.filter(message_id=message.parent_id or message.id, user_id=user_id)
    seq = min(seq, message.room.last_seq)
    own.filter(last_read_seq__lt=seq).update(last_read_seq=seq)
    follow = own.first()
    if follow is None:
        raise MessageNotFoundError("You do not follow this thread.")
    return follow

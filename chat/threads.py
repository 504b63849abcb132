"""Following threads, and how far a follower has read them."""

from uuid import UUID

from apikit.actors import Actor
from chat.message_selectors import get_message_for
from chat.models import Message, ThreadFollow
from chat.wire import FollowedThread


def follow_thread(*, actor: Actor, message_id: UUID) -> FollowedThread:
    """Follow the thread of a message; the replies so far count as read. Repeating is no error.

    :raises AuthenticationRequiredError: for a visitor.
    :raises MessageNotFoundError, NotRoomMemberError, BannedFromRoomError: see
        ``message_selectors.get_message_for``.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    ThreadFollow.objects.get_or_create(
        message_id=_first_id(message),
        user_id=user_id,
        defaults={"last_read_seq": message.room.last_seq},
    )
    return _state_of(message, user_id)


def unfollow_thread(*, actor: Actor, message_id: UUID) -> FollowedThread:
    """Stop following a thread; it is not an error not to follow it.

    :raises ApiError: what :func:`follow_thread` raises.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    ThreadFollow.objects.filter(message_id=_first_id(message), user_id=user_id).delete()
    return _state_of(message, user_id)


def mark_thread_read(*, actor: Actor, message_id: UUID, seq: int) -> FollowedThread:
    """Move the actor's read marker in a thread forward to ``seq``, at most to the newest message.

    Does nothing in a thread that they do not follow.

    :raises ApiError: what :func:`follow_thread` raises.
    """
    user_id = actor.signed_in_id()
    message = get_message_for(actor, message_id)
    seq = min(seq, message.room.last_seq)
    own = ThreadFollow.objects.filter(message_id=_first_id(message), user_id=user_id)
    own.filter(last_read_seq__lt=seq).update(last_read_seq=seq)
    return _state_of(message, user_id)


def _first_id(message: Message) -> UUID:
    """Return the id of the first message of the thread, which may be this one."""
    return message.parent_id or message.id


def _state_of(message: Message, user_id: UUID) -> FollowedThread:
    own = ThreadFollow.objects.filter(message_id=_first_id(message), user_id=user_id)
    last_read_seq = own.values_list("last_read_seq", flat=True).first()
    return FollowedThread(
        message_id=_first_id(message),
        is_following=last_read_seq is not None,
        last_read_seq=last_read_seq,
    )

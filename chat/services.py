"""Posting, editing and deleting messages, and reacting to them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.idempotency import check_key
from chat.access import Access, check_read, check_write
from chat.drafts import Draft, PostedMessage
from chat.errors import (
    MessageDeletedError,
    MessageInDoubtError,
    MessageNotFoundError,
    NotMessageAuthorError,
    RoomNotFoundError,
    TooManyEditsError,
)
from chat.events import MessageDeleted, MessageEdited, thread_of
from chat.message_wire import view_messages, whole_messages
from chat.models import Message, MessageEdit, Reaction
from chat.selectors import Standing, get_standing, standing_in, whole_rooms
from chat.texts import check_body, check_emoji
from chat.topics import room_topic
from chat.wire import MessageView
from chat.writer import running_writer
from realtime import publish

# Far longer than any commit takes; by then the database has failed.
COMMIT_TIMEOUT_S = 30.0
MAX_EMOJI_PER_MESSAGE = 20
# The earlier texts are kept, and read together.
MAX_EDITS_PER_MESSAGE = 100


def post_message(
    *,
    actor: Actor,
    room_id: UUID,
    body: str,
    parent_id: UUID | None = None,
    poll_id: UUID | None = None,
    key: str | None = None,
    legacy: Mapping[str, Any] | None = None,
) -> PostedMessage:
    """Post a message, a reply to ``parent_id``, or a poll to vote on. Committed on return.

    The same message under the same ``key`` returns the first one again, ``is_replayed``. ``legacy``
    is stored as it is, for older clients of the lobby.

    :raises AuthenticationRequiredError, TokenInvalidError, AccountSuspendedError: see ``Actor``.
    :raises ValidationFailedError: for an invalid text or key.
    :raises RoomNotFoundError, BannedFromRoomError, NotRoomMemberError: see ``access.check_read``.
    :raises AnnouncementOnlyError, MutedError, SlowModeError: see ``access.check_post``.
    :raises MessageNotFoundError, MessageDeletedError: if the parent cannot be replied to.
    :raises PollNotFoundError: if the poll is not public.
    :raises IdempotencyKeyReusedError: if the key was used for another message in the room.
    :raises ServerUnavailableError: if the message was not posted.
    :raises MessageInDoubtError: if it may or may not have been posted.
    """
    draft = _build_draft(actor, room_id, body, parent_id, poll_id, key, legacy)
    return _wait_for(running_writer().submit(draft))


async def post_message_async(
    *,
    actor: Actor,
    room_id: UUID,
    body: str,
    parent_id: UUID | None = None,
    poll_id: UUID | None = None,
    key: str | None = None,
    legacy: Mapping[str, Any] | None = None,
) -> PostedMessage:
    """Like :func:`post_message`, without blocking the event loop."""
    draft = _build_draft(actor, room_id, body, parent_id, poll_id, key, legacy)
    posted = running_writer().submit_from_loop(draft)
    timer = asyncio.get_running_loop().call_later(COMMIT_TIMEOUT_S, _time_out, posted)
    try:
        return await posted
    finally:
        timer.cancel()


def edit_message(*, actor: Actor, message_id: UUID, body: str) -> MessageView:
    """Change the text of the actor's own message; staff can read the earlier ones.

    :raises MessageNotFoundError: for messages that ``actor`` may not read as for missing ones.
    :raises NotMessageAuthorError: for a message of somebody else.
    :raises MessageDeletedError: for a deleted message.
    :raises TooManyEditsError: after ``MAX_EDITS_PER_MESSAGE``.
    :raises ApiError: what ``access.check_write`` raises.
    :raises ValidationFailedError: for an invalid text.
    """
    body, now = check_body(body), timezone.now()
    with transaction.atomic():
        standing, message = _lock_message(actor, message_id)
        if message.author_id != actor.id:
            raise NotMessageAuthorError
        if message.deleted_at is not None:
            raise MessageDeletedError
        check_write(standing.access, standing.room, standing.membership, now)
        if body == message.body:
            return _view(message)
        if message.edits.count() >= MAX_EDITS_PER_MESSAGE:
            raise TooManyEditsError
        _replace_body(message, body, now)
        message.edited_at = now
        return _save_change(standing, message, MessageEdited, "body", "edited_at")


def delete_message(*, actor: Actor, message_id: UUID) -> MessageView:
    """Delete a message, leaving a tombstone; repeating it is not an error.

    For its author, the moderators of the room, and staff, who can still read the text.

    :raises MessageNotFoundError: for messages that ``actor`` may not read as for missing ones.
    :raises NotMessageAuthorError: for anybody else.
    """
    now = timezone.now()
    with transaction.atomic():
        standing, message = _lock_message_to_delete(actor, message_id)
        if message.author_id != actor.id and not standing.access.can_moderate:
            raise NotMessageAuthorError("Only the author or a moderator can delete this message.")
        if message.deleted_at is not None:
            return _view(message)
        _replace_body(message, "", now)
        message.deleted_at, message.deleted_by_id = now, actor.id
        message.reactions.all().delete()
        return _save_change(standing, message, MessageDeleted, "body", "deleted_at", "deleted_by")


def toggle_reaction(*, actor: Actor, message_id: UUID, emoji: str) -> MessageView:
    """Add the actor's reaction to a message, or remove it if it is there.

    :raises ApiError: what :func:`set_reaction` raises.
    """
    return _react(actor, message_id, emoji, None)


def set_reaction(*, actor: Actor, message_id: UUID, emoji: str, is_on: bool) -> MessageView:
    """Add or remove the actor's reaction to a message; repeating it is not an error.

    :raises MessageNotFoundError: for messages that ``actor`` may not read as for missing ones.
    :raises MessageDeletedError: for a deleted message.
    :raises NotRoomMemberError, MutedError: if ``actor`` may read the room only.
    :raises ValidationFailedError: for an invalid emoji, or too many different ones.
    """
    return _react(actor, message_id, emoji, is_on)


def _react(actor: Actor, message_id: UUID, emoji: str, is_on: bool | None) -> MessageView:  # noqa: FBT001
    emoji, now = check_emoji(emoji), timezone.now()
    user_id = actor.signed_in_id()
    with transaction.atomic():
        standing, message = _lock_message(actor, message_id)
        if message.deleted_at is not None:
            raise MessageDeletedError
        check_write(standing.access, standing.room, standing.membership, now, is_announcement=False)
        own = message.reactions.filter(user_id=user_id, emoji=emoji)
        is_there = own.exists()
        if is_there == is_on:
            return _view(message)
        if is_there:
            own.delete()
        else:
            _check_emoji_count(message, emoji)
            Reaction.objects.create(message=message, user_id=user_id, emoji=emoji, created_at=now)
        return _save_change(standing, message, MessageEdited)


def _check_emoji_count(message: Message, emoji: str) -> None:
    others = message.reactions.exclude(emoji=emoji).order_by().values("emoji").distinct()
    if others.count() >= MAX_EMOJI_PER_MESSAGE:
        raise ValidationFailedError.of("emoji", "This message has too many different reactions.")


def _build_draft(
    actor: Actor,
    room_id: UUID,
    body: str,
    parent_id: UUID | None,
    poll_id: UUID | None,
    key: str | None,
    legacy: Mapping[str, Any] | None,
) -> Draft:
    return Draft(
        room_id=room_id,
        author_id=actor.signed_in_id(),
        body=check_body(body),
        parent_id=parent_id,
        poll_id=poll_id,
        key=None if key is None else check_key(key),
        family_id=actor.family_id,
        legacy=legacy,
    )


def _lock_message(actor: Actor, message_id: UUID) -> tuple[Standing, Message]:
    """Lock the room of a message, then read the message; its author is loaded."""
    actor.signed_in_id()
    try:
        standing = get_standing(actor, _room_id_of(message_id), is_locked=True)
        check_read(standing.access)
    except RoomNotFoundError:
        raise MessageNotFoundError from None
    return standing, whole_messages().get(id=message_id)


def _lock_message_to_delete(actor: Actor, message_id: UUID) -> tuple[Standing, Message]:
    """Do the same; staff also delete messages in rooms that they cannot read over the API."""
    if not actor.is_staff:
        return _lock_message(actor, message_id)
    room = whole_rooms().select_for_update(of=("self",)).get(id=_room_id_of(message_id))
    standing = replace(standing_in(room, None, actor), access=Access(can_moderate=True))
    return standing, whole_messages().get(id=message_id)


def _room_id_of(message_id: UUID) -> UUID:
    room_id = Message.objects.filter(id=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise MessageNotFoundError
    return room_id


def _replace_body(message: Message, body: str, now: datetime) -> None:
    MessageEdit.objects.create(message=message, body=message.body, replaced_at=now)
    message.body = body


def _save_change(
    standing: Standing,
    message: Message,
    event_class: type[MessageEdited] | type[MessageDeleted],
    *fields: str,
) -> MessageView:
    """Save a changed message with the next revision of its locked room, and publish it."""
    room = standing.room
    room.revision += 1
    room.save(update_fields=["revision"])
    message.revision = room.revision
    message.save(update_fields=["revision", *fields])
    parent = message.parent
    if parent is not None and event_class is MessageDeleted:
        parent.reply_count = max(0, parent.reply_count - 1)
        parent.save(update_fields=["reply_count"])
    view = _view(message)
    changed = event_class(
        room_id=room.id,
        revision=room.revision,
        message=view,
        thread=None if parent is None else thread_of(parent),
    )
    transaction.on_commit(partial(publish, room_topic(room.id), changed))
    return view


def _view(message: Message) -> MessageView:
    return view_messages([message], Actor())[0]


def _time_out(posted: "asyncio.Future[PostedMessage]") -> None:
    if not posted.done():
        posted.set_exception(MessageInDoubtError())


def _wait_for(posted: "Future[PostedMessage]") -> PostedMessage:
    try:
        return posted.result(COMMIT_TIMEOUT_S)
    except TimeoutError:
        raise MessageInDoubtError from None

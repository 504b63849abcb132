"""What happens to a person's rooms and messages when an account is suspended, deleted or merged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.hooks import (
    Pulse,
    delete_belongings,
    erase_writings,
    merge_contributions,
    withdraw_contributions,
)
from chat.events import MessageDeleted, thread_of
from chat.evictions import publish_access_change
from chat.message_wire import whole_messages
from chat.models import (
    LobbyIdentity,
    MemberRole,
    Membership,
    Mention,
    Message,
    MessageEdit,
    Reaction,
    Room,
    RoomKind,
    ThreadFollow,
)
from chat.rooms import delete_locked_room
from chat.selectors import IS_MEMBER
from chat.topics import room_topic
from chat.wire import view_message
from realtime import publish

# Messages per transaction; their room is locked meanwhile.
CHUNK = 100


def _go_on() -> None:
    """The pulse of work that nothing stops."""


@withdraw_contributions.register
def delete_messages_of(user_id: UUID) -> None:
    """Delete all messages of a person, CHUNK per transaction; staff can still read the texts."""
    _delete_messages(user_id, _go_on)


def _delete_messages(user_id: UUID, pulse: Pulse) -> None:
    standing = Message.objects.filter(author_id=user_id, deleted_at=None).order_by()
    while room_id := standing.values_list("room_id", flat=True).first():
        with transaction.atomic():
            _delete_some(room_id, user_id)
        pulse()


@erase_writings.register
def erase_messages(user_id: UUID, pulse: Pulse) -> None:
    """Delete all messages of a person with the texts that staff could read, and leave the rooms."""
    _delete_messages(user_id, pulse)
    _leave_rooms(user_id, pulse)


@delete_belongings.register
def leave_all_rooms(user_id: UUID) -> None:
    """Take a person out of all rooms, and forget who wrote their messages, which are deleted.

    A group that would have no owner goes to the member who joined first.
    """
    _leave_rooms(user_id, _go_on)


def _leave_rooms(user_id: UUID, pulse: Pulse) -> None:
    own = Membership.objects.filter(user_id=user_id)
    for room_id in list(own.values_list("room_id", flat=True)):
        with transaction.atomic():
            _leave(room_id, user_id)
        pulse()
    written = Message.objects.filter(author_id=user_id).order_by()
    while ids := list(written.values_list("id", flat=True)[:CHUNK]):
        with transaction.atomic():
            MessageEdit.objects.filter(message_id__in=ids).delete()
            Message.objects.filter(id__in=ids).update(author=None, key=None, legacy=None)
        pulse()


@merge_contributions.register
def merge_people(guest_id: UUID, account_id: UUID) -> None:
    """Give the messages, memberships and reactions of a guest to its account."""
    own = Membership.objects.filter(user_id=guest_id)
    for room_id in list(own.values_list("room_id", flat=True)):
        with transaction.atomic():
            _merge_memberships(room_id, guest_id, account_id)
    written = Message.objects.filter(author_id=guest_id).order_by()
    while ids := list(written.values_list("id", flat=True)[:CHUNK]):
        # The account may have used the same key in the room.
        Message.objects.filter(id__in=ids).update(author=account_id, key=None)
    _move_reactions(guest_id, account_id)
    LobbyIdentity.objects.filter(user=guest_id).update(user=account_id, needs_token=True)
    for model in (Mention, ThreadFollow):
        with transaction.atomic():
            same = model._default_manager.filter(user=account_id, message=OuterRef("message"))
            rows = model._default_manager.filter(user=guest_id)
            rows.filter(~Exists(same)).update(user=account_id)
            rows.delete()


def _lock(room_id: UUID) -> Room | None:
    """Return a room, locked; None if it was removed meanwhile."""
    return Room.objects.select_for_update().filter(id=room_id).first()


def _delete_some(room_id: UUID, user_id: UUID) -> None:
    room = _lock(room_id)
    if room is None:
        return
    own = whole_messages().filter(room_id=room_id, author_id=user_id, deleted_at=None)
    messages = list(own.select_related("parent").order_by("seq")[:CHUNK])
    now = timezone.now()
    MessageEdit.objects.bulk_create(
        MessageEdit(message=each, body=each.body, replaced_at=now) for each in messages
    )
    for message in messages:
        room.revision += 1
        message.revision, message.deleted_at, message.body = room.revision, now, ""
        # Not save(), which would set it.
        message.searchable_body = ""
    fields = ["revision", "deleted_at", "body", "searchable_body"]
    Message.objects.bulk_update(messages, fields)
    Reaction.objects.filter(message__in=messages).delete()
    room.save(update_fields=["revision"])
    parents = _count_fewer_replies(messages)
    transaction.on_commit(partial(_publish_deleted, room, messages, parents))


def _count_fewer_replies(messages: Sequence[Message]) -> dict[UUID, Message]:
    """Correct the numbers of replies of the threads that lost some; returns their messages."""
    lost = Counter(each.parent_id for each in messages if each.parent_id is not None)
    parents = Message.objects.in_bulk(list(lost))
    for parent_id, parent in parents.items():
        parent.reply_count = max(0, parent.reply_count - lost[parent_id])
    Message.objects.bulk_update(parents.values(), ["reply_count"])
    return parents


def _publish_deleted(room: Room, messages: Iterable[Message], parents: dict[UUID, Message]) -> None:
    for message in messages:
        parent = None if message.parent_id is None else parents.get(message.parent_id)
        deleted = MessageDeleted(
            room_id=room.id,
            revision=message.revision,
            message=view_message(message),
            thread=None if parent is None else thread_of(parent),
        )
        publish(room_topic(room.id), deleted)


def _leave(room_id: UUID, user_id: UUID) -> None:
    room = _lock(room_id)
    membership = Membership.objects.filter(room=room_id, user_id=user_id).first()
    if room is None or membership is None:
        return
    membership.delete()
    if membership.joined_at is not None:
        room.member_count -= 1
        room.save(update_fields=["member_count"])
        if room.kind == RoomKind.GROUP:
            _ensure_owner(room)


def _ensure_owner(room: Room) -> None:
    members = Membership.objects.filter(IS_MEMBER, room=room)
    if members.filter(role=MemberRole.OWNER).exists():
        return
    successor = members.order_by("joined_at", "id").first()
    if successor is None:
        delete_locked_room(room)
        return
    successor.role = MemberRole.OWNER
    successor.save(update_fields=["role"])


def _merge_memberships(room_id: UUID, guest_id: UUID, account_id: UUID) -> None:
    room = _lock(room_id)
    rows = Membership.objects.filter(room=room_id)
    guests, accounts = rows.filter(user=guest_id).first(), rows.filter(user=account_id).first()
    if room is None or guests is None:
        return
    if accounts is None:
        guests.user_id = account_id
        guests.save(update_fields=["user"])
        return
    members_before = sum(each.joined_at is not None for each in (guests, accounts))
    guests.delete()
    _combine(guests, accounts)
    accounts.save()
    room.member_count += (accounts.joined_at is not None) - members_before
    room.save(update_fields=["member_count"])
    publish_access_change(room.id, account_id)


def _combine(guests: Membership, accounts: Membership) -> None:
    """Give the account what the guest had; a ban or mute of either stays."""
    accounts.joined_at = accounts.joined_at or guests.joined_at
    accounts.banned_at = accounts.banned_at or guests.banned_at
    if guests.role == MemberRole.OWNER:
        accounts.role = MemberRole.OWNER
    if accounts.banned_at is not None:
        accounts.joined_at, accounts.role = None, MemberRole.MEMBER
    if accounts.joined_at is not None:
        accounts.invited_at = None
    mutes = [each.muted_until for each in (guests, accounts) if each.muted_until is not None]
    accounts.muted_until = max(mutes, default=None)
    accounts.last_read_seq = max(guests.last_read_seq, accounts.last_read_seq)


def _move_reactions(guest_id: UUID, account_id: UUID) -> None:
    same = Reaction.objects.filter(
        user=account_id, message=OuterRef("message"), emoji=OuterRef("emoji")
    )
    rows = Reaction.objects.filter(user=guest_id)
    with transaction.atomic():
        rows.filter(~Exists(same)).update(user=account_id)
        rows.delete()

"""System messages in a poll's room: opened, closed, and the final tally."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.events import MessagePosted
from chat.evictions import publish_access_change
from chat.models import Message, MessageKind, Room
from chat.notices import CLOSED, OPENED, Notice, NoticeKind, final_tally, stored
from chat.room_batch import append
from chat.topics import room_topic
from chat.wire import view_message
from polls.cells import read_tally
from polls.hooks import poll_access_changed, poll_closed, poll_opened, rounds_counted
from polls.models import Poll, PollState, ResultsVisibility
from polls.tally import version_of
from polls.wire import head_poll
from realtime import publish


@poll_opened.register
def announce_opened(poll: Poll) -> None:
    """Post that the poll is open, in the transaction that opens it."""
    if (room := _lock_room(poll)) is not None:
        _post(room, poll, [OPENED])


@poll_closed.register
def announce_closed(poll: Poll) -> None:
    """Post that the poll is closed, and the final tally, in the transaction that closes it.

    Votes take the same lock of the poll, so none is counted afterwards.
    """
    if (room := _lock_room(poll)) is not None:
        tally = _final_tally(poll)
        _post(room, poll, [CLOSED] if tally is None else [CLOSED, tally])


@rounds_counted.register
def announce_rounds(poll_id: UUID) -> None:
    """Post the final tally of an instant runoff whose rounds took longer than its closing.

    Every process that counts them calls this, so only the first one posts.
    """
    with transaction.atomic():
        poll = Poll.objects.select_for_update().filter(id=poll_id).first()
        if poll is None or poll.state != PollState.CLOSED:
            return
        room = _lock_room(poll)
        if room is None or _last_notice(room) != NoticeKind.POLL_CLOSED:
            return
        if (tally := _final_tally(poll)) is not None:
            _post(room, poll, [tally])


@poll_access_changed.register
def dismiss_readers(poll_ids: Sequence[UUID]) -> None:
    """Unsubscribe those from polls' rooms who may no longer see the poll; one query."""
    rooms = Room.objects.filter(poll__any_of=poll_ids).order_by()
    for room_id in rooms.values_list("id", flat=True):
        publish_access_change(room_id)


def _lock_room(poll: Poll) -> Room | None:
    """Return the poll's room, locked until the end of the transaction; None if it has none."""
    return Room.objects.select_for_update().filter(poll_id=poll.id, deleted_at=None).first()


def _last_notice(room: Room) -> str | None:
    of_system = Message.objects.filter(room=room, kind=MessageKind.SYSTEM).order_by("-seq")
    notice = of_system.values_list("notice", flat=True).first()
    return None if notice is None else notice["kind"]


def _final_tally(poll: Poll) -> Notice | None:
    """Return the notice; None if voters may not see it, or if its rounds are being counted."""
    if poll.results_visibility == ResultsVisibility.OWNER:
        return None
    tally = read_tally(poll, poll.options.all())
    return final_tally(poll.kind, tally) if version_of(poll, tally) == poll.version else None


def _post(room: Room, poll: Poll, notices: Sequence[Notice]) -> None:
    now = timezone.now()
    messages = [append(room, now, poll_id=poll.id, **stored(each)) for each in notices]
    Message.objects.bulk_create(messages)
    room.save(update_fields=["last_seq", "revision"])
    for message in messages:
        posted = MessagePosted(
            room_id=room.id,
            revision=message.revision,
            message=view_message(message),
            poll=head_poll(poll, now),
        )
        transaction.on_commit(partial(publish, room_topic(room.id), posted))

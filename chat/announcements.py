"""System messages in a poll's room: opened, closed, and the final tally."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation

from apikit.errors import shortened
from apikit.wire import to_wire
from chat.events import MessagePosted
from chat.evictions import publish_access_change
from chat.models import MESSAGE_MAX_CHARS, Message, Room
from chat.room_batch import append
from chat.topics import room_topic
from chat.wire import view_message
from polls.cells import read_tally
from polls.hooks import poll_access_changed, poll_closed, poll_opened
from polls.models import Poll, ResultsVisibility
from polls.summaries import summarize
from polls.tally import OptionTally
from polls.wire import head_poll
from realtime import publish

OPENED = "The poll is open."
CLOSED = "The poll is closed."


@poll_opened.register
def announce_opened(poll: Poll) -> None:
    """Post that the poll is open, in the transaction that opens it."""
    _announce(poll, [OPENED])


@poll_closed.register
def announce_closed(poll: Poll) -> None:
    """Post that the poll is closed, and the final tally, in the transaction that closes it.

    Votes take the same lock of the poll, so none is counted afterwards.
    """
    if poll.results_visibility == ResultsVisibility.OWNER:
        _announce(poll, [CLOSED])
    else:
        _announce(poll, [CLOSED, _final_tally(poll)])


@poll_access_changed.register
def dismiss_readers(poll_ids: Sequence[UUID]) -> None:
    """Unsubscribe those from polls' rooms who may no longer see the poll; one query."""
    rooms = Room.objects.filter(poll__any_of=poll_ids).order_by()
    for room_id in rooms.values_list("id", flat=True):
        publish_access_change(room_id)


def _announce(poll: Poll, texts: list[str]) -> None:
    """Post in the poll's room, if it has one; it is locked until the end of the transaction."""
    now = timezone.now()
    room = Room.objects.select_for_update().filter(poll_id=poll.id, deleted_at=None).first()
    if room is None:
        return
    messages = [append(room, now, body=text, poll_id=poll.id) for text in texts]
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


def _final_tally(poll: Poll) -> str:
    tally = read_tally(poll, poll.options.all())
    counts = ", ".join(map(_count_of, tally.options))
    if tally.tally is not None:
        # Answers that are more than options are too many to list.
        with translation.override("en"):
            said = "; ".join(f"{text} {value}" for text, value in summarize(to_wire(tally)))
        counts = said or f"{tally.total_voters} answers"
    return shortened(f"Final tally: {counts}", MESSAGE_MAX_CHARS)


def _count_of(option: OptionTally) -> str:
    return f"{option.text} {option.vote_count} ({option.percentage} %)"

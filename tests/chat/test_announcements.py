"""Messages of the system in a poll's room."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.announcements import CLOSED, OPENED
from chat.models import Message, MessageKind, Room
from chat.rooms import open_poll_room
from polls.deadlines import apply_deadlines
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, delete_poll, publish_poll, reopen_poll
from tests.chat.conftest import stored
from tests.conftest import MakePoll, actor_of, vote

pytestmark = pytest.mark.django_db(transaction=True)


def room_of(alice: User, poll: Poll) -> Room:
    return open_poll_room(actor=actor_of(alice), poll_id=poll.id)


def test_a_poll_is_opened_closed_and_counted_in_its_room(
    alice: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(is_published=False)
    room = room_of(alice, poll)
    publish_poll(actor=actor_of(alice), poll_id=poll.id)
    for voter, position in ((bob, 0), (charlie, 0), (alice, 1)):
        vote(voter, poll, position)
    for _ in range(2):
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room) == [
        (1, OPENED),
        (2, CLOSED),
        (3, "Final tally: Tea 2 (66.7 %), Coffee 1 (33.3 %), Water 0 (0.0 %)"),
    ]
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room)[3:] == [(4, OPENED)]
    message = Message.objects.filter(room=room).first()
    assert message is not None
    assert (message.kind, message.author, message.poll_id) == (MessageKind.SYSTEM, None, poll.id)
    room.refresh_from_db()
    assert (room.last_seq, room.revision) == (4, 4)


def test_a_deadline_is_announced_once(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(closes_at=timezone.now() + timedelta(hours=1))
    room = room_of(alice, poll)
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now())
    for _ in range(2):
        apply_deadlines()
    assert [text for _, text in stored(room)][:1] == [CLOSED]
    assert len(stored(room)) == 2


def test_results_that_only_the_owner_sees_are_not_announced(
    alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.OWNER)
    room = room_of(alice, poll)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room) == [(1, CLOSED)]


def test_a_long_tally_is_shortened(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(options=[f"{number}{'x' * 190}" for number in range(20)])
    room = room_of(alice, poll)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    text = stored(room)[1][1]
    assert len(text) == 2000
    assert text.endswith("…")


def test_nothing_is_announced_if_the_poll_stays_as_it_was(alice: User, make_poll: MakePoll) -> None:
    """The message and the change are committed together, or not at all."""
    poll = make_poll()
    room = room_of(alice, poll)

    def close_and_fail() -> None:
        with transaction.atomic():
            close_poll(actor=actor_of(alice), poll_id=poll.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        close_and_fail()
    assert not stored(room)


def test_a_poll_without_a_room_gets_none(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert not Room.objects.exists()

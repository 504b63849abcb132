"""Messages of the system in a poll's room."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from apikit.wire import to_wire
from chat.announcements import announce_rounds
from chat.message_wire import whole_messages
from chat.models import Message, MessageKind, Room
from chat.notices import CLOSED, OPENED, view_notice
from chat.rooms import open_poll_room
from polls import rounds
from polls.deadlines import apply_deadlines
from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll, delete_poll, publish_poll, reopen_poll
from tests.chat.conftest import stored
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.locks import LOCK_PATIENCE_S
from votes import ledger
from votes.ballots import Ballot
from votes.services import options_only

pytestmark = pytest.mark.django_db(transaction=True)


def room_of(alice: User, poll: Poll) -> Room:
    return open_poll_room(actor=actor_of(alice), poll_id=poll.id)


def notice_in(room: Room) -> dict[str, Any]:
    """The data of the newest message."""
    message = whole_messages().filter(room=room).order_by("-seq")[0]
    notice = view_notice(message)
    assert notice is not None
    return to_wire(notice)


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
        (1, OPENED.text),
        (2, CLOSED.text),
        (3, "Final tally: Tea 2 (66.7 %), Coffee 1 (33.3 %), Water 0 (0.0 %)"),
    ]
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room)[3:] == [(4, OPENED.text)]
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
    assert [text for _, text in stored(room)][:1] == [CLOSED.text]
    assert len(stored(room)) == 2


def test_results_that_only_the_owner_sees_are_not_announced(
    alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.OWNER)
    room = room_of(alice, poll)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room) == [(1, CLOSED.text)]


def test_a_long_tally_is_shortened(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(options=[f"{number}{'x' * 190}" for number in range(20)])
    room = room_of(alice, poll)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    text = stored(room)[1][1]
    assert len(text) == 2000
    assert text.endswith("…")
    notice = notice_in(room)
    assert notice["isShortened"]
    assert len(notice["lines"]) == 10


# Kinds: answers, options by their position, and the text and the lines of the final tally.
TALLIES: dict[str, tuple[PollKind, dict[str, Any], list[int | SentAnswer], str, list[Any]]] = {
    "ranking": (
        PollKind.RANKING,
        {},
        [1, 0],
        "Coffee place 1; Tea place 2",
        [("Coffee", {"place": 1}), ("Tea", {"place": 2})],
    ),
    "runoff": (
        PollKind.RANKING,
        {"method": "instant_runoff"},
        [1, 0],
        "Coffee place 1; Tea place 2",
        [("Coffee", {"place": 1}), ("Tea", {"place": 2})],
    ),
    "words": (
        PollKind.WORD_CLOUD,
        {},
        [SentAnswer(text="Sun")],
        "Sun 1",
        [("Sun", {"count": 1})],
    ),
    "text": (PollKind.OPEN_TEXT, {}, [SentAnswer(text="Well done")], "1 answer", []),
    "number": (
        PollKind.NUMERIC,
        {"min": 0, "max": 10, "step": 1},
        [SentAnswer(number=7)],
        "Mean 7; Median 7",
        [("", {"mean": 7, "median": 7})],
    ),
    "dates": (
        PollKind.DATES,
        {"slots": [{"day": "2100-12-01"}]},
        [SentAnswer(score=2)],
        "Eve 0 yes, 1 maybe",
        [("Eve", {"yes": 0, "maybe": 1})],
    ),
    "nobody": (PollKind.RANKING, {}, [], "no answers", []),
    "no questions": (PollKind.QUESTIONS, {}, [], "no questions", []),
}


@pytest.mark.parametrize("case", TALLIES)
def test_the_final_tally_of_a_kind_is_a_sentence_and_data(
    case: str, alice: User, bob: User, make_poll: MakePoll
) -> None:
    kind, settings, sent, text, lines = TALLIES[case]
    options = {PollKind.RANKING: ["Tea", "Coffee"], PollKind.DATES: ["Eve"]}.get(kind, [])
    poll = make_poll(kind=kind, settings=settings, options=options)
    if sent:
        ledger.record([_ballot(bob, poll, sent)])
    room = room_of(alice, poll)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert stored(room)[1] == (2, f"Final tally: {text}")
    notice = notice_in(room)
    assert (notice["pollKind"], notice["voters"]) == (kind, len(sent[:1]))
    assert [(each["text"], each["numbers"]) for each in notice["lines"]] == lines
    slots = [each["slot"] for each in notice["lines"] if each["slot"]]
    assert [slot["day"] for slot in slots] == ["2100-12-01"] * (kind == PollKind.DATES)


def _ballot(voter: User, poll: Poll, sent: Sequence[int | SentAnswer]) -> Ballot:
    ids = option_ids(poll)
    answers = [SentAnswer(option_id=ids[each]) if isinstance(each, int) else each for each in sent]
    answers = [each if each.score is None else replace(each, option_id=ids[0]) for each in answers]
    named = options_only(answers)
    return Ballot(
        voter_id=voter.id,
        poll_id=poll.id,
        option_ids=tuple(named or ()),
        answers=() if named is not None else tuple(answers),
    )


def test_a_runoff_with_many_orders_is_announced_once_its_rounds_are_counted(
    alice: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them, the order is that of the first preferences."""
    monkeypatch.setattr(rounds, "COUNTED_AT_ONCE", 0)
    poll = make_poll(kind=PollKind.RANKING, settings={"method": "instant_runoff", "places": 3})
    room = room_of(alice, poll)
    vote(bob, poll, 2, 0, 1)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert rounds._counts().flush(LOCK_PATIENCE_S) == 0
    # Another process counts them, too.
    announce_rounds(poll.id)
    expected = [CLOSED.text, "Final tally: Water place 1; Tea place 2; Coffee place 3"]
    assert [text for _, text in stored(room)] == expected
    rounds.forget_rounds()


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

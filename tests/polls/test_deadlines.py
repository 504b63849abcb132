"""``opensAt`` and ``closesAt``: which are taken, and what happens when they pass."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from apikit.models import RecurringRun
from polls import deadlines
from polls.deadlines import apply_deadlines, next_deadline
from polls.errors import PollClosedError, PollNotOpenError
from polls.lifecycle import check_accepts_votes
from polls.models import Poll, PollState
from tests.conftest import ClientFor, MakePoll
from tests.polls.conftest import Ask, PublishedEvents, Response, fields_of, poll_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]

QueryLimit = Any
HOUR = timedelta(hours=1)


def at(offset: timedelta) -> str:
    return (timezone.now() + offset).isoformat()


# Which are taken


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2996-05-04T09:30:00Z", "2996-05-04T09:30:00Z"),
        ("2996-05-04T09:30:00+05:30", "2996-05-04T04:00:00Z"),
        ("2996-05-04T09:30:00-08:00", "2996-05-04T17:30:00Z"),
        ("2996-05-04T09:30:00", "2996-05-04T09:30:00Z"),
        ("2996-05-04T09:30:00.123456Z", "2996-05-04T09:30:00.123456Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        (None, None),
    ],
)
def test_times_are_kept_and_shown_in_utc(ask: Ask, sent: str | None, shown: str | None) -> None:
    assert poll_of(ask(closesAt=sent))["closesAt"] == shown
    assert poll_of(ask(opensAt=sent))["opensAt"] == shown


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "soon",
        "2996-13-01T00:00:00Z",
        "2996-05-04T25:00:00Z",
        "9999-12-31T23:59:59-12:00",
        32503680000,
        True,
        ["2996-05-04T09:30:00Z"],
    ],
)
def test_an_invalid_time_is_refused(ask: Ask, moment: object) -> None:
    assert fields_of(ask(opensAt=moment)) == ["opensAt"]
    assert fields_of(ask(closesAt=moment)) == ["closesAt"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-01", "1969-12-31T23:59:59Z"])
def test_a_time_before_1970_is_refused(
    ask: Ask, alice: User, make_poll: MakePoll, client_for: ClientFor, moment: str
) -> None:
    assert fields_of(ask(opensAt=moment)) == ["opensAt"]
    assert fields_of(ask(closesAt=moment)) == ["closesAt"]
    assert fields_of(edit(client_for, alice, make_poll(), opensAt=moment)) == ["opensAt"]


def test_an_older_poll_can_keep_such_a_time(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, moment = make_poll(), "0001-01-01T00:00:00Z"
    set_times(poll, opens_at=moment)
    response = edit(client_for, alice, poll, question="Milk or sugar?", opensAt=moment)
    assert poll_of(response)["opensAt"] == moment


def test_a_poll_cannot_close_in_the_past(ask: Ask) -> None:
    assert fields_of(ask(closesAt=at(-HOUR))) == ["closesAt"]


def test_a_poll_may_have_opened_in_the_past(ask: Ask) -> None:
    assert poll_of(ask(isPublished=True, opensAt=at(-HOUR)))["state"] == "open"


@pytest.mark.parametrize("lead", [timedelta(0), -HOUR])
def test_a_poll_must_open_before_it_closes(ask: Ask, lead: timedelta) -> None:
    closes_at = timezone.now() + 2 * HOUR
    times = {"opensAt": (closes_at - lead).isoformat(), "closesAt": closes_at.isoformat()}
    assert fields_of(ask(**times)) == ["closesAt"]


def test_the_database_checks_the_order(make_poll: MakePoll) -> None:
    now = timezone.now()
    make_poll()
    with pytest.raises(IntegrityError), transaction.atomic():
        Poll.objects.update(opens_at=now, closes_at=now)


# The moment itself


def test_each_deadline_takes_effect_at_its_time() -> None:
    opens_at = timezone.now()
    closes_at, tick = opens_at + HOUR, timedelta(microseconds=1)
    poll = Poll(state=PollState.OPEN, opens_at=opens_at, closes_at=closes_at)
    with pytest.raises(PollNotOpenError):
        check_accepts_votes(poll, opens_at - tick)
    for moment in (opens_at, closes_at - tick):
        check_accepts_votes(poll, moment)
    for moment in (closes_at, closes_at + HOUR):
        with pytest.raises(PollClosedError):
            check_accepts_votes(poll, moment)


def set_times(poll: Poll, **times: object) -> None:
    """As if they had been chosen before, and nobody had noted since that they passed."""
    Poll.objects.filter(id=poll.id).update(**times)


def test_a_poll_whose_deadline_has_passed_shows_as_closed(
    make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(None)
    set_times(poll, closes_at=timezone.now())
    assert poll_of(client.get(f"/api/polls/{poll.id}"))["state"] == "closed"
    for state, count in (("open", 0), ("closed", 1)):
        assert len(client.get(f"/api/polls?state={state}").json()["polls"]) == count


# Applying deadlines that have passed


def test_a_deadline_is_published_once(make_poll: MakePoll, events: PublishedEvents) -> None:
    opening, closing = make_poll(opens_at=timezone.now() + HOUR), make_poll()
    events.clear()
    set_times(opening, opens_at=timezone.now())
    set_times(closing, closes_at=timezone.now())
    for _ in range(3):
        apply_deadlines()
    assert sorted(events.changes()) == ["closed", "opened"]
    opening.refresh_from_db()
    closing.refresh_from_db()
    assert (opening.state, opening.revision) == (PollState.OPEN, 2)
    assert (closing.state, closing.revision) == (PollState.CLOSED, 2)
    assert opening.opened_at
    assert closing.closed_at


def test_a_poll_that_opened_and_closed_between_checks_is_published_as_closed(
    make_poll: MakePoll, events: PublishedEvents
) -> None:
    now = timezone.now()
    poll = make_poll(opens_at=now + HOUR)
    events.clear()
    set_times(poll, opens_at=now - HOUR, closes_at=now)
    apply_deadlines()
    apply_deadlines()
    assert events.changes() == ["closed"]


def test_polls_that_are_not_due_are_unchanged(
    alice: User, make_poll: MakePoll, events: PublishedEvents
) -> None:
    now = timezone.now()
    make_poll(opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    for state in (PollState.DRAFT, PollState.CLOSED):
        set_times(make_poll(), closes_at=now, state=state)
    events.clear()
    apply_deadlines()
    assert events == []


def test_checking_takes_one_query_if_nothing_is_due(
    make_poll: MakePoll, django_assert_num_queries: QueryLimit
) -> None:
    for _ in range(3):
        make_poll(closes_at=timezone.now() + HOUR)
    with django_assert_num_queries(1):
        apply_deadlines()


def test_deadlines_beyond_one_batch_wait_for_the_next_run(
    make_poll: MakePoll, events: PublishedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "DUE_AT_ONCE", 2)
    for _ in range(3):
        set_times(make_poll(), closes_at=timezone.now())
    counts = []
    for _ in range(3):
        apply_deadlines()
        counts.append(len(events.changes()))
    assert counts == [2, 3, 3]
    # The last run that did something.
    assert RecurringRun.objects.get().last_count == 1


def test_the_next_deadline_is_the_first_of_all(make_poll: MakePoll) -> None:
    assert next_deadline() is None
    now = timezone.now()
    opening = make_poll(opens_at=now + HOUR, closes_at=now + 3 * HOUR)
    closing = make_poll(closes_at=now + 2 * HOUR)
    make_poll(closes_at=now + HOUR / 2, is_published=False)
    assert next_deadline() == opening.opens_at
    set_times(opening, opens_at=None)
    assert next_deadline() == closing.closes_at


# Editing them


def edit(client_for: ClientFor, alice: User, poll: Poll, **changes: object) -> Response:
    return client_for(alice).patch(f"/api/polls/{poll.id}", changes)


def test_an_edit_does_not_reopen_a_poll_past_its_deadline(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    for closes_at in (at(HOUR), None):
        poll = make_poll()
        set_times(poll, closes_at=timezone.now())
        shown = poll_of(edit(client_for, alice, poll, closesAt=closes_at))
        assert shown["state"] == "closed"
    assert events.changes() == ["closed", "edited"] * 2


def test_a_past_closing_time_cannot_be_set(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    assert fields_of(edit(client_for, alice, make_poll(), closesAt=at(-HOUR))) == ["closesAt"]


def test_a_past_closing_time_can_stay(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, passed = make_poll(), timezone.now()
    set_times(poll, closes_at=passed)
    changes = {"question": "Milk or sugar?", "closesAt": passed.isoformat()}
    assert poll_of(edit(client_for, alice, poll, **changes))["question"] == "Milk or sugar?"


def test_a_new_time_is_checked_against_the_other(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    now = timezone.now()
    poll = make_poll(opens_at=now + 2 * HOUR, closes_at=now + 3 * HOUR)
    assert fields_of(edit(client_for, alice, poll, opensAt=at(4 * HOUR))) == ["closesAt"]
    assert fields_of(edit(client_for, alice, poll, closesAt=at(HOUR))) == ["closesAt"]


def test_a_poll_whose_opens_at_is_removed_is_published_as_opened(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll(opens_at=timezone.now() + HOUR)
    edit(client_for, alice, poll, opensAt=None)
    apply_deadlines()
    assert events.changes() == ["opened"]


def test_a_postponed_poll_is_published_again_when_it_opens(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll()
    edit(client_for, alice, poll, opensAt=at(HOUR))
    poll.refresh_from_db()
    assert poll.opened_at is None
    set_times(poll, opens_at=timezone.now())
    apply_deadlines()
    assert events.changes() == ["edited", "opened"]

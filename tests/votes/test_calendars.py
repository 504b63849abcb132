"""The iCalendar files of dates, read back with the library."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar

from accounts.models import User
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids
from tests.polls.conftest import refusal_of
from tests.votes.test_places import MAYBE, NO, YES, answer

pytestmark = pytest.mark.django_db(transaction=True)

SLOTS = [
    {"day": "2027-03-01"},
    {"startsAt": "2027-03-02T10:00:00+02:00", "endsAt": "2027-03-02T11:30:00+02:00"},
    {"startsAt": "2027-03-03T10:00:00Z"},
]


def ask(make_poll: MakePoll, **fields: Any) -> Poll:
    return make_poll(
        **{
            "question": "Lunch;\nwhen, exactly?",
            "options": ["Monday", "Tuesday", "Wednesday"],
            "kind": PollKind.DATES,
            "settings": {"slots": SLOTS},
            **fields,
        }
    )


def events_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    calendar = Calendar.from_ical(response.content)
    assert not calendar.errors
    assert calendar["method"] == "PUBLISH"
    return [
        {
            "uid": str(event["uid"]),
            "start": event.start,
            "end": event.get("dtend") and event.end,
            "summary": str(event["summary"]),
            "status": str(event["status"]),
        }
        for event in calendar.events
    ]


def test_all_dates_are_tentative_while_people_vote(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = ask(make_poll), client_for(None)
    answer(bob, poll, NO, MAYBE, YES)
    response = client.get(f"/api/polls/{poll.id}/calendar.ics")
    assert response["Content-Disposition"] == 'attachment; filename="Lunch-when-exactly.ics"'
    # Long lines are folded, and none ends with a bare line feed.
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    assert b"\n" not in response.content.replace(b"\r\n", b"")
    third, second, first = events_of(response)
    assert (first["start"], first["end"]) == (date(2027, 3, 1), date(2027, 3, 2))
    assert second["start"] == datetime(2027, 3, 2, 8, tzinfo=UTC)
    assert second["end"] == datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
    assert b"DTSTART:20270302T080000Z" in response.content
    assert (third["start"], third["end"]) == (datetime(2027, 3, 3, 10, tzinfo=UTC), None)
    assert {event["status"] for event in (first, second, third)} == {"TENTATIVE"}
    assert first["summary"] == "Lunch;\nwhen, exactly?"
    ids = option_ids(poll)
    assert first["uid"] == f"{ids[0]}@tallyroom"
    [chosen] = events_of(client.get(f"/api/polls/{poll.id}/calendar.ics?optionId={ids[0]}"))
    assert chosen == first


def test_the_best_date_is_confirmed_in_the_end_unless_several_are_or_nobody_can(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    clear, tied, unsure = ask(make_poll), ask(make_poll), ask(make_poll)
    answer(bob, clear, NO, YES, MAYBE)
    answer(bob, tied, NO, YES, YES)
    answer(bob, unsure, NO, NO, MAYBE)
    found = {}
    for poll in (clear, tied, unsure):
        before = client_for(None).get(f"/api/polls/{poll.id}/calendar.ics").content
        close_poll(actor=actor_of(alice), poll_id=poll.id)
        after = client_for(None).get(f"/api/polls/{poll.id}/calendar.ics")
        found[poll] = [(event["start"].day, event["status"]) for event in events_of(after)]
        # So that calendars take the newer one.
        first, second = (
            Calendar.from_ical(each).events[0].sequence for each in (before, after.content)
        )
        assert first < second
    assert found == {
        clear: [(2, "CONFIRMED")],
        tied: [(2, "TENTATIVE"), (3, "TENTATIVE")],
        unsure: [(3, "TENTATIVE")],
    }


def test_dates_are_exported_to_those_who_see_the_results(
    alice: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    hidden = ask(make_poll, results_visibility=ResultsVisibility.OWNER)
    draft = ask(make_poll, is_published=False)
    other = make_poll()
    url = "/api/polls/{}/calendar.ics"
    for user in (charlie, None):
        client = client_for(user)
        assert refusal_of(client.get(url.format(hidden.id))) == (403, "results.hidden")
        assert refusal_of(client.get(url.format(draft.id))) == (404, "poll.not_found")
    client = client_for(alice)
    assert len(events_of(client.get(url.format(hidden.id)))) == 3
    assert refusal_of(client.get(url.format(other.id))) == (409, "poll.no_dates")
    foreign = f"{url.format(hidden.id)}?optionId={option_ids(other)[0]}"
    assert refusal_of(client.get(foreign)) == (404, "option.not_found")
    assert len(events_of(client.get(f"/p/{ask(make_poll).join_code}/calendar.ics"))) == 3

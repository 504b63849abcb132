"""Times in the form of a poll are kept exactly, or refused with a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from polls.models import Poll
from tests.conftest import MakePoll
from tests.web.conftest import BrowserOf
from tests.web.test_manage_form import create, fields_of, only_poll
from web.forms.poll_moments import shown_moment

pytestmark = pytest.mark.django_db

LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
BERLIN, APIA = "Europe/Berlin", "Pacific/Apia"
SKIPPED = "This time doesn’t exist on that day"
REPEATED = "This time occurs twice on that day"


@pytest.mark.parametrize(
    ("zone", "text", "words"),
    [
        (BERLIN, "2099-03-29T02:00", SKIPPED),
        (BERLIN, "2099-03-29T02:59:59.999999", SKIPPED),
        (BERLIN, "2099-10-25T02:00", REPEATED),
        (BERLIN, "2099-10-25T02:30", REPEATED),
        ("America/New_York", "2099-03-08T02:30", SKIPPED),
        ("America/New_York", "2099-11-01T01:59", REPEATED),
        ("Australia/Lord_Howe", "2099-10-04T02:15", SKIPPED),
        (APIA, "2011-12-30T12:00", SKIPPED),
        ("Asia/Tokyo", "0001-01-01T00:00", "Enter a date and time."),
        ("America/New_York", "9999-12-31T23:59", "Enter a date and time."),
        (BERLIN, "10000-01-01T00:59", "Enter a date and time."),
        ("UTC", "0001-01-01T00:00", "Choose a date in 1970 or later."),
        ("Asia/Tokyo", "1970-01-01T08:59", "Choose a date in 1970 or later."),
    ],
)
def test_an_ambiguous_time_is_refused_with_a_reason(
    browser_of: BrowserOf, alice: User, zone: str, text: str, words: str
) -> None:
    answer = create(browser_of(alice), opens_at=text, time_zone=zone)
    assert words in answer.content.decode()
    assert not Poll.objects.exists()


@pytest.mark.parametrize(
    ("zone", "text", "kept"),
    [
        (BERLIN, "2099-03-29T01:59", datetime(2099, 3, 29, 0, 59, tzinfo=UTC)),
        (BERLIN, "2099-03-29T03:00", datetime(2099, 3, 29, 1, tzinfo=UTC)),
        (BERLIN, "2099-10-25T03:00", datetime(2099, 10, 25, 2, tzinfo=UTC)),
        ("Asia/Tokyo", "9999-12-31T23:59", datetime(9999, 12, 31, 14, 59, tzinfo=UTC)),
        ("UTC", "9999-12-31T23:59", datetime(9999, 12, 31, 23, 59, tzinfo=UTC)),
        ("Asia/Tokyo", "1970-01-01T09:00", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_other_times_are_kept(
    browser_of: BrowserOf, alice: User, zone: str, text: str, kept: datetime
) -> None:
    create(browser_of(alice), opens_at=text, time_zone=zone)
    assert only_poll().opens_at == kept


def save(browser_of: BrowserOf, poll: Poll, **changes: Any) -> HttpResponse:
    sent = fields_of(poll, **changes)
    return browser_of(poll.creator).post(  # type: ignore[return-value]
        f"/manage/{poll.id}/edit", sent
    )


def moments(poll: Poll, *, shown: str) -> dict[str, str]:
    """What is sent along with a field that showed ``shown``."""
    return {"closes_at_was": shown, "closes_at_exact": poll.closes_at.isoformat()}  # type: ignore[union-attr]


@pytest.mark.parametrize("shown", ["10000-01-01T08:59", ""])
def test_an_untouched_time_that_the_field_cannot_show_is_kept(
    browser_of: BrowserOf, make_poll: MakePoll, shown: str
) -> None:
    poll = make_poll(closes_at=LAST_MOMENT)
    sent = moments(poll, shown=shown)
    answer = save(browser_of, poll, closes_at=shown, time_zone="Asia/Tokyo", **sent)
    assert answer.status_code == 302
    assert only_poll().closes_at == LAST_MOMENT


@pytest.mark.parametrize("hour", [0, 1])
def test_an_untouched_time_in_a_repeated_hour_is_kept(
    browser_of: BrowserOf, make_poll: MakePoll, hour: int
) -> None:
    closes_at = datetime(2099, 10, 25, hour, 30, 12, tzinfo=UTC)
    poll = make_poll(closes_at=closes_at)
    shown = "2099-10-25T02:30"
    sent = moments(poll, shown=shown)
    save(browser_of, poll, closes_at=shown, time_zone=BERLIN, **sent)
    assert only_poll().closes_at == closes_at


def test_a_browser_with_other_zone_rules_changes_no_time(
    browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    closes_at = datetime(2099, 7, 1, 10, tzinfo=UTC)
    poll = make_poll(closes_at=closes_at)
    shown = "2099-07-01T11:00"
    sent = moments(poll, shown=shown)
    save(browser_of, poll, closes_at=shown, time_zone=BERLIN, **sent)
    assert only_poll().closes_at == closes_at


def test_a_changed_or_emptied_time_is_saved(browser_of: BrowserOf, make_poll: MakePoll) -> None:
    poll = make_poll(closes_at=LAST_MOMENT)
    sent = moments(poll, shown="9999-12-31T23:59")
    save(browser_of, poll, closes_at="9999-12-31T23:58", **sent)
    assert only_poll().closes_at == LAST_MOMENT.replace(minute=58, second=0)
    save(browser_of, only_poll(), closes_at="", **sent)
    assert only_poll().closes_at is None


def test_exact_times_are_validated(browser_of: BrowserOf, make_poll: MakePoll) -> None:
    poll = make_poll()
    sent = {"closes_at_was": "x", "closes_at_exact": "9999-12-31T23:59:59-14:00"}
    answer = save(browser_of, poll, closes_at="x", **sent)
    assert "Enter a date and time." in answer.content.decode()


def test_the_form_contains_the_exact_times(browser_of: BrowserOf, make_poll: MakePoll) -> None:
    closes_at = timezone.now() + timedelta(days=1)
    poll = make_poll(closes_at=closes_at)
    text = browser_of(poll.creator).get(f"/manage/{poll.id}/edit").content.decode()
    assert f'name="closes_at_exact" value="{closes_at.isoformat()}"' in text
    assert f'name="closes_at_was" value="{closes_at:%Y-%m-%dT%H:%M}"' in text


def test_a_form_sent_back_keeps_the_exact_times(browser_of: BrowserOf, make_poll: MakePoll) -> None:
    poll = make_poll(closes_at=LAST_MOMENT)
    sent = moments(poll, shown="10000-01-01T08:59")
    text = save(browser_of, poll, question="", time_zone="Asia/Tokyo", **sent).content.decode()
    for value in sent.values():
        assert f'value="{value}"' in text


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_extreme_times_of_earlier_versions_are_shown(zone: str) -> None:
    for moment in (LAST_MOMENT, datetime(1, 1, 1, tzinfo=UTC), datetime(987, 6, 5, tzinfo=UTC)):
        shown = shown_moment(moment, zone)
        assert not shown or len(shown) == len("0001-01-01T00:00")

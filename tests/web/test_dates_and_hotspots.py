"""The pages of dates and hotspots without a script."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from polls.models import Picture, Poll, PollKind
from polls.new_polls import NewOption
from polls.picture_encoding import EncodedPicture
from polls.pictures import add_picture
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.votes.test_places import MAYBE, NO, YES, answer
from tests.web.conftest import BrowserOf
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)

SLOTS = [
    {"startsAt": "2027-03-02T10:00:00+02:00", "endsAt": "2027-03-02T11:30:00+02:00"},
    {"day": "2027-03-01"},
]


@pytest.fixture
def dates(make_poll: MakePoll) -> Poll:
    settings = {"slots": SLOTS}
    return make_poll(
        kind=PollKind.DATES, options=["Call", "Trip"], settings=settings, allow_change=True
    )


@pytest.fixture
def picture(alice: User) -> Picture:
    return add_picture(actor=actor_of(alice), picture=EncodedPicture(b"webp", 1600, 900))


@pytest.fixture
def hotspot(make_poll: MakePoll, picture: Picture) -> Poll:
    fields: dict[str, Any] = {"kind": PollKind.HOTSPOT, "options": [], "allow_change": True}
    return make_poll(picture_id=picture.id, settings={"maxPlaces": 2}, **fields)


def send(browser: Client, poll: Poll, **fields: str) -> str:
    """Sends the form; returns the page that the browser shows then."""
    page = browser.get(f"/p/{poll.join_code}").content.decode()
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key is not None
    response = browser.post(f"/p/{poll.join_code}/vote", {"key": key[1], **fields}, follow=True)
    return str(response.content.decode())


def values(poll: Poll) -> list[str | None]:
    return list(Vote.objects.filter(poll=poll).order_by("rank").values_list("value", flat=True))


def test_dates_are_listed_by_time_and_answered(browser_of: BrowserOf, dates: Poll) -> None:
    browser, [call, trip] = browser_of(None), option_ids(dates)
    page = browser.get(f"/p/{dates.join_code}").content.decode()
    assert re.findall(r'class="date" data-option="(\S+)"', page) == [str(trip), str(call)]
    assert re.findall(r'date-time numbers" aria-hidden="true">([^<]+)<', page) == [
        "All day",
        "8 a.m. – 9:30 a.m. UTC",
    ]
    assert "Answer the question first." in send(browser, dates)
    assert "Answer the question first." in send(browser, dates, **{f"date-{call}": "7"})
    page = send(browser, dates, **{f"date-{call}": str(YES)})
    assert "Your vote has been counted" in page
    assert values(dates) == [str(YES), str(NO)]
    assert re.search(rf'name="date-{call}" value="3" data-takes checked', page)
    # Best first, and with a file for calendars.
    assert re.findall(r'<tr data-option="(\S+)"( data-best)?>', page) == [
        (str(call), " data-best"),
        (str(trip), ""),
    ]
    assert f'href="/p/{dates.join_code}/calendar.ics"' in page


def test_the_stage_names_the_best_date(
    browser_of: BrowserOf, alice: User, bob: User, dates: Poll
) -> None:
    browser, address = browser_of(alice), f"/present/{dates.id}"
    answer(bob, dates, YES, MAYBE)
    assert "Best date" not in browser.get(address).content.decode().partition("page-data")[0]
    close_poll(actor=actor_of(alice), poll_id=dates.id)
    page = browser.get(address).content.decode().partition("page-data")[0]
    assert "Best date: March 2, 2027, 8 a.m. – 9:30 a.m. UTC" in page
    hidden = browser.get(f"{address}?results=hidden").content.decode()
    assert re.findall(r'data-level="yes">([^<]*)</td>', hidden) == ["–", "–"]


def test_places_are_entered_as_percentages(
    browser_of: BrowserOf, hotspot: Poll, picture: Picture
) -> None:
    browser = browser_of(None)
    page = browser.get(f"/p/{hotspot.join_code}").content.decode()
    assert page.count(f'src="/pictures/{picture.token}.webp" alt="{hotspot.question}"') == 2
    for wrong in ({"x-1": "5"}, {"x-1": "5", "y-1": "101"}, {"x-1": "left", "y-1": "1"}):
        assert "Enter percentages from 0 to 100." in send(browser, hotspot, **wrong)
    assert "Answer the question first." in send(browser, hotspot)
    fields = {"x-1": "25", "y-1": "50", "x-2": "99.99", "y-2": "0"}
    page = send(browser, hotspot, **fields)
    assert values(hotspot) == ["0.2500,0.5000", "0.9999,0.0000"]
    shown = re.findall(r'name="([xy]-\d)" [^>]*value="([\d.]*)"', page)
    assert dict(shown) == fields
    assert "2 places marked" in page
    assert len(re.findall(r'<rect class="heat" data-heat="f"', page)) == 2


def test_a_hotspot_without_a_picture_has_an_empty_field(
    browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll(kind=PollKind.HOTSPOT, options=[])
    page = browser_of(None).get(f"/p/{poll.join_code}").content.decode()
    assert page.count("spot-blank") == 2
    assert "No places have been marked yet." in page


def test_a_full_option_cannot_be_chosen_and_says_so(
    browser_of: BrowserOf, bob: User, make_poll: MakePoll, picture: Picture
) -> None:
    options = [
        NewOption("Pots", 1, picture.id, "Three pots"),
        NewOption("Choir", 2),
        NewOption("None"),
    ]
    poll = make_poll(options=options)
    vote(bob, poll, 0)
    browser = browser_of(None)
    page = browser.get(f"/p/{poll.join_code}").content.decode()
    assert re.findall(r'data-places id="[^"]+">([^<]*)<', page) == ["Full", "2 places left"]
    inputs = re.findall(r'<input type="radio" name="option"[^>]*>', page)
    assert [" disabled" in each for each in inputs] == [True, False, False]
    assert f'src="/pictures/{picture.token}.webp" alt="Three pots"' in page
    refused = send(browser, poll, option=str(option_ids(poll)[0]))
    assert "No places are left there. Choose another option." in refused

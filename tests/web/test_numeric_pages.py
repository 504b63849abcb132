"""Numbers on pages: what people type, the form without a script, and the histogram."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.kinds.numeric import Bar, NumericSettings
from polls.models import Poll
from polls.snapshots import snapshot_of
from tests.conftest import MakePoll, actor_of
from votes.models import Vote
from votes.services import cast_vote
from web.kinds.number_input import read_numbers
from web.kinds.numeric_results import merge_bars
from web.kinds.registry import outcome_of, pages_of, result_context

VOTED = '<div class="ballot-counted" id="counted" tabindex="-1">'


def numeric(make_poll: MakePoll, **settings: Any) -> Poll:
    return make_poll(kind="numeric", options=[], settings=settings, allow_change=True)


def send(browser: Client, poll: Poll, number: str, language: str = "en") -> str:
    fields = {"key": "k" * 16, "number": number}
    url = f"/p/{poll.join_code}/vote"
    page = browser.post(url, fields, follow=True, headers={"accept-language": language})
    return page.content.decode()


def numbers(poll: Poll) -> list[str | None]:
    return list(Vote.objects.filter(poll=poll).values_list("value", flat=True))


# The same table is that of the script: tests/web/scripts/number_input.test.mjs.
@pytest.mark.parametrize(
    ("text", "decimal_separator", "expected"),
    [
        ("12.5", ".", [12.5]),
        ("12,5", ".", [12.5]),
        (" −3 ", ".", [-3]),
        ("١٢٫٥", ",", [12.5]),
        ("۱۲", ".", [12]),
        ("\U0001d7d9\U0001d7da", ".", [12]),
        ("1,234.5", ".", [1234.5]),
        ("1.234,5", ".", [1234.5]),
        ("1 234 567", ".", [1234567]),
        ("1.234.567", ",", [1234567]),
        ("1,234", ".", [1234, 1.234]),
        ("1,234", ",", [1.234, 1234]),
        ("1.234", ",", [1234, 1.234]),
        (".5", ".", [0.5]),
        ("5.", ".", [5]),
        ("", ".", []),
        ("1e3", ".", []),
        ("nan", ".", []),
        ("five", ".", []),
        ("1-2", ".", []),
        ("9" * 41, ".", []),
    ],
)
def test_numbers_are_read_as_people_type_them(
    text: str, decimal_separator: str, expected: list[float]
) -> None:
    assert read_numbers(text, decimal_separator) == expected


@pytest.mark.django_db(transaction=True)
def test_a_form_without_a_script_sends_a_number(make_poll: MakePoll, client: Client) -> None:
    poll = numeric(make_poll, max=10, step=0.5, unit="kg")
    html = send(client, poll, "2,5", "de")
    assert numbers(poll) == ["2.5"]
    assert "<bdi>2,5 kg</bdi>" in html


@pytest.mark.django_db(transaction=True)
def test_what_the_bounds_allow_decides_between_decimals_and_thousands(
    make_poll: MakePoll, client: Client
) -> None:
    poll = numeric(make_poll, max=5, step=0.001)
    send(client, poll, "1,234")
    assert numbers(poll) == ["1.234"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("101", "Enter a number from 0 to 100 kg in steps of 5."),
        ("3", "Enter a number from 0 to 100 kg in steps of 5."),
        ("many", "Enter a number from 0 to 100 kg in steps of 5."),
        ("", "Answer the question first."),
    ],
)
def test_a_wrong_number_is_refused_in_words(
    make_poll: MakePoll, client: Client, number: str, sentence: str
) -> None:
    poll = numeric(make_poll, step=5, unit="kg")
    html = send(client, poll, number)
    assert f"{sentence}</" in html
    assert VOTED not in html
    assert numbers(poll) == []


@pytest.mark.django_db
def test_a_slider_is_only_for_as_many_steps_as_it_can_have(make_poll: MakePoll) -> None:
    for most, has_slider in ((1000, True), (1001, False)):
        poll = numeric(make_poll, max=most)
        pages = pages_of(poll)
        assert pages is not None
        assert pages.ballot_context(poll, ())["has_slider"] is has_slider


@pytest.mark.django_db(transaction=True)
def test_results_have_mean_median_and_spread(
    make_poll: MakePoll, alice: User, bob: User, charlie: User, guest: User
) -> None:
    poll = numeric(make_poll, unit="kg")
    for voter, number in ((bob, 4.0), (charlie, 6.0), (guest, 11.0)):
        answers = [SentAnswer(number=number)]
        cast_vote(actor=actor_of(voter), poll_id=poll.id, answers=answers)
    poll.refresh_from_db()
    results = snapshot_of(poll, actor_of(alice)).results
    result = result_context(poll, results, "vote")["result"]
    assert (result["mean"], result["median"], result["deviation"]) == ("7 kg", "6 kg", "± 2.9 kg")
    # Few numbers are shown among their neighbours.
    assert (result["low"], result["high"], len(result["bars"])) == ("2", "13", 8)
    assert outcome_of(poll, results) == "Mean 7 kg, median 6 kg"


def test_few_votes_have_wide_bars_that_stay_in_place() -> None:
    settings = NumericSettings(max=100)
    sparse = [Bar(low=n, high=n, count=n % 2, share=0) for n in range(13, 60)]
    bars = merge_bars(settings, sparse)
    assert [(bar.low, bar.high, bar.count) for bar in bars][:2] == [(10, 14, 1), (15, 19, 3)]
    assert sum(bar.count for bar in bars) == sum(bar.count for bar in sparse)
    crowd = [Bar(low=n, high=n, count=99, share=0) for n in range(13, 60)]
    assert merge_bars(settings, crowd) == crowd

"""Points on pages: the form without a script, and what results show."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.models import Poll
from polls.snapshots import snapshot_of
from tests.conftest import MakePoll, actor_of, option_ids
from votes.models import Vote
from votes.services import cast_vote
from web.kinds.registry import outcome_of, result_context

pytestmark = pytest.mark.django_db(transaction=True)

VOTED = '<div class="ballot-counted" id="counted" tabindex="-1">'


def dividing(make_poll: MakePoll, **settings: Any) -> Poll:
    return make_poll(kind="points", settings=settings, allow_change=True)


def send(browser: Client, poll: Poll, *points: str) -> str:
    ids = option_ids(poll)
    fields = {f"points-{id_}": text for id_, text in zip(ids, points, strict=True)}
    page = browser.post(f"/p/{poll.join_code}/vote", {"key": "k" * 16, **fields}, follow=True)
    return page.content.decode()


def given(poll: Poll) -> list[str | None]:
    return list(Vote.objects.filter(poll=poll).order_by("rank").values_list("value", flat=True))


def give(voter: User, poll: Poll, *points: int) -> None:
    answers = [
        SentAnswer(option_id=id_, score=each)
        for id_, each in zip(option_ids(poll), points, strict=True)
    ]
    cast_vote(actor=actor_of(voter), poll_id=poll.id, answers=answers)


def test_a_form_without_a_script_sends_points(make_poll: MakePoll, client: Client) -> None:
    poll = dividing(make_poll)
    html = send(client, poll, "٧٠", "30", "")
    assert VOTED in html
    assert given(poll) == ["70", "30"]
    assert [f">{text}</p>" in html for text in ("70 points", "30 points", "0 points")] == [True] * 3


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (("70", "31", ""), "That is 1 point too many."),
        (("70", "20", "0"), "10 points are left to give."),
        (("70", "2.5", ""), "Enter whole numbers."),
        (("70", "-5", ""), "Enter whole numbers."),
        (("", "", "0"), "Answer the question first."),
    ],
)
def test_wrong_points_are_refused_in_words(
    make_poll: MakePoll, client: Client, points: tuple[str, ...], sentence: str
) -> None:
    poll = dividing(make_poll)
    html = send(client, poll, *points)
    assert f"{sentence}</" in html
    assert given(poll) == []


def test_points_may_be_kept_where_not_all_must_be_spent(
    make_poll: MakePoll, client: Client
) -> None:
    poll = dividing(make_poll, total=5, mustSpendAll=False)
    assert VOTED in send(client, poll, "2", "", "1")
    assert given(poll) == ["2", "1"]


def test_equal_points_have_equal_bars(
    make_poll: MakePoll, alice: User, bob: User, charlie: User
) -> None:
    poll = dividing(make_poll, total=3)
    give(bob, poll, 1, 1, 1)
    give(charlie, poll, 1, 1, 1)
    poll.refresh_from_db()
    results = snapshot_of(poll, actor_of(alice)).results
    rows = result_context(poll, results, "vote")["result"]["rows"]
    assert {(row["width"], row["share"], row["mean"]) for row in rows} == {
        ("33.3%", "33%", "1 per voter")
    }
    assert rows[0]["cells"] == ["2", "33%", "1", "2"]
    assert outcome_of(poll, results) == "3 options are tied"


def test_hidden_results_have_no_numbers(make_poll: MakePoll, bob: User, charlie: User) -> None:
    poll = make_poll(kind="points", results_visibility="after_close")
    give(bob, poll, 100, 0, 0)
    poll.refresh_from_db()
    results = snapshot_of(poll, actor_of(charlie)).results
    rows = result_context(poll, results, "vote")["result"]["rows"]
    assert {(row["width"], row["share"], row["mean"]) for row in rows} == {("0%", "", "")}
    assert outcome_of(poll, results) == ""

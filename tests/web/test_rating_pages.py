"""Ratings on pages: the form without a script, the scale, and what results show."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.kinds.rating import RatingSettings
from polls.models import Poll
from polls.services import close_poll
from polls.snapshots import snapshot_of
from tests.conftest import MakePoll, actor_of, option_ids
from votes.models import Vote
from votes.services import cast_vote
from web.kinds.registry import outcome_of, result_context
from web.kinds.scale import colour_of, spoken_level

pytestmark = pytest.mark.django_db(transaction=True)

VOTED = '<div class="ballot-counted" id="counted" tabindex="-1">'
LABELS = ["Never", "Rarely", "Often", "Always"]


def rating(make_poll: MakePoll, **settings: Any) -> Poll:
    return make_poll(kind="rating", settings=settings, allow_change=True)


def rate(voter: User, poll: Poll, *scores: int) -> None:
    answers = [
        SentAnswer(option_id=id_, score=score)
        for id_, score in zip(option_ids(poll), scores, strict=True)
    ]
    cast_vote(actor=actor_of(voter), poll_id=poll.id, answers=answers)


def send(browser: Client, poll: Poll, *scores: str) -> str:
    ids = option_ids(poll)
    fields = {f"score-{id_}": score for id_, score in zip(ids, scores, strict=True) if score}
    page = browser.post(f"/p/{poll.join_code}/vote", {"key": "k" * 16, **fields}, follow=True)
    return page.content.decode()


def levels(poll: Poll) -> list[tuple[int, str | None]]:
    rows = Vote.objects.filter(poll=poll).order_by("rank")
    return [(option_ids(poll).index(row.option_id), row.value) for row in rows if row.option_id]


def shown(poll: Poll, reader: User, surface: str = "vote") -> dict[str, Any]:
    poll.refresh_from_db()
    results = snapshot_of(poll, actor_of(reader)).results
    result: dict[str, Any] = result_context(poll, results, surface)["result"]
    return result


def column(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_a_form_without_a_script_sends_levels(make_poll: MakePoll, client: Client) -> None:
    poll = rating(make_poll, steps=4, labels=LABELS)
    html = send(client, poll, "4", "", "0")
    assert VOTED in html
    assert levels(poll) == [(0, "4")]
    # What was left out is skipped, in words.
    assert "4 of 4, Always</p>" in html
    assert html.count("Skipped</p>") == 2


def test_skipping_everything_is_a_vote_and_leaving_everything_out_is_not(
    make_poll: MakePoll, client: Client
) -> None:
    poll = rating(make_poll)
    assert "Answer the question first." in send(client, poll, "", "", "")
    assert VOTED in send(client, poll, "0", "0", "0")
    assert levels(poll) == [(0, "0"), (1, "0"), (2, "0")]


@pytest.mark.parametrize("score", ["six", "6"])
def test_an_unknown_level_is_refused(make_poll: MakePoll, client: Client, score: str) -> None:
    poll = rating(make_poll)
    assert VOTED not in send(client, poll, score, "", "")
    assert levels(poll) == []


def test_who_abstains_from_one_question_of_several_sees_it(
    make_poll: MakePoll, client: Client
) -> None:
    poll = rating(make_poll, scale="yes_no")
    html = send(client, poll, "2", "1", "0")
    assert levels(poll) == [(0, "2"), (1, "1")]
    assert [html.count(f">{name}</p>") for name in ("Yes", "No", "Abstained")] == [1, 1, 1]
    assert html.count('value="0" checked>') == 1


@pytest.mark.parametrize("steps", range(3, 12))
def test_the_colours_of_a_scale_are_symmetrical(steps: int) -> None:
    colours = [colour_of(level, steps) for level in range(1, steps + 1)]
    assert colours == sorted(set(colours))
    assert colours == [10 - colour for colour in reversed(colours)]


def test_screen_readers_hear_the_level_among_all() -> None:
    assert spoken_level(RatingSettings(), 4, "agree") == "4 of 5, agree"
    assert spoken_level(RatingSettings(steps=11), 4, "") == "4 of 11"
    assert spoken_level(RatingSettings(scale="yes_no"), 2, "Yes") == "Yes"


def test_results_have_means_medians_and_who_rated(
    make_poll: MakePoll, alice: User, bob: User, charlie: User
) -> None:
    poll = rating(make_poll)
    assert column(shown(poll, alice)["rows"], "people") == ["", "", ""]
    rate(bob, poll, 5, 2, 0)
    rate(charlie, poll, 4, 0, 0)
    rows = shown(poll, alice)["rows"]
    assert column(rows, "value") == ["4.5", "2.0", "–"]
    assert column(rows, "people") == [
        "median 4.5 · 2 of 2 people",
        "median 2 · 1 of 2 people",
        "0 of 2 people",
    ]
    assert [each.width for each in rows[0]["segments"]] == ["0.000%"] * 3 + ["50.000%"] * 2
    assert rows[0]["cells"] == ["4.50", "4.5", "2", "0", "0", "0", "0", "1", "1"]


def test_yes_no_and_abstain_are_shares_of_all_voters(
    make_poll: MakePoll, alice: User, bob: User, charlie: User, guest: User, staff: User
) -> None:
    poll = rating(make_poll, scale="yes_no")
    for voter, score in ((bob, 2), (charlie, 2), (guest, 1), (staff, 0)):
        rate(voter, poll, score, 2, 1)
    [first, *_others] = shown(poll, alice)["rows"]
    assert first["value"] == "50%"
    parts = [(each.name, each.width) for each in first["segments"]]
    assert parts == [("10", "50.000%"), ("abstain", "25.000%"), ("0", "25.000%")]


def test_star_shows_the_runoff_and_its_winner(
    make_poll: MakePoll, alice: User, bob: User, charlie: User, guest: User
) -> None:
    poll = rating(make_poll, method="star")
    assert shown(poll, alice)["runoff"] is None
    rate(bob, poll, 5, 4, 0)
    rate(charlie, poll, 2, 3, 1)
    rate(guest, poll, 2, 3, 0)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    result = shown(poll, alice)
    assert column(result["rows"], "value") == ["9", "10", "1"]
    runoff = result["runoff"]
    assert (runoff["first"], runoff["most"], runoff["second"], runoff["fewest"]) == (
        *("Coffee", 2),
        *("Tea", 1),
    )
    results = snapshot_of(poll, actor_of(alice)).results
    assert outcome_of(poll, results) == "Coffee wins the runoff 2 to 1"


def test_hidden_results_have_no_numbers(make_poll: MakePoll, bob: User, charlie: User) -> None:
    poll = make_poll(kind="rating", results_visibility="after_close")
    rate(bob, poll, 5, 5, 5)
    rows = shown(poll, charlie)["rows"]
    assert column(rows, "value") == ["", "", ""]
    assert {cell for row in rows for cell in row["cells"]} == {"–"}
    assert outcome_of(poll, snapshot_of(poll, actor_of(charlie)).results) == ""

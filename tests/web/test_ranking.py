"""The pages of rankings without a script: the form, and the results of each method."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from polls.kinds.base import Answer, Cell
from polls.kinds.ranking import Ranking, RankingSettings
from polls.models import Poll
from polls.services import close_poll
from polls.tally import OptionTally, PollResults
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.polls.kinds.generators import count_rounds
from tests.web.conftest import BrowserOf
from votes.models import Vote
from web.kinds.ranking_results import outcome_of, result_of
from web.kinds.ranking_tables import NONE

voting = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"
NAMES = ("Tea", "Coffee", "Water")
IDS = tuple(UUID(int=number) for number in range(1, 4))


def send(browser: Client, poll: Poll, *ranks: str) -> str:
    """Sends the form with these ranks of the options; the page it then shows."""
    fields = {f"rank-{each}": rank for each, rank in zip(option_ids(poll), ranks, strict=True)}
    answer = browser.post(f"/p/{poll.join_code}/vote", {**fields, "key": KEY}, follow=True)
    return answer.content.decode()


def order() -> list[str]:
    """The only ballot, best first."""
    return list(Vote.objects.order_by("rank").values_list("option__text", flat=True))


# The form


@voting
def test_ranks_become_an_order(make_poll: MakePoll, client: Client) -> None:
    html = send(client, make_poll(kind="ranking"), "3", "1", "2")
    assert order() == ["Coffee", "Water", "Tea"]
    chosen = html.partition('id="ranking-chosen"')[2].partition("</ol>")[0]
    assert re.findall(r'ranking-text" dir="auto">(\w+)', chosen) == ["Coffee", "Water", "Tea"]
    assert re.findall(r"<option selected>(\d)", chosen) == ["1", "2", "3"]


@voting
def test_the_first_few_are_enough_where_the_poll_says_so(
    make_poll: MakePoll, client: Client
) -> None:
    poll = make_poll(kind="ranking", settings={"places": 2})
    html = client.get(f"/p/{poll.join_code}").content.decode()
    assert "Rank up to 2 options. Your first choice is at the top." in html
    assert re.findall(r"<option>(\d)", html) == ["1", "2"] * 3
    send(client, poll, "", "1", "")
    assert order() == ["Coffee"]


@voting
@pytest.mark.parametrize(
    ("ranks", "sentence"),
    [
        (("1", "1", "2"), "Give rank 1 to one option only."),
        (("1", "3", ""), "No option has rank 2. Give the ranks 1, 2, 3 and so on."),
        (("0", "1", "2"), "No option has rank 3. Give the ranks 1, 2, 3 and so on."),
        (("1", "2", ""), "Rank all 3 options."),
        (("1", "2", "x"), "Choose a rank for each option from the list."),
        (("", "", ""), "Answer the question first."),
    ],
)
def test_ranks_that_are_no_order_get_a_readable_error(
    make_poll: MakePoll, client: Client, ranks: Sequence[str], sentence: str
) -> None:
    poll = make_poll(kind="ranking")
    assert f'notice-error">{sentence}</p>' in send(client, poll, *ranks)
    assert not Vote.objects.exists()


# The results


@voting
@pytest.mark.parametrize("method", ["borda", "schulze", "instant_runoff"])
def test_every_page_shows_the_result(
    browser_of: BrowserOf,
    alice: User,
    bob: User,
    charlie: User,
    make_poll: MakePoll,
    method: str,
) -> None:
    poll = make_poll(kind="ranking", settings={"method": method}, embed_origins=["*"])
    vote(bob, poll, 1, 0, 2)
    vote(charlie, poll, 1, 2, 0)
    browser = browser_of(alice)
    for path in (f"/p/{poll.join_code}", f"/embed/{poll.id}", f"/manage/{poll.id}"):
        html = browser.get(path).content.decode()
        picture = html.partition('class="ranking-picture"')[2].partition("ranking-note")[0]
        assert re.findall(r'(?:bar-label|ranking-name)" dir="auto">(\w+)', picture)[0] == "Coffee"
        number = {"borda": "4 points", "schulze": ">2<", "instant_runoff": "100%"}[method]
        assert number in picture
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert "Winner: Coffee" in browser.get(f"/present/{poll.id}").content.decode()


def tallied(
    *ballots: Sequence[int], is_closed: bool = True, **settings: Any
) -> tuple[Poll, PollResults]:
    """A poll about ``NAMES`` with its results; each ballot has positions, best first."""
    kind = Ranking(RankingSettings(**settings), IDS)
    cells: Counter[Cell] = Counter()
    for ballot in ballots:
        cells += kind.cells(tuple(Answer(IDS[position]) for position in ballot))
    counts = Counter(position for ballot in ballots for position in ballot)
    options = tuple(
        OptionTally(
            id=each,
            text=NAMES[index],
            vote_count=counts[index],
            percentage=0.0,
            percentage_of_voters=0.0,
            voter_count=counts[index],
            voter_share=0.0,
            limit=None,
        )
        for index, each in enumerate(IDS)
    )
    results = PollResults(
        id=UUID(int=9),
        question="Tea or coffee?",
        question_edited_at=None,
        original_question=None,
        total_votes=sum(counts.values()),
        total_voters=len(ballots),
        options=options,
        tally=kind.view(cells, count_rounds(kind, cells) if is_closed else None),
        version=1,
    )
    stored = {"method": "borda", "places": None} | settings
    return Poll(kind="ranking", settings=stored), results


CYCLE = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


@pytest.mark.parametrize(
    ("method", "ballots", "outcome"),
    [
        ("borda", [(1, 0, 2), (1, 2, 0)], "Winner: Coffee (4 points)"),
        ("borda", [(1, 0, 2), (0, 1, 2)], "Tied for first place: Tea, Coffee"),
        ("schulze", [(1, 0, 2), (1, 2, 0)], "Winner: Coffee, preferred to every other option"),
        ("schulze", [*CYCLE, (0, 1, 2), (0, 1, 2), (1, 2, 0)], "Winner: Tea"),
        ("schulze", CYCLE, "Tied for first place: Tea, Coffee, Water"),
        (
            "instant_runoff",
            [(1, 0, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1), (2, 0, 1)],
            "Winner: Water (3 of 5 votes in round 2)",
        ),
        (
            "instant_runoff",
            [(0, 1, 2), (1, 0, 2)],
            "Tied in the last round: Tea, Coffee. Tea is listed first.",
        ),
        (
            "instant_runoff",
            [(0, 1, 2)] * 3 + [(1, 2, 0)] + [(2, 0, 1)],
            "Winner: Tea (3 of 5 votes in round 1)",
        ),
        (
            "instant_runoff",
            [(0, 1, 2)] * 2 + [(1, 0, 2), (2, 0, 1)],
            "Winner: Tea (3 of 4 votes in round 2, after a tie)",
        ),
    ],
)
def test_the_outcome_names_the_winner_or_the_tie(
    method: str, ballots: Sequence[Sequence[int]], outcome: str
) -> None:
    _, results = tallied(*ballots, method=method)
    assert outcome_of(results) == outcome


def test_rounds_that_are_not_counted_yet_are_said() -> None:
    _, results = tallied((0, 1, 2), method="instant_runoff", is_closed=False)
    assert outcome_of(results) == "Counting the rounds …"


def test_nobody_has_won_without_votes() -> None:
    poll, results = tallied(method="instant_runoff")
    assert outcome_of(results) == ""
    assert {(bar.place, bar.value) for bar in result_of(poll, results)["bars"]} == {(0, "")}


def test_bars_are_parts_of_the_most_points_there_can_be() -> None:
    poll, results = tallied((1, 0), (1, 2), places=2)
    bars = result_of(poll, results)["bars"]
    # First by all would be two points from each of two people.
    assert [(bar.option.text, bar.share) for bar in bars] == [
        ("Coffee", 100.0),
        ("Tea", 25.0),
        ("Water", 25.0),
    ]
    assert [(bar.place, bar.value, bar.detail, bar.base) for bar in bars] == [
        (1, "4 points", "2× first", "ranked by 2 of 2"),
        (2, "1 point", "0× first", "ranked by 1 of 2"),
        (2, "1 point", "0× first", "ranked by 1 of 2"),
    ]


def test_the_grid_says_who_beats_whom() -> None:
    poll, results = tallied((1, 0, 2), (1, 2, 0), method="schulze")
    [first, second, _] = result_of(poll, results)["grid"]
    assert first["text"] == "Coffee"
    assert first["squares"][0] is None
    square = first["squares"][1]
    assert (square.wins, square.outcome, square.words) == (2, "wins", "Coffee beats Tea")
    assert second["squares"][0].words == "Tea loses to Coffee"
    assert second["squares"][2].words == "Tea ties with Water"


def test_the_table_has_the_rounds_with_transfers_and_ties() -> None:
    ballots = [(0, 1)] * 3 + [(1, 0)] * 3 + [(2,)]
    poll, results = tallied(*ballots, method="instant_runoff", places=2)
    table = result_of(poll, results)["table"]
    assert table.heads == ["Option", "Round 1", "Round 2", "Round 3", "Outcome"]
    assert table.rows == [
        ("Tea", ["3", "3", "6", "Winner"]),
        ("Coffee", ["3", "3", NONE, "Eliminated in round 2 (tie)"]),
        ("Water", ["1", NONE, NONE, "Eliminated in round 1"]),
        ("No choice left", ["0", "1", "1", ""]),
    ]


def test_tables_say_how_many_people_ranked_an_option() -> None:
    poll, results = tallied((1, 0), (1, 2), places=2, method="schulze")
    table = result_of(poll, results)["table"]
    assert table.heads == [
        "Option",
        "Place",
        "Wins",
        "Ties",
        "Losses",
        "First choices",
        "Ranked by",
    ]
    assert table.rows[0] == ("Coffee", ["1", "2", "0", "0", "2", "2 of 2"])

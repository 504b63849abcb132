"""What people see of the tally of each kind, computed by hand."""

from collections import Counter
from typing import Any

from apikit.wire import to_wire
from polls.kinds.base import Cell, Kind, SentAnswer
from polls.kinds.ranking import Ranking
from tests.polls.kinds.generators import count_rounds, ids_of, make_kind

A, B, C, D, E = ids_of(5)


def view_of(kind: Kind, *ballots: list[dict[str, Any]]) -> Any:
    tally: Counter[Cell] = Counter()
    for sent in ballots:
        tally.update(kind.cells(kind.parse([SentAnswer(**each) for each in sent])))
    return kind.view(tally)


def score(option: Any, level: int) -> dict[str, Any]:
    return {"option_id": option, "score": level}


def test_ratings_have_mean_median_distribution_and_skips() -> None:
    kind = make_kind("rating", 2)
    view = view_of(kind, [score(A, 5)], [score(A, 2), score(B, 3)], [score(A, 2)], [score(A, 4)])
    first, second = view.options
    assert (first.mean, first.median, first.distribution) == (3.25, 3.0, (0, 2, 0, 1, 1))
    assert (first.rated, first.skipped, first.shares) == (4, 0, (0.0, 50.0, 0.0, 25.0, 25.0))
    assert (second.rated, second.skipped, second.mean) == (1, 3, 3.0)
    assert view.star is None


def test_points_have_a_mean_per_voter_and_a_share() -> None:
    kind = make_kind("points", 3)
    view = view_of(kind, [score(A, 100)], [score(A, 50), score(B, 50)])
    assert [(each.points, each.mean, each.share) for each in view.options] == [
        (150, 75.0, 75.0),
        (50, 25.0, 25.0),
        (0, 0.0, 0.0),
    ]
    assert (view.voters, view.total) == (2, 200)


def test_numbers_have_mean_deviation_and_median() -> None:
    kind = make_kind("numeric", min=-10, max=10, step=0.5)
    view = view_of(kind, *([{"number": number}] for number in (-1.5, 0.0, 2.5, 3.0)))
    assert (view.voters, view.mean, view.median, view.is_exact) == (4, 1.0, 1.25, True)
    assert view.deviation == 1.837117
    assert (view.bars[0].low, view.bars[-1].high) == (-1.5, 3.0)
    assert sum(each.count for each in view.bars) == 4


def test_the_median_of_a_wide_range_is_that_of_a_thousandth_of_it() -> None:
    kind = make_kind("numeric", min=0, max=1_000_000)
    view = view_of(kind, *([{"number": number}] for number in (10.0, 500_000.0, 999_999.0)))
    assert abs(view.median - 500_000) <= 1000
    assert not view.is_exact
    assert view.mean == 500_003.0


def test_no_median_is_above_the_highest_number() -> None:
    # The last of the thousandths has fewer numbers than the others.
    kind = make_kind("numeric", min=0, max=1_000_000)
    view = view_of(kind, [{"number": 1_000_000.0}])
    assert view.bars[0].low <= view.median <= view.bars[0].high == 1_000_000


def test_a_thousand_steps_have_an_exact_median() -> None:
    view = view_of(make_kind("numeric", min=0, max=1000), [{"number": 1000.0}])
    assert (view.median, view.is_exact) == (1000.0, True)


def test_a_hotspot_is_a_grid() -> None:
    kind = make_kind("hotspot", maxPlaces=2)
    view = view_of(kind, [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}], [{"x": 0.01, "y": 0.05}])
    assert [(each.column, each.row, each.count) for each in view.spots] == [(0, 0, 2), (31, 17, 1)]
    assert (view.heat[0], view.heat[1], view.heat[-1]) == ("f", "0", "8")
    assert view.total == 3


def test_dates_are_listed_best_first() -> None:
    slots = [{"day": "2026-12-03"}, {"day": "2026-12-01"}, {"day": "2026-12-02"}]
    kind = make_kind("dates", 3, slots=slots)
    view = view_of(kind, [score(A, 3), score(B, 3), score(C, 2)], [score(A, 3), score(B, 3)])
    assert [
        (each.option_id, each.place, each.yes, each.maybe, each.no) for each in view.options
    ] == [
        (B, 1, 2, 0, 0),
        (A, 1, 2, 0, 0),
        (C, 3, 0, 1, 1),
    ]


def test_equally_good_dates_are_listed_by_time_whatever_their_offsets() -> None:
    late, early = {"startsAt": "2026-12-01T23:30:00-05:00"}, {"startsAt": "2026-12-02T01:00:00Z"}
    view = view_of(make_kind("dates", 2, slots=[late, early]), [score(A, 3), score(B, 3)])
    assert [each.option_id for each in view.options] == [B, A]
    assert to_wire(view.options[1].slot)["startsAt"] == "2026-12-02T04:30:00Z"


def test_a_view_of_texts_asks_for_those_that_people_may_see() -> None:
    for held, approval in ((False, "not_removed"), (True, "approved")):
        kind = make_kind("open_text", needsApproval=held)
        assert [each.approval for each in kind.shown_groups()] == [approval, None]
        view = view_of(kind, [{"text": "Hello"}], [{"text": " Hello "}])
        assert [(each.text, each.count) for each in view.cards] == [("Hello", 2)]
        assert view.total == 2


def test_a_ranking_is_by_first_preferences_until_its_rounds_are_counted() -> None:
    kind = make_kind("ranking", 3, method="instant_runoff", places=3)
    tally: Counter[Cell] = Counter()
    for order in ((A, B, C), (A, B, C), (B, C, A), (C, B, A), (C, B, A)):
        sent = [SentAnswer(option_id=each) for each in order]
        tally.update(kind.cells(kind.parse(sent)))
    live: Any = kind.view(tally)
    assert [(each.option_id, each.place, each.firsts, each.share) for each in live.options] == [
        (A, 1, 2, 40.0),
        (C, 1, 2, 40.0),
        (B, 3, 1, 20.0),
    ]
    assert live.runoff is None
    assert isinstance(kind, Ranking)
    closed = kind.view(tally, count_rounds(kind, tally))
    assert [each.option_id for each in closed.options] == [C, A, B]

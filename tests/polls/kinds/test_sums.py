"""The tally of every kind is the sum of the cells of its ballots, after any sequence of changes."""

from collections import Counter
from random import Random

import pytest

from polls.kinds.base import MAX_ENTRIES, Answers, Cell, Kind, SentAnswer
from polls.kinds.open_text import MAX_CHARS, MAX_SHOWN_BYTES
from polls.kinds.registry import KINDS
from tests.polls.kinds.generators import CASES, make_kind

VOTERS = 200
CHANGES = 2000


def test_every_kind_has_a_case() -> None:
    assert {kind for kind, _, _ in CASES.values()} == set(KINDS)


@pytest.mark.parametrize("case", CASES)
def test_casts_changes_and_retractions_equal_a_recount(case: str) -> None:
    name, settings, draw = CASES[case]
    kind, chance = make_kind(name, **settings), Random(case)
    ballots: dict[int, Answers] = {}
    tally: Counter[Cell] = Counter()
    for _ in range(CHANGES):
        voter = chance.randrange(VOTERS)
        after = () if chance.random() < 0.2 else kind.parse(draw(chance, kind.option_ids))
        tally.subtract(kind.cells(ballots.get(voter, ())))
        tally.update(kind.cells(after))
        ballots[voter] = after
    recount: Counter[Cell] = Counter()
    for answers in ballots.values():
        recount.update(kind.cells(answers))
    assert +tally == recount
    assert not -tally
    # In the same order, because the newest texts are the first ones that are read.
    in_order = {cell: recount[cell] for cell in +tally}
    assert kind.view(tally) == kind.view(in_order)


@pytest.mark.parametrize("case", CASES)
def test_a_ballot_survives_being_shown_and_sent_again(case: str) -> None:
    name, settings, draw = CASES[case]
    kind, chance = make_kind(name, **settings), Random(case)
    for _ in range(200):
        answers = kind.parse(draw(chance, kind.option_ids))
        assert kind.parse(kind.show(answers)) == answers


@pytest.mark.parametrize("case", CASES)
def test_a_view_needs_only_the_cells_it_names(case: str) -> None:
    """And no more of them than it says: a frame costs the same for a million ballots."""
    name, settings, draw = CASES[case]
    kind, chance = make_kind(name, **settings), Random(case)
    tally: Counter[Cell] = Counter()
    for _ in range(500):
        tally.update(kind.cells(kind.parse(draw(chance, kind.option_ids))))
    shown = {group.name: group for group in kind.shown_groups()}
    read = {cell: count for cell, count in tally.items() if cell.group in shown}
    assert kind.view(read) == kind.view(tally)
    for group in shown.values():
        assert sum(cell.group == group.name for cell in read) <= group.limit


@pytest.mark.parametrize("case", CASES)
def test_a_poll_without_votes_has_a_view(case: str) -> None:
    name, settings, _ = CASES[case]
    kind = make_kind(name, **settings)
    assert kind.cells(()) == Counter()
    assert kind.view({}) == kind.view({})


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        (make_kind("word_cloud", maxWords=1), "words"),
        (make_kind("open_text"), "cards"),
        (make_kind("hotspot"), "spots"),
        (make_kind("numeric", min=0, max=1_000_000), "bars"),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_views_have_at_most_fifty_entries(kind: Kind, entries: str) -> None:
    tally: Counter[Cell] = Counter()
    for number in range(400):
        place = {"x": number % 20 / 20, "y": number // 20 / 20}
        fields = {"numeric": {"number": number * 2500.0}, "hotspot": place}
        sent = SentAnswer(**fields.get(kind.name, {"text": f"word {number}"}))
        tally.update(kind.cells(kind.parse([sent])))
    shown = getattr(kind.view(tally), entries)
    assert 0 < len(shown) <= MAX_ENTRIES


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}"])
def test_the_texts_of_a_frame_have_a_bound_in_bytes(letter: str) -> None:
    kind = make_kind("open_text", maxChars=MAX_CHARS)
    tally: Counter[Cell] = Counter()
    for number in range(100):
        text = f"{number:03}" + letter * (MAX_CHARS - 3)
        tally.update(kind.cells(kind.parse([SentAnswer(text=text)])))
    cards = kind.view(tally).cards  # type: ignore[union-attr]
    shown_bytes = sum(len(each.text.encode()) for each in cards)
    assert MAX_SHOWN_BYTES - 4 * MAX_CHARS < shown_bytes <= MAX_SHOWN_BYTES
    # The newest ones, without gaps.
    assert [each.text[:3] for each in cards] == [f"{number:03}" for number in range(len(cards))]

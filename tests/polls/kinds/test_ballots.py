"""Ballots of every kind: what is refused, in words for people, and what means the same."""

from typing import Any
from uuid import UUID

import pytest

from polls.kinds.base import Answers, BallotError, SentAnswer
from polls.kinds.word_cloud import word_key
from tests.polls.kinds.generators import ids_of, make_kind

A, B, C, D, E = ids_of(5)
STRANGE = UUID(int=99)
SLOTS = [{"day": f"2026-12-0{day}"} for day in range(1, 6)]


def parse(kind: str, settings: dict[str, Any], sent: list[dict[str, Any]]) -> Answers:
    return make_kind(kind, **settings).parse([SentAnswer(**each) for each in sent])


def scores(**levels: int) -> list[dict[str, Any]]:
    return [{"option_id": globals()[name], "score": level} for name, level in levels.items()]


def options(*ids: UUID) -> list[dict[str, Any]]:
    return [{"option_id": each} for each in ids]


UNKNOWN = "This option does not belong to this poll."
REFUSED: list[tuple[str, dict[str, Any], list[dict[str, Any]], str, str]] = [
    ("single", {}, options(A, B), "answers", "At most 1 option can be sent."),
    ("single", {}, options(STRANGE), "answers.0.optionId", UNKNOWN),
    ("single", {}, scores(A=1), "answers.0.score", "Answers of this poll have no such field."),
    ("multiple", {}, options(A, A), "answers.1.optionId", "This option was answered twice."),
    ("multiple", {"minChoices": 2}, options(A), "answers", "Choose at least 2 options."),
    ("questions", {}, [], "answers", "Send at least one answer."),
    ("rating", {}, scores(A=6), "answers.0.score", "Must be a level from 1 to 5, or 0 to skip."),
    ("rating", {}, scores(A=-1), "answers.0.score", "Must be a level from 1 to 5, or 0 to skip."),
    ("rating", {}, options(A), "answers.0.score", "This field is required."),
    (
        "rating",
        {"scale": "yes_no"},
        scores(A=3),
        "answers.0.score",
        "Must be a level from 1 to 2, or 0 to skip.",
    ),
    ("ranking", {}, options(A, B), "answers", "Rank all 5 options."),
    ("ranking", {"places": 2}, options(A, B, C), "answers", "At most 2 options can be sent."),
    (
        "ranking",
        {"places": 3},
        [{"option_id": A, "rank": 1}, {"option_id": B, "rank": 3}],
        "answers",
        "Ranks must be 1 to 2, each once.",
    ),
    (
        "ranking",
        {"places": 3},
        [{"option_id": A, "rank": 1}, {"option_id": B}],
        "answers",
        "Ranks must be 1 to 2, each once.",
    ),
    ("points", {}, scores(A=60, B=41), "answers", "Spend exactly 100 points; these are 101."),
    ("points", {}, scores(A=60), "answers", "Spend exactly 100 points; these are 60."),
    ("points", {}, scores(A=101), "answers.0.score", "Must be 0 to 100 points."),
    (
        "points",
        {"total": 5, "mustSpendAll": False},
        scores(A=3, B=3),
        "answers",
        "Spend at most 5 points; these are 6.",
    ),
    (
        "points",
        {"mustSpendAll": False},
        scores(A=0),
        "answers",
        "Give at least one point.",
    ),
    ("numeric", {}, [{"number": 101.0}], "answers.0.number", "Must be from 0 to 100."),
    ("numeric", {}, [{"number": 1e300}], "answers.0.number", "Must be from 0 to 100."),
    ("numeric", {}, [{"number": -1e300}], "answers.0.number", "Must be from 0 to 100."),
    (
        "numeric",
        {"min": 1, "step": 0.5},
        [{"number": 1.7}],
        "answers.0.number",
        "Must be 1 plus a multiple of 0.5.",
    ),
    ("numeric", {}, [{"number": 1.0}, {"number": 2.0}], "answers", "At most 1 number can be sent."),
    (
        "numeric",
        {},
        [{"option_id": A, "number": 1.0}],
        "answers.0.optionId",
        "Answers of this poll have no such field.",
    ),
    ("word_cloud", {}, [{"text": "  "}], "answers.0.text", "This field may not be blank."),
    (
        "word_cloud",
        {"maxChars": 5},
        [{"text": "coffee"}],
        "answers.0.text",
        "At most 5 characters are allowed.",
    ),
    (
        "word_cloud",
        {},
        [{"text": "two\nlines"}],
        "answers.0.text",
        "Control characters are not allowed.",
    ),
    (
        "word_cloud",
        {"maxWords": 1},
        [{"text": "a"}, {"text": "b"}],
        "answers",
        "At most 1 words can be sent.",
    ),
    (
        "open_text",
        {"maxChars": 10},
        [{"text": "x" * 11}],
        "answers.0.text",
        "At most 10 characters are allowed.",
    ),
    ("hotspot", {}, [{"x": 1.5, "y": 0.5}], "answers.0.x", "Must be from 0 to 1."),
    ("hotspot", {}, [{"x": 0.5}], "answers.0.y", "This field is required."),
    (
        "dates",
        {"slots": SLOTS},
        scores(A=0),
        "answers.0.score",
        "Must be 1 (no), 2 (maybe) or 3 (yes).",
    ),
    (
        "dates",
        {"slots": SLOTS, "allowsMaybe": False},
        scores(A=2),
        "answers.0.score",
        "Must be 1 (no) or 3 (yes).",
    ),
]


@pytest.mark.parametrize(("kind", "settings", "sent", "field", "message"), REFUSED)
def test_a_ballot_that_does_not_fit_is_refused(
    kind: str, settings: dict[str, Any], sent: list[dict[str, Any]], field: str, message: str
) -> None:
    with pytest.raises(BallotError) as refusal:
        parse(kind, settings, sent)
    assert [(each.field, each.message) for each in refusal.value.errors] == [(field, message)]


def test_only_a_ranking_depends_on_the_order() -> None:
    assert parse("rating", {}, scores(A=1, B=2)) == parse("rating", {}, scores(B=2, A=1))
    assert parse("points", {}, scores(A=1, B=99)) == parse("points", {}, scores(B=99, A=1))
    places = [{"x": 0.1, "y": 0.2}, {"x": 0.3, "y": 0.4}]
    settings = {"maxPlaces": 2}
    assert parse("hotspot", settings, places) == parse("hotspot", settings, places[::-1])
    first = {"places": 2}
    assert parse("ranking", first, options(A, B)) != parse("ranking", first, options(B, A))


def test_ranks_decide_whatever_the_order_of_the_answers_is() -> None:
    sent = [{"option_id": B, "rank": 2}, {"option_id": A, "rank": 1}]
    assert parse("ranking", {"places": 2}, sent) == parse("ranking", {"places": 2}, options(A, B))


def test_skipping_a_statement_is_leaving_it_out() -> None:
    assert parse("rating", {}, scores(A=3, B=0)) == parse("rating", {}, scores(A=3))
    assert parse("rating", {"scale": "yes_no"}, scores(A=0))


def test_a_number_is_what_was_written() -> None:
    settings = {"min": 0, "max": 1, "step": 0.1}
    computed = parse("numeric", settings, [{"number": 0.1 + 0.2}])
    assert computed == parse("numeric", settings, [{"number": 0.3}])
    assert computed[0].value == "0.3"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "cafe"),
        ("ΚΑΦΈΣ", "καφες"),
        ("Ёлка", "елка"),
        ("ice  cream", "Ice Cream"),
        ("ＴＥＡ", "tea"),
        ("ISPARTA", "ısparta"),
        ("İzmir", "izmir"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("مُحَمَّد", "محمد"),
        ("كتـــاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("\u1112\u1161\u11ab", "한"),
        ("❤\ufe0f", "❤"),
        ("te\u200ba", "tea"),
    ],
)
def test_words_are_counted_together_whatever_their_case_and_accents(one: str, other: str) -> None:
    kind = make_kind("word_cloud")
    cells = [kind.cells(kind.parse([SentAnswer(text=text)])) for text in (one, other, other)]
    tally = cells[0] + cells[1] + cells[2]
    view: Any = kind.view(tally)
    assert [(each.text, each.count) for each in view.words] == [(other, 3)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("คา", "ค่า"),
        ("かき", "かぎ"),
        ("कि", "क"),
        ("герой", "герои"),
        ("أب", "اب"),
        ("👍🏽", "👍🏿"),
    ],
)
def test_words_whose_marks_are_letters_stay_apart(one: str, other: str) -> None:
    assert len(parse("word_cloud", {}, [{"text": one}, {"text": other}])) == 2


def test_a_word_has_a_key_whatever_folding_leaves_of_it() -> None:
    assert word_key("ـــ") == "ـــ"
    assert word_key("ـ tea ـ") == "tea"

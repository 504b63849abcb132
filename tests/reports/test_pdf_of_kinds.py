"""PDF reports on polls of every kind: what they say, and that screen readers get all of it."""

import io
from typing import Any

import pytest
from django.utils import translation
from pypdf import PdfReader

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.models import Poll
from polls.services import close_poll
from reports.collecting import collect_poll, collect_workspace
from reports.pdf.document import build_document
from reports.writers import Language
from tests.conftest import actor_of, make_user, option_ids
from tests.polls.kinds.asking import answer, answer_at_random, ask
from tests.polls.kinds.generators import CASES
from tests.reports.test_pdf import compile_report, is_pdf_ua, kinds_of, structure_of
from tests.reports.test_pdf_document import STYLE, plain
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

# How the alternative text of a figure begins; texts have no figure, and questions that of choices.
FIGURES = {
    **dict.fromkeys(CASES.keys() - {"open text"}, "Bar chart."),
    "numeric": "Histogram from ",
    "hotspot": "Heat map of 32 columns and 18 rows.",
}
# The tables of results; those of ratings and of rankings also show what the result follows from.
TWO_TABLES = {"rating", "star", "schulze", "instant runoff"}


def test_screen_readers_get_a_figure_and_tables_of_every_kind(
    alice: User, workspace: Workspace
) -> None:
    for case in CASES:
        poll = ask(alice, case, question=f"What of {case}?", workspace_id=workspace.id)
        answer_at_random(poll, case)
        if case == "instant runoff":
            close_poll(actor=actor_of(alice), poll_id=poll.id)
    ask(alice, "word cloud", question="No words yet?", workspace_id=workspace.id)
    pdf = PdfReader(io.BytesIO(compile_report(collect_workspace(actor_of(alice), workspace.id))))
    assert is_pdf_ua(pdf)
    # The overview, and those of each poll.
    assert kinds_of(pdf).count("/Table") == 1 + len(CASES) + len(TWO_TABLES)
    figures = [str(each["/Alt"]) for each in structure_of(pdf) if each["/S"] == "/Figure"]
    for beginning in set(FIGURES.values()):
        expected = list(FIGURES.values()).count(beginning)
        assert sum(each.startswith(beginning) for each in figures) == expected, beginning
    arabic = compile_report(collect_workspace(actor_of(alice), workspace.id), Language.ARABIC)
    assert is_pdf_ua(PdfReader(io.BytesIO(arabic)))


def section_of(alice: User, poll: Poll) -> Any:
    with translation.override("en"):
        report = collect_poll(actor_of(alice), poll.id)
        [section] = build_document(report, STYLE, lambda _: None)["polls"]
    return section


def cells_of(table: Any) -> list[list[Any]]:
    return [list(map(plain, row)) for row in table["rows"]]


def test_a_rating_says_which_mean_is_highest(alice: User) -> None:
    poll = ask(alice, "rating", options=["Food", "Music"])
    food, music = option_ids(poll)
    for name, score in (("One", 5), ("Two", 4)):
        sent = [SentAnswer(option_id=food, score=score), SentAnswer(option_id=music, score=2)]
        answer(make_user(name), poll, sent[: score - 3])
    section = section_of(alice, poll)
    assert plain(section["outcome"]) == "Food has the highest mean: 4.50"
    main, levels = section["tables"]
    assert cells_of(main) == [
        ["Food", "4.50", "4.5", "2", "0"],
        ["Music", "2.00", "2.0", "1", "1"],
    ]
    assert cells_of(levels)[0] == ["Food", "0", "0", "0", "1", "1"]
    assert section["figure"]["rows"][0]["parts"] == [0, 0, 0, 0.5, 0.5]


def test_equal_results_are_no_winner(alice: User, bob: User) -> None:
    poll = ask(alice, "points", options=["A", "B", "C"])
    one, other, _ = option_ids(poll)
    sent = [SentAnswer(option_id=id_, score=50) for id_ in (one, other)]
    answer(bob, poll, sent)
    section = section_of(alice, poll)
    assert plain(section["outcome"]) == "2 options are equally good"
    assert section["leading"] is None
    assert [each["leads"] for each in section["figure"]["options"]] == [True, True, False]
    assert section["figure"]["options"][1]["length"] == 1


def test_a_runoff_shows_its_winner_and_rounds_once_it_is_closed(alice: User) -> None:
    poll = ask(alice, "instant runoff", options=["A", "B", "C"])
    ids = option_ids(poll)
    orders = [(0, 1), (0, 2), (1, 0), (2, 1), (1, 2)]
    for number, order in enumerate(orders):
        sent = [SentAnswer(option_id=ids[position]) for position in order]
        answer(make_user(f"Voter{number}"), poll, sent)
    assert len(section_of(alice, poll)["tables"]) == 1
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    section = section_of(alice, poll)
    assert plain(section["outcome"]) == "B – First place"
    assert cells_of(section["tables"][1]) == [["B", "2", "3"], ["A", "2", "2"], ["C", "1", ""]]
    leads = {plain(each["text"]): each["leads"] for each in section["figure"]["options"]}
    assert leads == {"B": True, "A": False, "C": False}


def test_a_poll_without_answers_has_neither_figure_nor_result(alice: User) -> None:
    for case in CASES:
        section = section_of(alice, ask(alice, case))
        assert section["figure"] is None, case
        assert plain(section["outcome"]) == "No votes yet"
        assert section["leading"] is None

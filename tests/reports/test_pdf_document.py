"""The texts, numbers and charts of a PDF report, as data for the template."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from pytest_django import Settings

from jobs.errors import ResultTooLargeError
from polls.models import PollState, ResultsVisibility
from reports.collecting import PollReport
from reports.pdf import document
from reports.pdf.document import build_document
from reports.pdf.formats import show_number, show_percentage, show_time, show_zone
from reports.pdf.polls import show_poll
from reports.pdf.safeguards import show_safeguards
from reports.pdf.turnout import show_turnout
from reports.pdf.written import sentence, written
from reports.writers import Language, Style
from tests.reports.invented import NOON, invent_poll, invent_report, invent_timeline

BERLIN = ZoneInfo("Europe/Berlin")
STYLE = Style(language=Language.ENGLISH, time_zone=BERLIN)
# Marks a break in a long word; begins and ends an isolated text.
BREAK, ISOLATE, END = "\u200b", "\u2068", "\u2069"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def plain(value: Any) -> Any:
    """A text or the parts of a sentence as people read them."""
    if isinstance(value, list):
        return "".join(map(plain, value))
    text = value["text"] if isinstance(value, dict) else value
    return text.translate(dict.fromkeys(map(ord, (BREAK, ISOLATE, END))))


# Texts by people


def test_each_line_is_isolated_so_that_its_direction_does_not_reorder_a_sentence() -> None:
    assert written("سؤال\nQuestion")["text"] == f"{ISOLATE}سؤال{END}\n{ISOLATE}Question{END}"


@pytest.mark.parametrize(
    ("text", "cjk", "language"),
    [
        ("Tea", "SC", None),
        ("何を食べますか", "JP", "ja"),
        ("무엇을 먹을까요", "KR", "ko"),
        ("吃什么", "SC", "zh"),
        ("吃什麼", "TC", "zh"),
    ],
)
def test_chinese_japanese_and_korean_get_their_own_forms_of_characters(
    text: str, cjk: str, language: str | None
) -> None:
    assert (written(text)["cjk"], written(text)["language"]) == (cjk, language)


def test_long_words_can_be_broken_but_not_inside_what_is_drawn_as_one() -> None:
    family = "👨‍👩‍👧"
    pieces = written(family * 10)["text"].strip(ISOLATE + END).split(BREAK)
    assert len(pieces) > 1
    assert all(piece.count("👨") == piece.count("👧") for piece in pieces)
    accents = written("e\u0301\u0323" * 20)["text"].strip(ISOLATE + END).split(BREAK)
    assert len(accents) > 1
    assert all(piece.startswith("e") for piece in accents)
    assert max(map(len, written("x" * 200)["text"].strip(ISOLATE + END).split(BREAK))) <= 10


def test_byte_order_marks_are_removed_because_pdf_ua_forbids_them() -> None:
    assert written("A\ufeffB")["text"] == f"{ISOLATE}AB{END}"


@pytest.mark.parametrize("text", ["twenty letters long!", "吃" * 40, "การประชุม" * 5])
def test_other_words_are_left_alone(text: str) -> None:
    assert BREAK not in written(text)["text"]


def test_places_in_a_sentence_are_filled_with_texts_by_people() -> None:
    option = written("{share}")
    assert sentence("{option} has {share}", option=option, share="5%") == [option, " has ", "5%"]


# Numbers and times


def test_numbers_and_times_are_written_as_in_the_language() -> None:
    def show() -> tuple[str, ...]:
        return (show_number(1234567), show_percentage(12.5), show_time(NOON, BERLIN))

    assert show() == ("1,234,567", "12.5%", "29 Nov 2026, 13:00")
    with translation.override("de"):
        assert show() == ("1.234.567", "12,5\u00a0%", "29. Nov 2026, 13:00")
    with translation.override("ar"):
        assert show()[1:] == ("\u200e12.5%", "29 نوفمبر 2026، 13:00")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "UTC"),
        ("Europe/Berlin", "Europe/Berlin (UTC+1)"),
        ("Asia/Kolkata", "Asia/Kolkata (UTC+5:30)"),
        ("America/St_Johns", "America/St_Johns (UTC−3:30)"),
    ],
)
def test_the_time_zone_has_its_offset_at_that_time(zone: str, shown: str) -> None:
    assert show_zone(NOON, ZoneInfo(zone)) == shown


# The line chart


def test_the_line_has_steps_because_a_number_holds_until_the_next_one() -> None:
    line = show_turnout(invent_timeline([0, 4, 8]), BERLIN)
    assert line is not None
    assert line["points"] == [(0, 0), (0, 0), (0.5, 0), (0.5, 0.5), (1, 0.5), (1, 1)]
    assert (line["start"], line["end"]) == ("29 Nov 2026, 11:00", "29 Nov 2026, 13:00")
    assert line["alt"] == (
        "Number of voters over time, from 0 at 29 Nov 2026, 11:00 to 8 at 29 Nov 2026, 13:00."
    )
    assert line["summary"] == "Half of the voters had voted by 29 Nov 2026, 12:00."


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (9, ["0", "5", "10"]),
        (4001, ["0", "2,000", "4,000", "6,000"]),
    ],
)
def test_the_ticks_are_round_numbers(highest: int, ticks: list[str]) -> None:
    line = show_turnout(invent_timeline([0, highest]), BERLIN)
    assert line is not None
    assert [tick["label"] for tick in line["ticks"]] == ticks
    assert [line["ticks"][0]["at"], line["ticks"][-1]["at"]] == [0, 1]


def test_a_single_point_is_a_line_too_and_without_voters_there_is_none() -> None:
    line = show_turnout(invent_timeline([4]), BERLIN)
    assert line is not None
    assert line["points"] == [(1.0, 0.0), (1.0, 1.0)]
    assert show_turnout(invent_timeline([0, 0]), BERLIN) is None


# A poll


@pytest.mark.parametrize(
    ("poll", "outcome", "short"),
    [
        (invent_poll(), "Tea won with 75.0%", "75.0% · Closed"),
        (invent_poll(state=PollState.OPEN), "Tea leads with 75.0%", "75.0% · Open"),
        (
            invent_poll(votes={"A": 2, "B": 2, "C": 0}),
            "2 options are tied at 50.0%",
            "2 options are tied at 50.0% · Closed",
        ),
        (invent_poll(votes={"A": 0, "B": 0}), "Nobody voted.", "No votes yet · Closed"),
        (
            invent_poll(votes={"A": 0, "B": 0}, state=PollState.OPEN),
            "No votes yet",
            "No votes yet · Open",
        ),
        (
            invent_poll(votes={"A": 0, "B": 0}, state=PollState.DRAFT),
            "This poll is a draft: voting has not begun.",
            "Draft",
        ),
    ],
)
def test_a_poll_begins_with_its_outcome(poll: PollReport, outcome: str, short: str) -> None:
    shown = show_poll(poll, STYLE, 2)
    assert plain(shown["outcome"]) == outcome
    assert shown["leadingText"] == short
    assert shown["hasVotes"] is bool(poll.export.ballot_count)
    assert (shown["line"] is None) is (not poll.export.ballot_count)


def test_bars_and_rows_show_shares_of_voters() -> None:
    shown = show_poll(invent_poll(votes={"A": 4, "B": 3, "C": 0}, voters=4), STYLE, 1)
    assert [
        (plain(each["text"]), each["votes"], each["share"], each["length"], each["leads"])
        for each in shown["options"]
    ] == [
        ("A", "4", "100.0%", 1.0, True),
        ("B", "3", "75.0%", 0.75, False),
        ("C", "0", "0.0%", 0.0, False),
    ]
    assert shown["severalChoices"].startswith("Percentages are shares of voters")
    assert [tile["label"] for tile in shown["tiles"]][:2] == ["Voters", "Votes"]
    assert shown["chartAlt"] == (
        "Bar chart. A: 100.0%; B: 75.0%; C: 0.0%. A table with the numbers follows."
    )


def test_short_bars_are_drawn_longer_and_the_report_says_so() -> None:
    shown = show_poll(invent_poll(votes={f"Option {n}": 1 for n in range(50)}), STYLE, 1)
    assert {each["length"] for each in shown["options"]} == {0.4}
    assert shown["scale"] == "A full bar stands for 5%."
    assert shown["chartAlt"].count(";") == 4
    assert show_poll(invent_poll(), STYLE, 1)["scale"] is None


def test_only_open_polls_show_how_to_join(settings: Settings) -> None:
    settings.HAS_PUBLIC_URL, settings.PUBLIC_URL = True, "https://polls.example.org"
    shown = show_poll(invent_poll(state=PollState.OPEN), STYLE, 2)["join"]
    assert shown["url"] == "https://polls.example.org/p/482913"
    assert plain(shown["shownUrl"]) == "polls.example.org/p/482913"
    assert (shown["code"], shown["qr"][:4]) == ("Code: 482\u00a0913", "<svg")
    for state in (PollState.DRAFT, PollState.CLOSED):
        assert show_poll(invent_poll(state=state), STYLE, 2)["join"] is None
    # The cover of a report on one poll has it.
    report = invent_report(invent_poll(state=PollState.OPEN), is_workspace=False)
    body = build_document(report, STYLE, lambda _share: None)
    assert (body["join"]["url"], body["polls"][0]["join"]) == (shown["url"], None)
    # http://localhost leads nowhere on other devices.
    settings.HAS_PUBLIC_URL = False
    assert show_poll(invent_poll(state=PollState.OPEN), STYLE, 2)["join"]["url"] is None


def test_a_question_that_was_edited_after_votes_shows_the_earlier_one() -> None:
    note = show_poll(invent_poll(earlier="Tea?"), STYLE, 1)["note"]
    assert plain(note) == "Until 29 Nov 2026, 13:00, the question was: Tea?"
    assert show_poll(invent_poll(), STYLE, 1)["note"] is None


def test_safeguards_are_those_of_the_settings_and_of_the_recount() -> None:
    assert show_safeguards(invent_poll()) == [
        "Each person has one ballot.",
        "Voters choose one option.",
        "A ballot cannot be changed once it is cast.",
        "Everybody can see the results during the vote.",
        "The stored votes were counted again for this report, and agree with these results.",
    ]
    other = invent_poll(
        voters=3,
        max_choices=2,
        allow_change=True,
        visibility=ResultsVisibility.OWNER,
        recount_is_correct=False,
    )
    shown = show_safeguards(other)
    assert shown[1:4] == [
        "Up to 2 options per ballot.",
        "A ballot can be changed or taken back while the poll is open.",
        "Only the organisers can see the results.",
    ]
    assert shown[4].startswith("Caution")
    sentences = {show_safeguards(invent_poll(visibility=each))[3] for each in ResultsVisibility}
    assert len(sentences) == len(ResultsVisibility)


# The report


def test_the_summary_adds_up_and_names_the_polls_that_stand_out() -> None:
    polls = [
        invent_poll("Close?", {"A": 50, "B": 51}),
        invent_poll("Clear?", {"A": 9, "B": 1}, number=2),
        invent_poll("Nobody?", {"A": 0, "B": 0}, number=3),
        invent_poll("Several?", {"A": 2, "B": 1}, voters=3, number=4),
    ]
    body = build_document(invent_report(*polls), STYLE, lambda _share: None)
    summary = body["summary"]
    assert [tile["value"] for tile in summary["tiles"]] == ["4", "114", "114"]
    assert [
        (each["label"], plain(each["question"]), each["anchor"], plain(each["text"]))
        for each in summary["highlights"]
    ] == [
        ("Most voters", "Close?", "poll-1", "101 people voted"),
        (
            "Clearest decision",
            "Clear?",
            "poll-2",
            "A has 90.0%, the next option has 10.0%",
        ),
        ("Closest decision", "Close?", "poll-1", "B has 50.5%, the next option has 49.5%"),
    ]


def test_ties_are_the_closest_decisions_and_empty_polls_none() -> None:
    tied = invent_poll("Tied?", {"A": 1, "B": 1}, number=2)
    report = invent_report(invent_poll(), tied)
    [*_, closest] = build_document(report, STYLE, lambda _share: None)["summary"]["highlights"]
    assert plain(closest["text"]) == "The leading options are tied."
    empty = invent_report(invent_poll(votes={"A": 0, "B": 0}))
    assert build_document(empty, STYLE, lambda _share: None)["summary"]["highlights"] == []


def test_the_cover_says_what_of_whom_and_when() -> None:
    body = build_document(invent_report(invent_poll()), STYLE, lambda _share: None)
    assert [(fact["label"], plain(fact["value"])) for fact in body["facts"]] == [
        ("Project", "The team"),
        ("Description", "Questions of the retreat"),
        ("Polls", "1"),
        ("Date", "29 Nov 2026, 13:00"),
        ("Time zone", "Europe/Berlin (UTC+1)"),
    ]
    assert (body["title"], body["language"], body["isRtl"]) == ("Retreat – Report", "en", False)
    arabic = replace(STYLE, language=Language.ARABIC)
    with translation.override("ar"):
        body = build_document(invent_report(), arabic, lambda _share: None)
    assert (body["language"], body["isRtl"], body["polls"]) == ("ar", True, [])
    assert body["texts"]["empty"] == "لا استطلاعات في مساحة العمل هذه."


def test_the_progress_rises_with_the_polls() -> None:
    shares: list[float] = []
    build_document(invent_report(*[invent_poll()] * 4), STYLE, shares.append)
    assert shares == [0.0, 0.25, 0.5, 0.75]


def test_too_many_polls_for_paper_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(document, "MAX_POLLS", 1)
    report = invent_report(invent_poll(), invent_poll(number=2))
    with pytest.raises(ResultTooLargeError, match="Choose XLSX"):
        build_document(report, STYLE, lambda _share: pytest.fail("It was read."))

"""Exports of every kind: the rows that matter, all words and texts, and what people may not see."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from openpyxl import load_workbook

from accounts.models import User
from apikit.downloads import StreamedDownload
from polls.host_decisions import decide
from polls.host_wire import HostChoice
from polls.kinds.base import SentAnswer
from polls.models import Cell, Poll
from polls.services import close_poll
from tests.conftest import ClientFor, actor_of, make_user, option_ids
from tests.polls.kinds.asking import answer, ask
from votes import exports, spreadsheets
from votes.exports import ExportFormat, export_results_for

pytestmark = pytest.mark.django_db(transaction=True)

Ballots = Sequence[Sequence[Any]]
Row = dict[str, Any]


def export(poll: Poll, format_: ExportFormat) -> bytes:
    download = export_results_for(actor_of(poll.creator), poll.id, format_)
    if not isinstance(download, StreamedDownload):
        return download.content

    async def read() -> bytes:
        return b"".join([part async for part in download.content])

    return async_to_sync(read)()


def csv_of(poll: Poll) -> list[dict[str, str]]:
    text = export(poll, ExportFormat.CSV).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cast(poll: Poll, ballots: Ballots, answer_of: Callable[[Any, Any], SentAnswer]) -> Poll:
    """Casts ballots of new voters; each has a value for some positions of options."""
    ids: Sequence[Any] = option_ids(poll) or [None]
    for number, values in enumerate(ballots):
        sent = [
            answer_of(id_, value)
            for id_, value in zip(ids, values, strict=False)
            if value is not None
        ]
        answer(make_user(f"Voter{number}{poll.join_code}"), poll, sent)
    return poll


def scored(id_: Any, score: Any) -> SentAnswer:
    return SentAnswer(option_id=id_, score=score)


def ranked(poll: Poll, *orders: Sequence[int]) -> Poll:
    ids = option_ids(poll)
    for number, order in enumerate(orders):
        sent = [SentAnswer(option_id=ids[position]) for position in order]
        answer(make_user(f"Voter{number}{poll.join_code}"), poll, sent)
    return poll


def said(poll: Poll, *ballots: Sequence[str]) -> Poll:
    for number, texts in enumerate(ballots):
        sent = [SentAnswer(text=text) for text in texts]
        answer(make_user(f"Voter{number}{poll.join_code}"), poll, sent)
    return poll


def columns(rows: Sequence[Row], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_ratings_have_means_and_distributions(alice: User) -> None:
    labels = ["bad", "poor", "fair", "good", "great"]
    settings = {"labels": labels}
    poll = ask(alice, "rating", settings=settings, options=["Food", "Music"])
    cast(poll, [(4, 5), (2, None), (4, 5)], scored)
    rows = csv_of(poll)
    names = "Option", "Votes", "Mean", "Median", "Skipped", "Level 2: poor", "Level 4: good"
    assert columns(rows, *names) == [
        ("Food", "3", "3.33", "4.0", "0", "1", "2"),
        ("Music", "2", "5.0", "5.0", "1", "0", "0"),
    ]
    assert {row["Question"] for row in rows} == {"What do you think?"}


def test_star_has_its_runoff(alice: User) -> None:
    poll = ask(alice, "star", options=["A", "B", "C"])
    rows = csv_of(cast(poll, [(5, 3, 0), (4, 5, 0), (5, 3, 1)], scored))
    assert columns(rows, "Option", "Total score", "Preferred in the runoff", "Winner") == [
        ("A", "14", "2", "A"),
        ("B", "11", "1", "A"),
        ("C", "1", "", "A"),
    ]


def test_rankings_have_places_and_what_they_follow_from(alice: User) -> None:
    def ask_for(case: str) -> Poll:
        poll = ask(alice, case, options=["A", "B", "C"])
        return ranked(poll, (0, 1, 2), (0, 1, 2), (1, 2, 0), (2, 1, 0), (1, 0, 2))

    names = "Option", "Place", "Points", "First preferences"
    assert columns(csv_of(ask_for("borda")), *names) == [
        ("B", "1", "7", "2"),
        ("A", "2", "5", "2"),
        ("C", "3", "3", "1"),
    ]
    pairs = columns(csv_of(ask_for("schulze")), "Option", "Preferred to B", "Preferred to A")
    assert pairs == [("B", "", "3"), ("A", "2", ""), ("C", "1", "2")]
    runoff = ask_for("instant runoff")
    assert "Round 1" not in csv_of(runoff)[0]
    close_poll(actor=actor_of(alice), poll_id=runoff.id)
    rounds = columns(csv_of(runoff), "Option", "Round 1", "Round 2", "Winner")
    assert rounds == [("B", "2", "3", "B"), ("A", "2", "2", "B"), ("C", "1", "", "B")]


def test_points_have_sums_means_and_shares(alice: User) -> None:
    poll = ask(alice, "points", options=["A", "B"])
    rows = csv_of(cast(poll, [(70, 30), (100, None)], scored))
    names = "Option", "Votes", "Points", "Mean per voter", "Percentage of points"
    assert columns(rows, *names) == [
        ("A", "2", "170", "85.0", "85.0"),
        ("B", "1", "30", "15.0", "15.0"),
    ]


def test_numbers_have_a_histogram_and_statistics(alice: User) -> None:
    poll = ask(alice, "numeric", settings={"min": -10, "max": 10, "unit": "°C"})
    for value in (-2, -2, 1):
        answer(make_user(f"Voter{value}{Cell.objects.count()}"), poll, [SentAnswer(number=value)])
    rows = csv_of(poll)
    names = "Numbers", "Votes", "From", "To", "Mean", "Median", "Standard deviation"
    assert columns(rows, *names)[0] == ("'-2", "2", "-2.0", "-2.0", "-1.0", "-2.0", "1.414214")
    assert columns(rows, "Votes", "From") == [
        ("2", "-2.0"),
        ("0", "-1.0"),
        ("0", "0.0"),
        ("1", "1.0"),
    ]


def test_dates_have_yes_maybe_and_no(alice: User) -> None:
    slots = [
        {"day": "2030-01-01"},
        {"startsAt": "2030-01-02T10:00:00+02:00", "endsAt": "2030-01-02T11:00:00+02:00"},
    ]
    poll = ask(alice, "dates", options=["New Year", "Later"], settings={"slots": slots})
    rows = csv_of(cast(poll, [(1, 3), (2, 3)], scored))
    assert columns(rows, "Option", "Place", "Yes", "Maybe", "No", "Begins", "Ends") == [
        ("Later", "1", "2", "0", "0", "2030-01-02T08:00:00Z", "2030-01-02T09:00:00Z"),
        ("New Year", "2", "0", "1", "1", "2030-01-01", ""),
    ]


def test_places_are_all_there(alice: User) -> None:
    poll = ask(alice, "hotspot", settings={"maxPlaces": 10})
    for row in range(6):
        sent = [SentAnswer(x=column / 10 + 0.01, y=row / 18 + 0.01) for column in range(10)]
        answer(make_user(f"Voter{row}"), poll, sent)
    rows = csv_of(poll)
    assert len(rows) == 60
    first = "1, 1", "1", "1", "1"
    assert (
        columns(rows, "Place on the picture", "Votes", "Column (of 32)", "Row (of 18)")[0] == first
    )
    assert len(json.loads(export(poll, ExportFormat.JSON))["entries"]) == 60


@pytest.mark.both
@pytest.mark.parametrize("kind", ["word cloud", "open text"])
def test_all_words_and_texts_are_there(
    alice: User, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Also those that results leave out, over several chunks with equal counts."""
    monkeypatch.setattr("polls.all_entries.CHUNK_ROWS", 7)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 9)
    monkeypatch.setattr(spreadsheets, "ROWS_AT_ONCE", 9)
    poll = said(ask(alice, kind), ["tea"], ["tea"])
    group = "word" if kind == "word cloud" else "text"
    Cell.objects.bulk_create(
        Cell(poll=poll, group=group, key=f"x{number:03}", count=1 + number // 50)
        for number in range(120)
    )
    wanted = {"tea": 2} | {f"x{number:03}": 1 + number // 50 for number in range(120)}
    rows = csv_of(poll)
    label = "Word" if kind == "word cloud" else "Text"
    assert len(rows) == 121
    assert {row[label]: int(row["Votes"]) for row in rows} == wanted
    answered: Any = client_for(alice).get(f"/api/polls/{poll.id}/export?format=json")
    assert answered.headers["Content-Disposition"].endswith('results.json"')
    body = json.loads(export(poll, ExportFormat.JSON))
    assert {each["text"]: each["count"] for each in body["entries"]} == wanted
    shown = body["results"]["tally"]["words" if kind == "word cloud" else "cards"]
    assert len(shown) == 50
    counts = [int(row["Votes"]) for row in rows]
    assert kind == "open text" or counts == sorted(counts, reverse=True)


def test_a_workbook_of_a_request_says_that_there_are_more(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 2)
    poll = said(ask(alice, "open text"), ["a"], ["b"], ["=c"])

    def texts() -> list[Any]:
        sheet = load_workbook(io.BytesIO(export(poll, ExportFormat.XLSX)))["Results"]
        found = [row[0] for row in sheet.iter_rows(values_only=True)]
        return found[found.index("Text") + 1 :]

    assert texts() == ["=c", "b", "There are more rows. CSV has all of them."]
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 3)
    assert texts() == ["=c", "b", "a"]
    assert [row["Text"] for row in csv_of(poll)] == ["'=c", "b", "a"]


def test_what_hosts_decide_is_in_exports(alice: User) -> None:
    words = said(ask(alice, "word cloud"), ["Tea"], ["tee"], ["Tea", "rude"], ["Çay"])

    def choose(**choice: Any) -> None:
        decide(actor=actor_of(alice), poll_id=words.id, choice=HostChoice(**choice))

    choose(action="remove", word="rude")
    choose(action="merge", word="tee", into="tea")
    assert columns(csv_of(words), "Word", "Votes") == [("Tea", "3"), ("Çay", "1")]
    held = ask(alice, "open text", settings={"needsApproval": True})
    said(held, ["good"], ["bad"])
    everything = [export(held, each) for each in (ExportFormat.CSV, ExportFormat.JSON)]
    assert not any(b"good" in each or b"bad" in each for each in everything)
    choice = HostChoice(action="approve", text="good")
    decide(actor=actor_of(alice), poll_id=held.id, choice=choice)
    assert [row["Text"] for row in csv_of(held)] == ["good"]


def test_questions_are_choices(alice: User) -> None:
    poll = ask(alice, "questions", options=["Why?", "How?"])
    rows = csv_of(ranked(poll, (1,)))
    assert columns(rows, "Option", "Votes", "Question")[1] == ("How?", "1", "What do you think?")

"""Exports: their contents, access, and protection against formulas."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from polls.models import Option, Poll, ResultsVisibility
from polls.services import close_poll
from polls.tally import percentages
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids, vote
from tests.votes.conftest import Clock, Response, export_at_once
from votes.exports import EXPORTED_NUMBERS, ExportFormat
from votes.models import TallySample

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

FORMATS = list(ExportFormat)


@pytest.fixture
def voted_poll(alice: User, bob: User, charlie: User, make_poll: MakePoll, clock: Clock) -> Poll:
    """Two for tea, one for water, the last a minute after the others; closed."""
    poll = make_poll(closes_at=timezone.now() + timedelta(days=1))
    clock.advance(10)
    vote(alice, poll, 0)
    vote(bob, poll, 0)
    clock.advance(60)
    vote(charlie, poll, 2)
    return close_poll(actor=actor_of(alice), poll_id=poll.id)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_workbook(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The worksheets by title, as rows of values."""
    workbook = load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook.worksheets}


def test_csv_has_a_line_for_each_option(bob: User, voted_poll: Poll, client_for: ClientFor) -> None:
    answer: Response = client_for(bob).get(f"/api/polls/{voted_poll.id}/export?format=csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="Tea-or-coffee-results.csv"'
    )
    labels = "\ufeffOption,Votes,Percentage,Percentage of voters,Question,"
    assert answer.content.startswith(labels.encode())
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 4
    rows = read_csv(answer.content)
    assert [(row["Option"], row["Votes"], row["Percentage"]) for row in rows] == [
        ("Tea", "2", "66.7"),
        ("Coffee", "0", "0.0"),
        ("Water", "1", "33.3"),
    ]
    assert voted_poll.opened_at is not None
    for row in rows:
        assert (row["Question"], row["State"]) == ("Tea or coffee?", "closed")
        assert (row["Total votes"], row["Ballots"], row["Version"]) == ("3", "3", "3")
        assert row["Opened at (UTC)"] == voted_poll.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert row["Opens at (UTC)"] == ""
        assert row["Closed at (UTC)"] <= row["Exported at (UTC)"] < row["Closes at (UTC)"]


def test_json_has_the_results_the_settings_and_the_timeline(
    bob: User, voted_poll: Poll, client_for: ClientFor
) -> None:
    client = client_for(bob)
    answer: Response = client.get(f"/api/polls/{voted_poll.id}/export?format=json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"].endswith('results.json"')
    export = json.loads(answer.content)
    address = f"/api/polls/{voted_poll.id}"
    assert export["results"] == client.get(f"{address}/results").json()["poll"]
    assert export["timeline"] == client.get(f"{address}/timeline").json()["timeline"]
    shown = client.get(address).json()["poll"]
    heads = [{**each} for each in shown["options"]]
    assert [each.pop("voteCount") for each in heads] == [2, 0, 1]
    for key in ("version", "totalVotes", "totalVoters", "embedOrigins", "workspaceId"):
        del shown[key]
    assert export["poll"] == shown | {"options": heads}
    assert (export["ballotCount"], export["closedAt"] is None) == (3, False)


def test_a_workbook_has_a_sheet_of_results_and_one_of_the_timeline(
    alice: User, voted_poll: Poll
) -> None:
    download = export_at_once(actor_of(alice), voted_poll.id, ExportFormat.XLSX)
    assert download.name == "Tea-or-coffee-results.xlsx"
    sheets = read_workbook(download.content)
    assert list(sheets) == ["Results", "Timeline"]
    facts = {row[0]: row[1] for row in sheets["Results"] if row[0]}
    assert (facts["Question"], facts["State"]) == ("Tea or coffee?", "closed")
    assert (facts["Total votes"], facts["Ballots"], facts["Version"]) == (3, 3, 3)
    assert voted_poll.opened_at is not None
    opened_at = voted_poll.opened_at.replace(tzinfo=None)
    assert abs(facts["Opened at (UTC)"] - opened_at) < timedelta(milliseconds=2)
    assert sheets["Results"][-4:] == [
        ("Option", "Votes", "Percentage", "Percentage of voters"),
        ("Tea", 2, 66.7, 66.7),
        ("Coffee", 0, 0, 0),
        ("Water", 1, 33.3, 33.3),
    ]
    assert [row[1:] for row in sheets["Timeline"]] == [
        ("Version", "Ballots", "Total votes", "Tea", "Coffee", "Water"),
        (0, 0, 0, 0, 0, 0),
        (2, 2, 2, 2, 0, 0),
        (3, 3, 3, 2, 0, 1),
    ]


HOSTILE = [
    '=HYPERLINK("https://evil.example","Tea")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+2",
    "\n=1+3",
    "＝1+4",
    "#REF!",
]
# Formulas where a spreadsheet splits a line at semicolons, tabs, or ends of lines within quotes.
SPLIT = [
    "Yes;=1+1;x",
    "Tea\t+2",
    'Tea;"@SUM(A1)"',
    "Tea; \t-3",
    'a"";=4',
    "Tea\n=5",
    "a,b;＝6",
    ";;=7",
    '"=8"',
    'a,"=9',
]
DELIMITERS = [",", ";", "\t"]


def write_texts(poll: Poll, question: str, options: Sequence[str]) -> None:
    """Stores texts without the checks of the services, as older versions did."""
    Poll.objects.filter(id=poll.id).update(question=question)
    for option_id, text in zip(option_ids(poll), options, strict=True):
        Option.objects.filter(id=option_id).update(text=text)


def make_odd_poll(make_poll: MakePoll, question: str, options: Sequence[str]) -> Poll:
    poll = make_poll(options=[f"Option {number}" for number in range(len(options))])
    write_texts(poll, question, options)
    return poll


@pytest.mark.parametrize("delimiter", DELIMITERS, ids=ascii)
def test_no_text_becomes_a_formula_wherever_lines_are_split(
    alice: User, make_poll: MakePoll, delimiter: str
) -> None:
    poll = make_odd_poll(make_poll, 'Tea;"=1+1";x', HOSTILE + SPLIT)
    content = export_at_once(actor_of(alice), poll.id, ExportFormat.CSV).content
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    cells = [cell for row in csv.reader(text, delimiter=delimiter) for cell in row]
    assert len(cells) > len(HOSTILE + SPLIT)
    # Some programs take off blanks and quotes at the beginning of a cell.
    assert [
        cell for cell in cells if cell.lstrip('" \t\r\n').startswith(tuple("=+-@＝＋－＠"))
    ] == []


def test_texts_that_hold_no_formula_are_exported_as_they_are(
    alice: User, make_poll: MakePoll
) -> None:
    options = ["a;b", "x = y", "Ja, -1", "1-2; 3+4", "O'Neil"]
    download = export_at_once(actor_of(alice), make_poll(options=options).id, ExportFormat.CSV)
    assert [row["Option"] for row in read_csv(download.content)] == options


def test_a_workbook_shows_its_own_escapes_as_they_were_written(
    alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(options=["_x0041_", "_x00e9_ _x000D_", "_x41_"])
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.XLSX)
    with ZipFile(io.BytesIO(download.content)) as parts:
        strings = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>_x005F_x0041_</t>" in strings
    assert "<t>_x005F_x00e9_ _x005F_x000D_</t>" in strings
    assert "<t>_x41_</t>" in strings


def test_no_text_becomes_a_formula(alice: User, make_poll: MakePoll) -> None:
    poll = make_odd_poll(make_poll, "=1+1 is?", HOSTILE)
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.CSV)
    rows = read_csv(download.content)
    assert [row["Option"].replace("'", "") for row in rows] == HOSTILE
    assert {row["Question"] for row in rows} == {"'=1+1 is?"}
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.XLSX)
    workbook = load_workbook(io.BytesIO(download.content))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    texts = [cell for cell in cells if isinstance(cell.value, str)]
    assert {cell.data_type for cell in texts} == {"s"}
    hostile = [cell for cell in texts if str(cell.value)[0] in "=+-@\t\n\r＝"]
    assert len(hostile) == 2 * 8 + 1
    assert all(cell.quotePrefix for cell in hostile)


def test_commas_quotes_lines_and_every_script_survive(alice: User, make_poll: MakePoll) -> None:
    options = ['Tea, "green"', "Zeile\nzwei", "شاي", "お茶 🍵", "a;b"]
    poll = make_odd_poll(make_poll, "Was\nnun, Größe?", options)
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.CSV)
    assert [row["Option"] for row in read_csv(download.content)] == options
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.XLSX)
    rows = read_workbook(download.content)["Results"][-len(options) :]
    assert [row[0] for row in rows] == options
    assert download.name == "Was-nun-Größe-results.xlsx"


def test_characters_that_no_workbook_can_hold_are_left_out(
    alice: User, make_poll: MakePoll
) -> None:
    poll = make_odd_poll(make_poll, "Tea\uffff\ufffe?", ["Te\x07a", "b\uffffc", "\ufdd0"])
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.XLSX)
    rows = read_workbook(download.content)["Results"]
    assert rows[0][:2] == ("Question", "Tea?")
    assert [row[0] for row in rows[-3:]] == ["Tea", "bc", "\ufdd0"]


@pytest.mark.parametrize("export_format", FORMATS)
def test_a_poll_without_votes_is_exported_too(
    alice: User, make_poll: MakePoll, export_format: ExportFormat
) -> None:
    poll = make_poll(is_published=False, question="؟؟؟")
    download = export_at_once(actor_of(alice), poll.id, export_format)
    assert download.name == f"poll-{poll.join_code}-results.{export_format}"
    assert download.content


@pytest.mark.parametrize("export_format", FORMATS)
def test_no_file_contains_who_voted(
    bob: User, charlie: User, alice: User, make_poll: MakePoll, export_format: ExportFormat
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    vote(charlie, poll, 1)
    content = export_at_once(actor_of(alice), poll.id, export_format).content
    if export_format == ExportFormat.XLSX:
        content = repr(read_workbook(content)).encode()
    for voter in (bob, charlie):
        for trace in (str(voter.id), voter.id.hex, voter.name, str(voter.email)):
            assert trace.encode() not in content


@pytest.mark.parametrize("export_format", FORMATS)
def test_the_size_of_a_file_is_bounded(
    alice: User, make_poll: MakePoll, export_format: ExportFormat
) -> None:
    texts = [f"{number:02}" + "語" * 198 for number in range(50)]
    poll = make_poll(question="問" * 500, options=texts)
    counts = {option_id.hex: 1_000_000 for option_id in option_ids(poll)}
    now = timezone.now()
    TallySample.objects.bulk_create(
        TallySample(
            poll=poll,
            version=version,
            at=now + timedelta(seconds=version),
            counts=counts,
            ballot_count=1_000_000,
        )
        for version in range(1, 2000)
    )
    Poll.objects.update(version=2000, tallied_at=now + timedelta(seconds=2000))
    download = export_at_once(actor_of(alice), poll.id, export_format)
    assert len(download.content) < 200_000
    if export_format == ExportFormat.XLSX:
        rows = read_workbook(download.content)["Timeline"]
        assert 100 < len(rows) <= EXPORTED_NUMBERS // len(texts) + 1


def test_a_passed_deadline_is_the_closing_time(alice: User, make_poll: MakePoll) -> None:
    poll, past = make_poll(), timezone.now() - timedelta(hours=1)
    Poll.objects.update(closes_at=past)
    download = export_at_once(actor_of(alice), poll.id, ExportFormat.CSV)
    row = read_csv(download.content)[0]
    assert row["State"] == "closed"
    assert row["Closed at (UTC)"] == row["Closes at (UTC)"] == past.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("year", [1, 987, 1899, 2026, 9999])
def test_times_at_the_ends_of_the_calendar_are_exported(
    alice: User, make_poll: MakePoll, year: int
) -> None:
    poll, moment = make_poll(), datetime(year, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    shown = str(moment.replace(tzinfo=None))
    Poll.objects.filter(id=poll.id).update(opens_at=moment)
    files = {each: export_at_once(actor_of(alice), poll.id, each).content for each in ExportFormat}
    assert read_csv(files[ExportFormat.CSV])[0]["Opens at (UTC)"] == f"{shown[:19]}Z".replace(
        " ", "T"
    )
    assert shown in [str(row[1]) for row in read_workbook(files[ExportFormat.XLSX])["Results"]]
    assert shown.replace(" ", "T") in files[ExportFormat.JSON].decode()


def test_shares_are_those_of_the_results(alice: User, voted_poll: Poll) -> None:
    download = export_at_once(actor_of(alice), voted_poll.id, ExportFormat.CSV)
    shares = [float(row["Percentage"]) for row in read_csv(download.content)]
    assert shares == percentages([2, 0, 1])


@pytest.mark.parametrize("export_format", FORMATS)
def test_hidden_results_cannot_be_exported(
    alice: User,
    bob: User,
    charlie: User,
    guest: User,
    staff: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    export_format: ExportFormat,
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    draft = make_poll(is_published=False)
    vote(bob, poll, 0)
    query = f"export?format={export_format}"
    for user in (None, charlie, guest):
        answer = client_for(user).get(f"/api/polls/{poll.id}/{query}")
        assert (answer.status_code, answer.json()["code"]) == (403, "results.hidden")
        answer = client_for(user).get(f"/api/polls/{draft.id}/{query}")
        assert (answer.status_code, answer.json()["code"]) == (404, "poll.not_found")
    for user in (alice, bob, staff):
        assert client_for(user).get(f"/api/polls/{poll.id}/{query}").status_code == 200


def test_csv_is_the_default_format(make_poll: MakePoll, client_for: ClientFor) -> None:
    answer: Response = client_for(None).get(f"/api/polls/{make_poll().id}/export")
    assert answer.headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("name", ["pdf", "", "CSV", "csv,json"])
def test_another_format_is_refused(make_poll: MakePoll, client_for: ClientFor, name: str) -> None:
    answer = client_for(None).get(f"/api/polls/{make_poll().id}/export?format={name}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert answer.json()["errors"][0]["field"] == "format"


def test_the_query_selects_the_format_not_the_accept_header(
    make_poll: MakePoll, client_for: ClientFor
) -> None:
    address = f"/api/polls/{make_poll().id}/export?format=xlsx"
    for accepted in ("text/csv", "application/vnd.ms-excel", "text/html"):
        answer: Response = client_for(None).get(address, headers={"Accept": accepted})
        assert answer.status_code == 200
        assert answer.content.startswith(b"PK")

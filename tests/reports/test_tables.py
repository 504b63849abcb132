"""Reports as CSV, JSON and XLSX."""

import io
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import User
from apikit import workbooks
from apikit.errors import ValidationFailedError
from jobs.execution import execute
from jobs.run import Run
from jobs.services import enqueue
from polls.models import Option, Poll
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, make_user, option_ids
from tests.jobs.conftest import take_next
from tests.reports.jobs import content_of, read_csv, read_json, read_sheets, report, vote
from tests.votes.conftest import export_at_once
from tests.workspaces.polls import make_team_poll
from votes import anonymous_ballots
from votes.exports import ExportFormat
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

FORMATS = ["csv", "json", "xlsx"]


@pytest.fixture
def voted_polls(alice: User, bob: User, charlie: User, workspace: Workspace) -> list[Poll]:
    """Tea or coffee, with three votes and closed; any of three, with two ballots; a draft."""
    drinks = make_team_poll(alice, workspace)
    several = make_team_poll(
        alice, workspace, question="Which?", options=["A", "B", "C"], kind="multiple"
    )
    draft = make_team_poll(alice, workspace, question="Later?", is_published=False)
    for user, position in ((alice, 0), (bob, 0), (charlie, 1)):
        vote(user, drinks, position)
    vote(bob, several, 0, 2)
    vote(charlie, several, 2)
    close_poll(actor=actor_of(alice), poll_id=drinks.id)
    return [drinks, several, draft]


def test_a_report_on_a_poll_has_what_its_export_has(
    alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    job = report(alice, format="json", pollId=poll.id)
    assert (job.file.name, job.project_id) == ("Tea-or-coffee-report.json", None)
    body = read_json(job)
    [reported] = body["polls"]
    content = export_at_once(actor_of(alice), poll.id, ExportFormat.JSON).content
    exported = json.loads(content) | {"exportedAt": reported["exportedAt"]}
    safeguards = {"oneBallotPerPerson": True, "recountIsCorrect": True}
    assert reported == exported | {"safeguards": safeguards}
    assert (body["workspace"], body["totals"]["ballotCount"]) == (None, 1)
    rows = read_csv(report(alice, format="csv", pollId=poll.id))
    assert [(row["Option"], row["Votes"], row["State"]) for row in rows] == [
        ("Tea", "0", "Open"),
        ("Coffee", "1", "Open"),
        ("Water", "0", "Open"),
    ]
    assert rows[0]["Voters can choose"] == "One option"
    sheets = read_sheets(report(alice, format="xlsx", pollId=poll.id))
    assert list(sheets) == ["Results", "Timeline"]
    assert sheets["Results"][-2:] == [("Coffee", 1, 100, 100), ("Water", 0, 0, 0)]
    assert ("Recount agrees", "Yes", None, None) in sheets["Results"]


def test_a_wrong_tally_shows_in_the_report(alice: User, bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    Option.objects.filter(id=option_ids(poll)[0]).update(vote_count=7)
    [reported] = read_json(report(alice, format="json", pollId=poll.id))["polls"]
    assert reported["safeguards"]["recountIsCorrect"] is False


def test_a_workbook_of_a_workspace_has_its_polls_options_timelines_and_ballots(
    bob: User, workspace: Workspace, voted_polls: list[Poll]
) -> None:
    job = report(bob, format="xlsx", workspaceId=workspace.id)
    assert (job.file.name, job.project_id) == ("Evenings-report.xlsx", workspace.project_id)
    sheets = read_sheets(job)
    assert list(sheets) == ["Workspace", "Polls", "Results", "Timeline", "Ballots"]
    facts = dict(sheets["Workspace"])
    assert (facts["Workspace"], facts["Project"]) == ("Evenings", "Town hall")
    assert [facts[name] for name in ("Polls", "Drafts", "Open polls", "Closed polls")] == [
        3,
        1,
        1,
        1,
    ]
    assert (facts["Ballots"], facts["Total votes"]) == (5, 6)
    assert [row[:3] for row in sheets["Polls"]] == [
        ("Poll", "Question", "State"),
        (1, "Tea or coffee?", "Closed"),
        (2, "Which?", "Open"),
        (3, "Later?", "Draft"),
    ]
    assert [row[:3] for row in sheets["Results"][1:]] == [
        (1, "Tea", 2),
        (1, "Coffee", 1),
        (2, "A", 1),
        (2, "B", 0),
        (2, "C", 2),
        (3, "Tea", 0),
        (3, "Coffee", 0),
    ]
    assert sheets["Ballots"][0][:2] == ("Poll", "Answers")
    assert sorted(tuple(filter(None, row)) for row in sheets["Ballots"][1:]) == [
        (1, "Coffee"),
        (1, "Tea"),
        (1, "Tea"),
        (2, "A", "C"),
        (2, "C"),
    ]
    last = [row for row in sheets["Timeline"] if row[0] == 1][-1]
    assert (isinstance(last[1], datetime), *last[2:]) == (True, 3, 3, 3)


def test_json_of_a_workspace_has_everything(
    bob: User, workspace: Workspace, voted_polls: list[Poll]
) -> None:
    body = read_json(report(bob, format="json", workspaceId=workspace.id))
    assert body["workspace"]["id"] == str(workspace.id)
    assert [each["poll"]["id"] for each in body["polls"]] == [str(poll.id) for poll in voted_polls]
    assert [sorted(each["ballots"]) for each in body["polls"]] == [
        [[0], [0], [1]],
        [[0, 2], [2]],
        [],
    ]
    assert body["polls"][0]["timeline"]["points"][-1]["ballotCount"] == 3
    rows = read_csv(report(bob, format="csv", workspaceId=workspace.id))
    assert [(row["Question"], row["Option"]) for row in rows][1:3] == [
        ("Tea or coffee?", "Coffee"),
        ("Which?", "A"),
    ]
    assert len(rows) == 7


@pytest.mark.parametrize("report_format", FORMATS)
def test_an_empty_workspace_has_a_report(
    alice: User, workspace: Workspace, report_format: str
) -> None:
    job = report(alice, format=report_format, workspaceId=workspace.id)
    if report_format == "xlsx":
        assert list(read_sheets(job)) == ["Workspace"]
    elif report_format == "json":
        assert read_json(job)["polls"] == []
    else:
        assert read_csv(job) == []


@pytest.mark.parametrize("report_format", FORMATS)
def test_no_report_says_who_voted(
    alice: User, bob: User, charlie: User, workspace: Workspace, report_format: str
) -> None:
    poll = make_team_poll(alice, workspace)
    for user in (bob, charlie):
        vote(user, poll, 0)
    job = report(alice, format=report_format, workspaceId=workspace.id)
    content = repr(read_sheets(job)).encode() if report_format == "xlsx" else content_of(job)
    for voter in (bob, charlie):
        for trace in (str(voter.id), voter.id.hex, voter.name, str(voter.email)):
            assert trace.encode() not in content


def test_ballots_are_not_in_the_order_of_their_voters(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anonymous_ballots, "CHUNK_VOTES", 7)
    monkeypatch.setattr(anonymous_ballots, "SHUFFLED_BALLOTS", 15)
    options = [str(number) for number in range(30)]
    poll = make_team_poll(alice, workspace, options=options)
    for number in range(30):
        vote(make_user(f"Voter{number}"), poll, number)
    [reported] = read_json(report(alice, format="json", workspaceId=workspace.id))["polls"]
    choices = [choice for [choice] in reported["ballots"]]
    assert sorted(choices) == list(range(30))
    # Fails once in 10^16 runs.
    assert choices != sorted(choices)


def test_ballots_are_whole_wherever_a_chunk_of_votes_ends(
    alice: User, bob: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_team_poll(alice, workspace, kind="multiple", options=["A", "B", "C"])
    vote(alice, poll, 1)
    vote(bob, poll, 0, 1, 2)
    for size in (3, 4, 5):
        # With fewer votes than a ballot can have, chunks could not end between ballots.
        monkeypatch.setattr(anonymous_ballots, "CHUNK_VOTES", size)
        [reported] = read_json(report(alice, format="json", workspaceId=workspace.id))["polls"]
        assert sorted(reported["ballots"]) == [[0, 1, 2], [1]]


def test_no_cell_becomes_a_formula(alice: User, bob: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace, question="=1+1 is?", options=["=2", "+3", "@4"])
    vote(bob, poll, 0)
    job = report(alice, format="xlsx", workspaceId=workspace.id)
    workbook = load_workbook(io.BytesIO(content_of(job)))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    hostile = [cell for cell in cells if str(cell.value)[:1] in set("=+@")]
    # The question, each option, and the ballot.
    assert len(hostile) == 5
    assert {(cell.data_type, cell.quotePrefix) for cell in hostile} == {("s", True)}
    rows = read_csv(report(alice, format="csv", workspaceId=workspace.id))
    assert {row["Question"] for row in rows} == {"'=1+1 is?"}
    assert [row["Option"] for row in rows] == ["'=2", "'+3", "'@4"]


def test_titles_are_in_the_language_and_times_in_the_zone_of_the_report(
    alice: User, workspace: Workspace, voted_polls: list[Poll]
) -> None:
    place = {"workspaceId": workspace.id, "timeZone": "Asia/Kathmandu"}
    english = read_sheets(report(alice, format="xlsx", language="en", **place))
    assert "Opened at (Asia/Kathmandu)" in english["Polls"][0]
    german = report(alice, format="xlsx", workspaceId=workspace.id, language="de")
    assert list(read_sheets(german))[1:3] == ["Umfragen", "Ergebnisse"]
    poll = Poll.objects.get(id=voted_polls[0].id)
    assert poll.opened_at is not None
    rows = read_csv(report(alice, format="csv", language="de", **place))
    assert rows[0]["Status"] == "Geschlossen"
    opened_at = datetime.fromisoformat(rows[0]["Geöffnet am (Asia/Kathmandu)"])
    assert opened_at == poll.opened_at.replace(microsecond=0)
    assert str(opened_at.utcoffset()) == "5:45:00"
    arabic = load_workbook(
        io.BytesIO(content_of(report(alice, format="xlsx", language="ar", **place)))
    )
    assert all(sheet.sheet_view.rightToLeft for sheet in arabic)


def test_a_sheet_that_is_full_continues_on_another(
    alice: User, workspace: Workspace, voted_polls: list[Poll], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MAX_ROWS", 4)
    sheets = read_sheets(report(alice, format="xlsx", workspaceId=workspace.id))
    assert {"Ballots", "Ballots 2"} <= set(sheets)
    assert sheets["Ballots 2"][0][:2] == sheets["Ballots"][0][:2]
    assert len(sheets["Ballots"]) + len(sheets["Ballots 2"]) == 2 + 5


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "payload", "exactly one"),
    ({"pollId": "p", "workspaceId": "w"}, "payload", "exactly one"),
    ({"pollId": "p", "format": "docx"}, "payload.format", ""),
    ({"pollId": "p", "language": "fr"}, "payload.language", ""),
    ({"pollId": "p", "timeZone": "Mars/Olympus"}, "payload.timeZone", "time zone"),
    ({"pollId": "p", "timeZone": "../../etc/passwd"}, "payload.timeZone", "time zone"),
    ({"pollId": "p", "pages": 3}, "payload.pages", ""),
]


@pytest.mark.parametrize(("payload", "field", "words"), BAD)
def test_an_invalid_payload_is_refused_by_name(
    alice: User,
    make_poll: MakePoll,
    workspace: Workspace,
    payload: dict[str, Any],
    field: str,
    words: str,
) -> None:
    ids = {"p": str(make_poll().id), "w": str(workspace.id)}
    body = {key: ids.get(value, value) for key, value in payload.items()}
    with pytest.raises(ValidationFailedError) as refusal:
        enqueue(actor=actor_of(alice), type_="report", payload={"format": "csv", **body})
    assert [each.field for each in refusal.value.errors] == [field]
    assert words in refusal.value.errors[0].message


def stop(run: Run, *_: Any) -> None:
    """In place of ``Run.report``: the job was cancelled."""
    run.stop()
    run.check()


def test_a_cancelled_report_leaves_no_file_behind(
    alice: User,
    workspace: Workspace,
    voted_polls: list[Poll],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    job = enqueue(
        actor=actor_of(alice),
        type_="report",
        payload={"format": "xlsx", "workspaceId": str(workspace.id)},
    )
    run = take_next()
    assert run is not None
    monkeypatch.setattr(Run, "report", stop)
    execute(run)
    job.refresh_from_db()
    assert not run.is_succeeded
    assert job.state == "running"
    assert list(tmp_path.iterdir()) == []

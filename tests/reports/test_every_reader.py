"""Every reader of results reads every kind of poll: with votes, without, and closed."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from openpyxl import load_workbook

from accounts.models import Digest, User
from apikit.wire import encode_wire, to_wire
from chat.announcements import _final_tally
from digests.collecting import collect_content, vote_counter
from digests.emails import write_digest
from polls.cells import read_tally
from polls.events import PollUpdateFrame, VoteUpdate
from polls.models import Poll
from polls.reports import get_turnout_report
from polls.results import get_results_for
from polls.selectors import whole_polls
from polls.services import close_poll
from polls.snapshots import snapshot_of
from reports.collecting import collect_poll, collect_workspace
from reports.pdf.document import build_document
from reports.pdf.slides import build_slide
from reports.writers import WRITERS, Language, ReportFormat, Style
from tests.conftest import actor_of
from tests.polls.kinds.asking import answer_at_random, ask
from tests.polls.kinds.generators import CASES
from votes.exports import collect_results, json_parts
from votes.result_tables import result_table
from votes.selectors import get_timeline_for
from votes.spreadsheets import as_workbook, csv_parts
from webhooks.formats import body_of
from webhooks.listeners import _poll_data
from webhooks.models import WebhookFormat
from webhooks.payloads import TallyData, payload_of
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

BERLIN = Style(language=Language.GERMAN, time_zone=ZoneInfo("Europe/Berlin"))


def _export(poll: Poll) -> Any:
    return collect_results(poll, timezone.now())


def _report(poll: Poll, alice: User, report_format: ReportFormat) -> bytes:
    content = io.BytesIO()
    report = collect_poll(actor_of(alice), poll.id)
    with translation.override("de"):
        WRITERS[report_format].write(report, BERLIN, content, lambda _: None)
    return content.getvalue()


def _webhooks(poll: Poll, alice: User) -> None:
    closed = payload_of("poll.closed", timezone.now(), _poll_data(poll.id))
    tally = TallyData(
        project_id=None, workspace_id=None, results=get_results_for(actor_of(alice), poll.id)
    )
    changed = payload_of("poll.tally_changed", timezone.now(), tally)
    assert changed["data"]["results"]["tally"] == to_wire(read_poll(poll).results)["tally"]
    for payload in (closed, changed):
        for format_ in WebhookFormat:
            for language in ("en", "ar"):
                assert json.loads(body_of(payload, format_, language))


def read_poll(poll: Poll) -> Any:
    return _export(poll)


def _older_events(poll: Poll, alice: User) -> None:
    tally = read_tally(poll, poll.options.all())
    event = VoteUpdate(version=poll.version, poll=tally)
    assert encode_wire(event)
    assert json.dumps(PollUpdateFrame.of(event).body())
    assert encode_wire(snapshot_of(poll, actor_of(alice)).results)


def _workbook(poll: Poll) -> None:
    book = load_workbook(io.BytesIO(as_workbook(_export(poll))))
    assert book.sheetnames == ["Results", "Timeline"]


def _document(poll: Poll, alice: User) -> None:
    for language in Language:
        style = Style(language=language, time_zone=BERLIN.time_zone)
        with translation.override(language):
            report = collect_poll(actor_of(alice), poll.id)
            assert build_document(report, style, lambda _: None)["polls"]


def _slide(poll: Poll) -> None:
    for language in Language:
        with translation.override(language):
            slide = build_slide(_export(poll), language)
        assert (slide["figure"] is not None) == (poll.ballot_count > 0)


# What reads a poll, by a name for the message.
READERS: Mapping[str, Callable[[Poll, User], Any]] = {
    "timeline": lambda poll, alice: encode_wire(get_timeline_for(actor_of(alice), poll.id)),
    "export as CSV": lambda poll, _: b"".join(csv_parts(_export(poll))),
    "export as JSON": lambda poll, _: json.loads(b"".join(json_parts(_export(poll)))),
    "export as XLSX": lambda poll, _: _workbook(poll),
    "rows of a workspace": lambda poll, _: list(result_table(_export(poll)).long_rows()),
    "report as CSV": lambda poll, alice: _report(poll, alice, ReportFormat.CSV),
    "report as JSON": lambda poll, alice: json.loads(_report(poll, alice, ReportFormat.JSON)),
    "report as XLSX": lambda poll, alice: _report(poll, alice, ReportFormat.XLSX),
    "PDF document": _document,
    "slide": lambda poll, _: _slide(poll),
    "webhooks": _webhooks,
    "older events": _older_events,
    "announcement in the room": lambda poll, _: _final_tally(poll),
    "turnout of staff": lambda poll, _: get_turnout_report(_staff(), poll.id),
}


def _staff() -> Any:
    return actor_of(User.objects.get(is_staff=True))


def test_every_reader_reads_every_kind(alice: User, staff: User, workspace: Workspace) -> None:
    polls = {}
    for case in CASES:
        for state in ("empty", "open", "closed"):
            poll = ask(alice, case, question=f"{case}, {state}", workspace_id=workspace.id)
            if state != "empty":
                answer_at_random(poll, case)
            if state == "closed":
                close_poll(actor=actor_of(alice), poll_id=poll.id)
            polls[poll.question] = poll.id
    failures = []
    for question, poll_id in polls.items():
        for name, read in READERS.items():
            try:
                read(whole_polls().get(id=poll_id), alice)
            except Exception as error:  # noqa: BLE001 - all of them are listed
                failures.append(f"{name} of {question}: {error!r}")
    assert failures == []
    read_all(alice, workspace, len(polls))


def read_all(alice: User, workspace: Workspace, count: int) -> None:
    """Readers of several polls at once."""
    for report_format in (ReportFormat.CSV, ReportFormat.JSON, ReportFormat.XLSX):
        content = io.BytesIO()
        report = collect_workspace(actor_of(alice), workspace.id)
        WRITERS[report_format].write(report, BERLIN, content, lambda _: None)
        assert content.getvalue()
    document = build_document(report, BERLIN, lambda _: None)
    assert len(document["polls"]) == count
    User.objects.filter(id=alice.id).update(digest=Digest.DAILY)
    since, until = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
    digest = collect_content(alice, since, until, vote_counter())
    # Three of each kind have voted, in two of three polls.
    assert (digest.opened, digest.ballots) == (count, count * 2)
    assert str(write_digest(alice, digest).body)

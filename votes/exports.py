"""Exports of results as files. None of them contains who voted."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils import timezone, translation

from apikit.actors import Actor
from apikit.downloads import Download, file_stem
from apikit.wire import encode, to_wire
from polls.cells import read_tally
from polls.lifecycle import state_at
from polls.models import Poll, PollState
from polls.results import get_exportable_poll_for
from polls.tally import results_of, version_of
from polls.wire import head_poll
from polls.wording import earlier_questions
from votes.spreadsheets import as_csv, as_workbook
from votes.timeline import read_timeline
from votes.wire import ResultsExport, Timeline

# Enough for a chart as wide as a page; fewer with many options. Exports compete with votes for CPU,
# and a workbook takes 50 µs per cell.
EXPORTED_POINTS = 300
EXPORTED_NUMBERS = 6000


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_results_for(actor: Actor, poll_id: UUID, export_format: ExportFormat) -> Download:
    """Exports the results of a poll; at most a few hundred kilobytes and five queries.

    :raises PollNotFoundError: if the poll is missing or hidden from ``actor``.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its results.
    """
    poll = get_exportable_poll_for(actor, poll_id)
    has_timeline = export_format != ExportFormat.CSV
    export = collect_results(poll, timezone.now(), EXPORTED_POINTS if has_timeline else 0)
    # In English, because programs read the labels; reports are in the language of people.
    with translation.override("en"):
        match export_format:
            case ExportFormat.CSV:
                content = as_csv(export)
            case ExportFormat.JSON:
                content = encode(to_wire(export)).encode()
            case ExportFormat.XLSX:
                content = as_workbook(export)
    # The suffix keeps the name from being one that Windows reserves, such as CON.
    stem = file_stem(poll.question, fallback=f"poll-{poll.join_code}")
    return Download(f"{stem}-results.{export_format}", MEDIA_TYPES[export_format], content)


def collect_results(poll: Poll, now: datetime, points: int = EXPORTED_POINTS) -> ResultsExport:
    """Return what exports of a poll of ``whole_polls`` contain; two queries, without access checks.

    The timeline has at most ``points`` points, fewer with many options, and none with 0.
    """
    options = poll.options.all()
    points = min(points, EXPORTED_NUMBERS // max(len(options), 1))
    no_timeline = Timeline(poll_id=poll.id, question=poll.question, points=(), options=())
    is_closed = state_at(poll, now) == PollState.CLOSED
    tally = read_tally(poll, options, waits=True)
    return ResultsExport(
        exported_at=now,
        poll=head_poll(poll, now),
        opened_at=poll.opened_at,
        # A deadline closes the poll when it passes, even if closed_at is not set yet.
        closed_at=poll.closed_at or (poll.closes_at if is_closed else None),
        ballot_count=poll.ballot_count,
        earlier_questions=earlier_questions(poll),
        results=results_of(tally, version_of(poll, tally)),
        timeline=read_timeline(poll, points) if points else no_timeline,
    )

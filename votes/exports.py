"""Exports: what came of a poll, as a file to keep. Who voted is in none of them."""

from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from apikit.downloads import Download, file_stem
from apikit.wire import encode, to_wire
from polls.lifecycle import state_at
from polls.models import Poll, PollState
from polls.selectors import get_tallied_poll_for
from polls.tally import count_tally, results_of
from polls.wire import head_poll
from polls.wording import earlier_questions
from votes.spreadsheets import as_csv, as_workbook
from votes.timeline import read_timeline
from votes.wire import ResultsExport, Timeline

# Enough for a chart across a page, with fewer points where there are many options: a file takes
# time from those who vote meanwhile, and a workbook takes 50 µs for each cell.
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
    """The results of a poll as a file of at most a few hundred kilobytes; five queries at most.

    :raises PollNotFoundError: for a poll ``actor`` may not see.
    :raises ResultsHiddenError: where ``actor`` may see the poll and not its tally.
    """
    poll = get_tallied_poll_for(actor, poll_id)
    export = _export(poll, with_timeline=export_format != ExportFormat.CSV)
    match export_format:
        case ExportFormat.CSV:
            content = as_csv(export)
        case ExportFormat.JSON:
            content = encode(to_wire(export)).encode()
        case ExportFormat.XLSX:
            content = as_workbook(export)
    # What comes after the question keeps it from being a name that Windows has taken.
    stem = file_stem(poll.question, fallback=f"poll-{poll.join_code}")
    return Download(f"{stem}-results.{export_format}", MEDIA_TYPES[export_format], content)


def _export(poll: Poll, *, with_timeline: bool) -> ResultsExport:
    now = timezone.now()
    options = poll.options.all()
    points = min(EXPORTED_POINTS, EXPORTED_NUMBERS // len(options))
    no_timeline = Timeline(poll_id=poll.id, question=poll.question, points=(), options=())
    is_closed = state_at(poll, now) == PollState.CLOSED
    return ResultsExport(
        exported_at=now,
        poll=head_poll(poll, now),
        opened_at=poll.opened_at,
        # A deadline that passed closed it, whether or not that has been noted yet.
        closed_at=poll.closed_at or (poll.closes_at if is_closed else None),
        ballot_count=poll.ballot_count,
        earlier_questions=earlier_questions(poll),
        results=results_of(count_tally(poll, options), poll.version),
        timeline=read_timeline(poll, points) if with_timeline else no_timeline,
    )

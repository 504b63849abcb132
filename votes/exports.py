"""Exports of results as files. None of them contains who voted."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from uuid import UUID

from django.utils import timezone, translation

from apikit.actors import Actor
from apikit.downloads import Download, StreamedDownload, file_stem
from apikit.export_turns import export_turn
from apikit.wire import encode_wire
from polls.all_entries import CUT_KINDS
from polls.cells import read_tally
from polls.lifecycle import state_at
from polls.models import Poll, PollKind, PollState
from polls.results import get_exportable_poll_for
from polls.tally import results_of, version_of
from polls.wire import head_poll
from polls.wording import earlier_questions
from realtime.database import in_database
from votes.result_tables import entries_of
from votes.spreadsheets import ROWS_AT_ONCE, as_workbook, csv_parts
from votes.timeline import read_timeline
from votes.wire import ResultsExport, Timeline

# Enough for a chart as wide as a page; fewer with many options. Exports compete with votes for CPU,
# and a workbook takes 50 µs per cell.
EXPORTED_POINTS = 300
EXPORTED_NUMBERS = 6000
# There can be as many entries as ballots.
STREAMED_KINDS = frozenset({PollKind.WORD_CLOUD, PollKind.OPEN_TEXT})


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_results_for(
    actor: Actor, poll_id: UUID, export_format: ExportFormat
) -> Download | StreamedDownload:
    """Exports the results of a poll; at most a few hundred kilobytes and ten queries.

    CSV and JSON with all words or texts, of which there can be any number, are streamed.

    :raises PollNotFoundError: if the poll is missing or hidden from ``actor``.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its results.
    """
    poll = get_exportable_poll_for(actor, poll_id)
    has_timeline = export_format != ExportFormat.CSV
    export = collect_results(
        poll,
        timezone.now(),
        EXPORTED_POINTS if has_timeline else 0,
        has_views=export_format == ExportFormat.JSON,
    )
    # The suffix keeps the name from being one that Windows reserves, such as CON.
    stem = file_stem(poll.question, fallback=f"poll-{poll.join_code}")
    name, media_type = f"{stem}-results.{export_format}", MEDIA_TYPES[export_format]
    # In English, because programs read the labels; reports are in the language of people.
    with translation.override("en"):
        if export_format == ExportFormat.XLSX:
            return Download(name, media_type, as_workbook(export))
        parts = csv_parts(export) if export_format == ExportFormat.CSV else json_parts(export)
        if poll.kind in STREAMED_KINDS:
            return StreamedDownload(name, media_type, _streamed(str(actor.id), next(parts), parts))
        return Download(name, media_type, b"".join(parts))


async def _streamed(client: str, first: bytes, others: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yields parts; a slow reader holds one of them, and neither a thread nor a connection."""
    part = first
    while part:
        yield part
        async with export_turn(client):
            part = await in_database(next, others, b"")


def json_parts(export: ResultsExport) -> Iterator[bytes]:
    """Yields the parts of a JSON object: the export, and ``entries`` if results have only some."""
    content = encode_wire(export)
    if export.poll.kind not in CUT_KINDS:
        yield content
        return
    yield content[:-1] + b',"entries":['
    entries = entries_of(export)
    separator = b""
    while chunk := list(islice(entries, ROWS_AT_ONCE)):
        yield separator + b",".join(map(encode_wire, chunk))
        separator = b","
    yield b"]}"


def collect_results(
    poll: Poll, now: datetime, points: int = EXPORTED_POINTS, *, has_views: bool = True
) -> ResultsExport:
    """Return what exports of a poll of ``whole_polls`` contain, without access checks.

    The timeline has at most ``points`` points, fewer with many options, and none with 0. Without
    ``has_views``, its points have no ``tally``. Two queries, and others for kinds with cells.
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
        timeline=read_timeline(poll, points, has_views=has_views) if points else no_timeline,
    )

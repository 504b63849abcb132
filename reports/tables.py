"""Reports as CSV and JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apikit.csv_cells import BYTE_ORDER_MARK, Value, csv_lines
from apikit.wire import encode, encode_wire, to_wire
from reports.collecting import Report
from reports.labels import facts_of
from reports.walking import Walk
from reports.writers import Progress, ReportFormat, Style, writer
from votes.exports import EXPORTED_POINTS
from votes.spreadsheets import result_labels, result_rows


@writer(ReportFormat.CSV, "text/csv; charset=utf-8")
def write_csv(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write a line per option, each with the facts about its poll (RFC 4180)."""
    file.write(BYTE_ORDER_MARK.encode())
    has_heading = False
    for poll in Walk(report, progress).polls(points=0):
        facts = facts_of(poll, style.time_zone, is_of_team=report.workspace is not None)
        rows: list[Sequence[Value]] = []
        if not has_heading:
            rows.append((*result_labels(), *(label for label, _ in facts)))
            has_heading = True
        values = [_local(value, style.time_zone) for _, value in facts]
        rows += [(*row, *values) for row in result_rows(poll.export)]
        file.write(csv_lines(rows).encode())


def _local(value: Value, zone: ZoneInfo) -> Value:
    """Return a time as text in ``zone``, except in UTC, which CSV has anyway."""
    if not isinstance(value, datetime) or zone.utcoffset(value) == UTC.utcoffset(None):
        return value
    return value.astimezone(zone).isoformat(timespec="seconds")


@writer(ReportFormat.JSON, "application/json")
def write_json(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write an object with `workspace`, `totals`, and `polls`.

    A poll is as in its export, with `safeguards`. In a report on a workspace it has `ballots`, each
    a list with the positions of the chosen options from 0.
    """
    walk = Walk(report, progress)
    head = {
        "exportedAt": report.exported_at,
        "workspace": to_wire(report.workspace) if report.workspace else None,
        "totals": to_wire(report.totals),
    }
    file.write(encode(head).encode()[:-1] + b',"polls":[')
    for poll in walk.polls(EXPORTED_POINTS):
        file.write(b",\n" if poll.number > 1 else b"\n")
        file.write(encode_wire(poll.export)[:-1])
        file.write(b',"safeguards":' + encode_wire(poll.safeguards))
        if report.workspace is not None:
            file.write(b',"ballots":[')
            is_first = True
            for batch in walk.ballots(poll):
                # Without the brackets of the batch.
                inner = encode([list(each) for each in batch]).encode()[1:-1]
                file.write(inner if is_first else b"," + inner)
                is_first = False
            file.write(b"]")
        file.write(b"}")
    file.write(b"\n]}\n")

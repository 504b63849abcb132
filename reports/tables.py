"""Reports as CSV and JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apikit.csv_cells import BYTE_ORDER_MARK, Value, csv_lines
from apikit.wire import encode, encode_wire, to_wire
from reports.ballots import as_json
from reports.collecting import Report
from reports.labels import facts_of
from reports.walking import Walk
from reports.writers import Progress, ReportFormat, Style, writer
from votes.exports import EXPORTED_POINTS, json_parts
from votes.result_tables import Fact, ResultTable, long_labels, result_table


@writer(ReportFormat.CSV, "text/csv; charset=utf-8")
def write_csv(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write the table of a poll, each line with the facts about the poll (RFC 4180).

    In a report on a workspace, whose polls have tables of different kinds, a line for each measure
    of each option; choices have one line per option.
    """
    file.write(BYTE_ORDER_MARK.encode())
    is_long = report.workspace is not None
    has_heading = False
    walk = Walk(report, progress)
    for poll in walk.polls(points=0):
        table = result_table(poll.export)
        facts = facts_of(poll, style.time_zone, is_of_team=is_long)
        if not is_long:
            facts += table.facts
        if not has_heading:
            file.write(csv_lines([_heading(table, facts, is_long=is_long)]).encode())
            has_heading = True
        values = [_local(value, style.time_zone) for _, value in facts]
        for row in walk.checked(table.long_rows() if is_long else table.wide_rows()):
            # The measures of a table on a workspace come last: programs know the older columns.
            cells = [_local(value, style.time_zone) for value in row]
            first, last = (cells[:4], cells[4:]) if is_long else (cells, [])
            file.write(csv_lines([[*first, *values, *last]]).encode())


def _heading(table: ResultTable, facts: Sequence[Fact], *, is_long: bool) -> list[str]:
    labels = long_labels() if is_long else table.labels
    first, last = (labels[:4], labels[4:]) if is_long else (labels, ())
    return [*first, *(label for label, _ in facts), *last]


def _local(value: Value, zone: ZoneInfo) -> Value:
    """Return a time as text in ``zone``, except in UTC, which CSV has anyway."""
    if not isinstance(value, datetime) or zone.utcoffset(value) == UTC.utcoffset(None):
        return value
    return value.astimezone(zone).isoformat(timespec="seconds")


@writer(ReportFormat.JSON, "application/json")
def write_json(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write an object with `workspace`, `totals`, and `polls`.

    A poll is as in its export, with `safeguards`. In a report on a workspace it has `ballots`, each
    a list with the positions of the chosen options from 0, in a ranking in its order. In other
    kinds, the list has answers as they are sent, with the position of an `option`.
    """
    walk = Walk(report, progress)
    head = {
        "exportedAt": report.exported_at,
        "workspace": to_wire(report.workspace) if report.workspace else None,
        "totals": to_wire(report.totals),
    }
    file.write(encode(head).encode()[:-1] + b',"polls":[')
    for poll in walk.polls(EXPORTED_POINTS, has_views=True):
        file.write(b",\n" if poll.number > 1 else b"\n")
        # The object goes on.
        last = b""
        for part in walk.checked(json_parts(poll.export)):
            file.write(last)
            last = part
        file.write(last[:-1])
        file.write(b',"safeguards":' + encode_wire(poll.safeguards))
        if report.workspace is not None:
            file.write(b',"ballots":[')
            is_first = True
            for batch in walk.ballots(poll):
                # Without the brackets of the batch.
                inner = encode([as_json(each) for each in batch]).encode()[1:-1]
                file.write(inner if is_first else b"," + inner)
                is_first = False
            file.write(b"]")
        file.write(b"}")
    file.write(b"\n]}\n")

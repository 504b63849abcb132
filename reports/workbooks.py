"""Reports as XLSX."""

from collections.abc import Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from openpyxl import Workbook

from apikit.workbooks import NUMBER_WIDTH, TEXT_WIDTH, Sheet, written_workbook
from reports.ballots import as_cells
from reports.collecting import PollReport, Report, ReportedWorkspace
from reports.labels import facts_of
from reports.walking import Walk
from reports.writers import Progress, ReportFormat, Style, writer
from votes.exports import EXPORTED_POINTS
from votes.result_tables import Fact, long_labels, result_table
from votes.spreadsheets import (
    in_zone,
    timeline_labels,
    write_sheets,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Of each poll of a workspace; a row each.
WORKSPACE_POINTS = 100


@writer(ReportFormat.XLSX, XLSX)
def write_workbook(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write the sheets of a poll as in its export, or those of a workspace."""
    walk = Walk(report, progress)
    with written_workbook(file) as workbook:
        if report.workspace is not None:
            _write_workspace(report, report.workspace, walk, _Book(workbook, style.time_zone))
            return
        for poll in walk.polls(EXPORTED_POINTS):
            facts = facts_of(poll, style.time_zone, is_of_team=False)
            write_sheets(workbook, poll.export, facts, style.time_zone, watch=walk.checked)


class _Book:
    """A workbook in a time zone and the active language."""

    def __init__(self, workbook: Workbook, zone: ZoneInfo) -> None:
        self.workbook = workbook
        self.zone = zone

    def add_sheet(self, title: str, heading: Sequence[str], *widths: int) -> Sheet:
        return Sheet(
            self.workbook,
            title,
            heading,
            zone=self.zone,
            widths=widths,
            is_right_to_left=get_language_bidi(),
        )


def _write_workspace(report: Report, workspace: ReportedWorkspace, walk: Walk, book: _Book) -> None:
    overview = book.add_sheet(_("Workspace"), (), TEXT_WIDTH, TEXT_WIDTH)
    for fact in _facts_of_workspace(report, workspace, book.zone):
        overview.append(fact, bold=1)
    sheets = None
    for poll in walk.polls(WORKSPACE_POINTS):
        facts = facts_of(poll, book.zone, is_of_team=True)
        sheets = sheets or _PollSheets(book, facts)
        sheets.write(poll, facts, walk)


class _PollSheets:
    """The sheets of polls, options, timelines and ballots, which refer to polls by number."""

    def __init__(self, book: _Book, facts: Sequence[Fact]) -> None:
        number, widths = _("Poll"), (NUMBER_WIDTH // 2, TEXT_WIDTH)
        labels = [label for label, _value in facts]
        self._polls = book.add_sheet(_("Polls"), (number, *labels), *widths)
        self._results = book.add_sheet(_("Results"), (number, *long_labels()), *widths)
        labels_of_points = timeline_labels(book.zone)
        self._timeline = book.add_sheet(_("Timeline"), (number, *labels_of_points), widths[0])
        self._ballots = book.add_sheet(_("Ballots"), (number, _("Answers")), *widths)

    def write(self, poll: PollReport, facts: Sequence[Fact], walk: Walk) -> None:
        number = poll.number
        self._polls.append((number, *(value for _label, value in facts)))
        for row in walk.checked(result_table(poll.export).long_rows()):
            self._results.append((number, *row))
        for point in poll.export.timeline.points:
            counts = point.version, point.ballot_count, point.total_votes
            self._timeline.append((number, point.at, *counts))
        for batch in walk.ballots(poll):
            for ballot in batch:
                self._ballots.append((number, *as_cells(ballot)))


def _facts_of_workspace(report: Report, workspace: ReportedWorkspace, zone: ZoneInfo) -> list[Fact]:
    totals = report.totals
    return [
        (_("Workspace"), workspace.name),
        (_("Project"), workspace.project_name),
        (_("Description"), workspace.description),
        (in_zone(_("Archived at"), zone), workspace.archived_at),
        (in_zone(_("Exported at"), zone), report.exported_at),
        (_("Polls"), totals.poll_count),
        (_("Drafts"), totals.draft_count),
        (_("Open polls"), totals.open_count),
        (_("Closed polls"), totals.closed_count),
        (_("Ballots"), totals.ballot_count),
        (_("Total votes"), totals.vote_count),
    ]

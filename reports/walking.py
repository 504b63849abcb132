"""Walks through a report and shows how far it is."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from reports.ballots import BALLOTS_AT_ONCE, ReportedBallot
from reports.collecting import PollReport, Report
from reports.writers import Progress

ROWS_AT_ONCE = 500

Item = TypeVar("Item")


class Walk:
    """Reads the polls of a report, with the ballots of each, and shows the progress."""

    def __init__(self, report: Report, progress: Progress) -> None:
        self._report = report
        self._progress = progress
        self._done = 0
        ballot_count = report.totals.ballot_count if report.workspace else 0
        # Reading a poll takes about as long as a batch of ballots.
        self._total = max(1, report.totals.poll_count * BALLOTS_AT_ONCE + ballot_count)

    def polls(self, points: int, *, has_views: bool = False) -> Iterator[PollReport]:
        """Yield the polls, see ``Report.read_polls``."""
        for poll in self._report.read_polls(points, has_views=has_views):
            yield poll
            self._advance(BALLOTS_AT_ONCE)

    def ballots(self, poll: PollReport) -> Iterator[list[ReportedBallot]]:
        """Yield the ballots of a poll, see ``Report.read_ballots``, in batches."""
        ballots = self._report.read_ballots(poll)
        while batch := list(islice(ballots, BALLOTS_AT_ONCE)):
            yield batch
            self._advance(len(batch))

    def checked(self, rows: Iterable[Item]) -> Iterator[Item]:
        """Yield rows, of which there can be any number, and show the progress meanwhile."""
        for number, row in enumerate(rows, start=1):
            yield row
            if number % ROWS_AT_ONCE == 0:
                self._advance(0)

    def _advance(self, steps: int) -> None:
        self._done += steps
        self._progress(min(1.0, self._done / self._total))

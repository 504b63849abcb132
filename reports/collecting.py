"""Collects what a report contains, for the writers of all formats.

A report has one poll, or all polls of a workspace. They are read when the writer comes to them, a
few at a time, so that memory stays flat however many there are. Nothing here says who voted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from apikit.actors import Actor
from apikit.wire import Id, Wire
from polls.models import Option, Poll, PollState
from polls.results import get_exportable_poll_for
from polls.selectors import in_state, whole_polls
from reports.ballots import ReportedBallot, read_ballots
from votes.exports import EXPORTED_POINTS, collect_results
from votes.recount import find_mismatches
from votes.wire import ResultsExport
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import get_workspace_for
from workspaces.settings import read_settings

# Read with one query, and recounted with two.
POLLS_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards(Wire):
    """How the votes of a poll are secured.

    ``one_ballot_per_person`` holds for every poll: the database refuses a second one.
    ``recount_is_correct`` tells whether the stored votes, counted again for this report, agree with
    the tally. Kind, number of choices, whether votes can be changed, and who sees the results are
    settings of the poll.
    """

    one_ballot_per_person: bool
    recount_is_correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport(Wire):
    """A poll in a report.

    ``export`` has the question and settings (``poll``), ``opened_at``, ``closed_at``,
    ``ballot_count``, ``earlier_questions``, the options with counts and percentages (``results``),
    and the turnout over time (``timeline``). ``number`` is its place in the report, from 1.
    """

    number: int
    export: ResultsExport
    safeguards: Safeguards


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals(Wire):
    """The sums over all polls of a report.

    ``ballot_count`` counts people in each poll, ``vote_count`` the options that they chose.
    ``draft_count``, ``open_count`` and ``closed_count`` add up to ``poll_count``.
    """

    poll_count: int
    draft_count: int
    open_count: int
    closed_count: int
    ballot_count: int
    vote_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedWorkspace(Wire):
    """The workspace of a report. ``archived_at`` is null unless it is archived."""

    id: Id
    name: str
    description: str
    project_id: Id
    project_name: str
    archived_at: datetime | None


class Report:
    """What a writer gets.

    ``workspace`` is None for a report on one poll. The polls can have votes that were
    counted after ``totals`` were read.
    """

    def __init__(
        self, *, title: str, workspace: ReportedWorkspace | None, polls: QuerySet[Poll]
    ) -> None:
        self.exported_at = timezone.now()
        self.title = title
        self.workspace = workspace
        self._polls = polls

    @cached_property
    def totals(self) -> Totals:
        """The sums over all polls, when first read; two queries."""
        return _total(self._polls, self.exported_at)

    def read_polls(
        self, points: int = EXPORTED_POINTS, *, has_views: bool = False
    ) -> Iterator[PollReport]:
        """Yield the polls, oldest first, each with at most ``points`` points of its timeline.

        Fewer points with many options, see ``votes.timeline``; 0 leaves the timelines empty.
        ``has_views`` adds what people saw to each point.
        """
        number = 0
        for polls in _in_batches(self._polls):
            wrong = {each.poll_id for each in find_mismatches([poll.id for poll in polls])}
            for poll in polls:
                number += 1
                yield PollReport(
                    number=number,
                    export=collect_results(poll, self.exported_at, points, has_views=has_views),
                    safeguards=Safeguards(
                        one_ballot_per_person=True, recount_is_correct=poll.id not in wrong
                    ),
                )

    def read_ballots(self, poll: PollReport) -> Iterator[ReportedBallot]:
        """Yield the ballots of a poll.

        Only reports on workspaces have ballots, because who may export one sees everything.
        """
        return iter(()) if self.workspace is None else read_ballots(poll.export)


def collect_poll(actor: Actor, poll_id: UUID) -> Report:
    """Return the report on a poll.

    :raises PollNotFoundError, ResultsHiddenError, ActionNotAllowedError: as for exports, see
        ``get_exportable_poll_for``.
    """
    poll = get_exportable_poll_for(actor, poll_id)
    return Report(
        title=poll.question, workspace=None, polls=whole_polls().filter(id=poll.id).order_by("id")
    )


def collect_workspace(actor: Actor, workspace_id: UUID) -> Report:
    """Return the report on a workspace, archived ones too, with all of its polls.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises WorkspaceNotFoundError, ActionNotAllowedError: without the right to export its polls;
        that includes seeing all results at any time.
    """
    workspace = get_workspace_for(actor, workspace_id, Action.EXPORT_POLLS)
    polls = whole_polls().filter(workspace_id=workspace.id).order_by("id")
    return Report(title=workspace.name, workspace=_view_workspace(workspace), polls=polls)


def _in_batches(polls: QuerySet[Poll]) -> Iterator[list[Poll]]:
    batch = list(polls[:POLLS_AT_ONCE])
    while batch:
        yield batch
        batch = list(polls.filter(id__gt=batch[-1].id)[:POLLS_AT_ONCE])


def _total(polls: QuerySet[Poll], now: datetime) -> Totals:
    """Add up; two queries."""
    plain = polls.select_related(None).prefetch_related(None).order_by()
    counts = plain.aggregate(
        ballots=Sum("ballot_count"),
        **{state.value: Count("id", filter=in_state(state, now)) for state in PollState},
    )
    votes = Option.objects.filter(poll__in=plain.values("id")).aggregate(sum=Sum("vote_count"))
    return Totals(
        poll_count=sum(counts[state.value] for state in PollState),
        draft_count=counts[PollState.DRAFT],
        open_count=counts[PollState.OPEN],
        closed_count=counts[PollState.CLOSED],
        ballot_count=counts["ballots"] or 0,
        vote_count=votes["sum"] or 0,
    )


def _view_workspace(workspace: Workspace) -> ReportedWorkspace:
    return ReportedWorkspace(
        id=workspace.id,
        name=workspace.name,
        description=read_settings(workspace.settings).description,
        project_id=workspace.project_id,
        project_name=workspace.project.name,
        archived_at=workspace.archived_at,
    )

"""The job ``report``: a poll or a workspace as a file."""

import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Annotated, BinaryIO, cast
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import translation
from pydantic import AfterValidator, Field, WithJsonSchema

from apikit.actors import Actor
from apikit.downloads import file_stem
from apikit.errors import ValidationFailedError
from apikit.wire import Id, Wire
from jobs.registry import task
from jobs.results import FileResult
from jobs.run import Run
from polls.errors import PollNotFoundError, ResultsHiddenError
from reports import archive_tasks, tables, workbooks  # noqa: F401 - register tasks and writers
from reports.collecting import Report, collect_poll, collect_workspace
from reports.pdf import writing  # noqa: F401 - registers its writer
from reports.writers import WRITERS, Language, ReportFormat, Style
from workspaces.errors import ActionNotAllowedError, WorkspaceNotFoundError
from workspaces.examples import WORKSPACE_ID
from workspaces.models import Workspace

# A million ballots take a minute.
TIMEOUT_S = 1800.0


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_time_zone(name: str) -> str:
    # Not ZoneInfo, which opens a file of this name.
    if name not in _time_zones():
        raise ValueError('the name of a time zone, such as "Europe/Berlin"')
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPayload(Wire):
    """What to report on, exactly one of `pollId` and `workspaceId`, and in which format."""

    format: ReportFormat
    poll_id: Annotated[Id | None, Field(description="A poll whose results you may export.")] = None
    workspace_id: Annotated[
        Id | None, Field(description="A workspace whose polls you may export.")
    ] = None
    language: Annotated[Language, Field(description="Of titles and labels.")] = Language.ENGLISH
    time_zone: Annotated[
        str,
        Field(description='A name of the IANA database, such as "Europe/Berlin".'),
        AfterValidator(_check_time_zone),
        WithJsonSchema({"type": "string", "default": "UTC"}),
    ] = "UTC"


def collect(actor: Actor, payload: ReportPayload) -> Report:
    """Return the report that the actor wants; this is also the check of their rights.

    :raises ValidationFailedError: unless there is exactly one of a poll and a workspace.
    :raises ApiError: see ``collect_poll`` and ``collect_workspace``.
    """
    if payload.poll_id is not None and payload.workspace_id is None:
        return collect_poll(actor, payload.poll_id)
    if payload.workspace_id is not None and payload.poll_id is None:
        return collect_workspace(actor, payload.workspace_id)
    raise ValidationFailedError.of("payload", "Must have exactly one of pollId and workspaceId.")


def check_may_report(actor: Actor, payload: ReportPayload) -> None:
    """Check that the actor may export what the report contains.

    :raises ApiError: see :func:`collect`.
    """
    collect(actor, payload)


def find_project(payload: ReportPayload) -> UUID | None:
    """Return the project of the workspace, whose members see the job."""
    if payload.workspace_id is None:
        return None
    workspaces = Workspace.objects.filter(id=payload.workspace_id)
    return workspaces.values_list("project_id", flat=True).first()


@task(
    "report",
    payload=ReportPayload,
    authorize=check_may_report,
    refusals=[
        PollNotFoundError,
        ResultsHiddenError,
        WorkspaceNotFoundError,
        ActionNotAllowedError,
    ],
    project_of=find_project,
    is_result_guarded=True,
    timeout_s=TIMEOUT_S,
    max_running=lambda: settings.REPORTS_RUNNING,
    example={"format": "xlsx", "workspaceId": WORKSPACE_ID, "language": "de"},
)
def write_report(run: Run, payload: ReportPayload) -> None:
    """Writes the results of a poll, or of all polls of a workspace, into a file.

    People who may export the results can have a report on them. PDF is made to be handed out, with
    charts. The report on a workspace also has one line per ballot, without the voter (XLSX and
    JSON). Its job belongs to the project of the workspace: members see it, and those who may export
    polls download the file.
    """
    assert run.actor is not None
    report = collect(run.actor, payload)
    writer = WRITERS[payload.format]
    style = Style(language=payload.language, time_zone=ZoneInfo(payload.time_zone))
    with (
        translation.override(style.language),
        cast(BinaryIO, tempfile.TemporaryFile()) as file,
    ):
        writer.write(report, style, file, lambda share: _show(run, share))
        stem = file_stem(report.title, fallback="report")
        # The suffix keeps the name from being one that Windows reserves, such as CON.
        name = f"{stem}-report.{payload.format}"
        run.succeed(FileResult(name, writer.media_type, file))


def _show(run: Run, share: float) -> None:
    run.report(100 * share, "Writing the report")

"""The jobs that export a workspace as an archive, and import one."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, BinaryIO, cast
from uuid import UUID

from django.db import transaction
from pydantic import Field, StrictBool

from apikit.actors import Actor
from apikit.downloads import file_stem
from apikit.wire import Id, Wire
from jobs.errors import UploadNotFoundError
from jobs.registry import task
from jobs.results import FileResult
from jobs.run import Run
from jobs.uploads import get_upload_for, opened
from polls.pictures import check_room
from reports.archive_format import MEDIA_TYPE
from reports.archive_importing import Importer, Summary, check_archive
from reports.archive_pictures import CheckedPictures, CollectedPictures
from reports.archive_reading import Archive, opened_archive
from reports.archive_writing import find_workspace_to_archive, write_archive
from workspaces.errors import (
    ActionNotAllowedError,
    ProjectNotFoundError,
    WorkspaceNotFoundError,
)
from workspaces.examples import PROJECT_ID, WORKSPACE_ID
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import get_standing

TIMEOUT_S = 3600.0
# Checking takes about a third of the time.
CHECKED_PERCENT = 30.0
UPLOAD_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d6b01"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceExport(Wire):
    """Which workspace to export as an archive."""

    workspace_id: Annotated[Id, Field(description="A workspace whose polls you may export.")]
    pictures: Annotated[StrictBool, Field(description="Whether the archive has the pictures.")] = (
        True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceImport(Wire):
    """An archive to import as a new workspace of a project."""

    upload_id: Annotated[Id, Field(description="An archive that you have uploaded.")]
    project_id: Annotated[Id, Field(description="A project in which you may create workspaces.")]
    dry_run: Annotated[StrictBool, Field(description="Only check the archive.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceImportResult(Wire):
    """What an archive contains. `workspaceId` is the new workspace, null after a dry run."""

    workspace_id: Id | None
    name: str
    poll_count: int
    ballot_count: int
    vote_count: int


def check_may_export(actor: Actor, payload: WorkspaceExport) -> None:
    """Check that the actor may export the polls of the workspace.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: if not.
    """
    find_workspace_to_archive(actor, payload.workspace_id)


def find_project(payload: WorkspaceExport) -> UUID | None:
    """Return the project of the workspace, whose members see the job."""
    workspaces = Workspace.objects.filter(id=payload.workspace_id)
    return workspaces.values_list("project_id", flat=True).first()


@task(
    "data_processing.export_workspace",
    payload=WorkspaceExport,
    authorize=check_may_export,
    refusals=[WorkspaceNotFoundError, ActionNotAllowedError],
    project_of=find_project,
    is_result_guarded=True,
    timeout_s=TIMEOUT_S,
    example={"workspaceId": WORKSPACE_ID},
)
def export_workspace(run: Run, payload: WorkspaceExport) -> None:
    """Exports a workspace as an archive, which another project or site can import.

    It has the settings, the polls with their options and pictures, options of participants that
    wait for approval, and all ballots, whose voters are numbers without a name or an address, and
    others in each poll. It has no messages, members or activity, and no polls that moderators have
    hidden. Members of the project see the job, and those who may export polls download the archive.
    With `pictures: false` it has no pictures.
    """
    assert run.actor is not None
    workspace = find_workspace_to_archive(run.actor, payload.workspace_id)

    def show(done: int, total: int) -> None:
        run.report(100 * done / total, f"{done:,} of {total:,} lines")

    with _temporary_file() as file, _temporary_file() as copies:
        pictures = CollectedPictures(copies) if payload.pictures else None
        write_archive(workspace, file, pictures, show)
        name = f"{file_stem(workspace.name, fallback='workspace')}-archive.zip"
        run.succeed(FileResult(name, MEDIA_TYPE, file))


def check_may_import(actor: Actor, payload: WorkspaceImport) -> None:
    """Check that the actor has uploaded the archive, and may create workspaces with polls.

    :raises ProjectNotFoundError, ActionNotAllowedError, UploadNotFoundError: if not.
    """
    get_standing(actor, payload.project_id, Action.EDIT_WORKSPACES).require(Action.CREATE_POLLS)
    get_upload_for(actor, payload.upload_id)


@task(
    "data_processing.import_workspace",
    payload=WorkspaceImport,
    authorize=check_may_import,
    refusals=[UploadNotFoundError, ProjectNotFoundError, ActionNotAllowedError],
    project_of=lambda payload: payload.project_id,
    timeout_s=TIMEOUT_S,
    example={"uploadId": UPLOAD_ID, "projectId": PROJECT_ID, "dryRun": True},
)
def import_workspace(run: Run, payload: WorkspaceImport) -> WorkspaceImportResult | None:
    """Imports an archive of a workspace into a project, as a new workspace.

    The whole archive is checked first; the error of an invalid one names the file and the line.
    With `dryRun`, nothing else happens. The polls appear all at once when everything is written,
    with new ids and join codes, in the state they had, and pictures with new addresses. Those count
    as pictures that you have uploaded. Each ballot counts as one of a guest whom
    nobody can sign in as, so people who voted before the export could vote again in open polls.
    """
    assert run.actor is not None
    upload = get_upload_for(run.actor, payload.upload_id)
    with opened(upload) as file, opened_archive(file) as archive, _temporary_file() as copies:
        summaries, pictures = _check(run, run.actor, archive, copies)
        if payload.dry_run:
            return _result(archive, summaries, None)
        importer = Importer(archive, summaries, pictures, actor=run.actor, request_id=run.id)
        _import(run, payload.project_id, importer, partial(_result, archive, summaries))
    return None


def _check(
    run: Run, actor: Actor, archive: Archive, copies: BinaryIO
) -> tuple[list[Summary], CheckedPictures]:
    """Check all of an archive; return what its lines add up to, and its pictures."""

    def show(share: float) -> None:
        run.report(CHECKED_PERCENT * share, "Checking the archive")

    def show_pictures(share: float) -> None:
        run.report(CHECKED_PERCENT, f"Checking the pictures: {share:.0%}")

    summaries = check_archive(archive, show)
    check_room(actor.account_id(), len(archive.pictures))
    pictures = CheckedPictures(copies)
    pictures.add_all(archive, show_pictures)
    return summaries, pictures


def _import(
    run: Run, project_id: UUID, importer: Importer, result: Callable[[UUID], WorkspaceImportResult]
) -> None:
    """Write what was checked, and show it in the transaction that finishes the job."""

    def show(share: float) -> None:
        percent = CHECKED_PERCENT + (99 - CHECKED_PERCENT) * share
        run.report(percent, "Writing polls and ballots")

    try:
        importer.write(show)
        with transaction.atomic():
            workspace = importer.show(project_id)
            run.succeed(result(workspace.id))
    except BaseException:
        importer.abandon()
        raise


def _result(
    archive: Archive, summaries: list[Summary], workspace_id: UUID | None
) -> WorkspaceImportResult:
    return WorkspaceImportResult(
        workspace_id=workspace_id,
        name=archive.manifest.workspace.name,
        poll_count=len(summaries),
        ballot_count=sum(each.ballot_count for each in summaries),
        vote_count=sum(sum(each.counts) for each in summaries),
    )


def _temporary_file() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile())

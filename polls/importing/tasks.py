"""The job that imports polls from a file."""

from dataclasses import dataclass
from typing import Annotated

from django.db import transaction
from pydantic import Field

from apikit.actors import Actor
from apikit.tables.problems import RowProblem
from apikit.wire import Id, Wire
from jobs.errors import UploadNotFoundError
from jobs.examples import UPLOAD_ID
from jobs.registry import task
from jobs.run import Run
from jobs.uploads import get_upload_for, opened
from polls.importing.plan import MAX_POLLS, DuplicateRow, Plan, make_plan
from polls.services import create_polls
from workspaces.errors import (
    ActionNotAllowedError,
    WorkspaceArchivedError,
    WorkspaceNotFoundError,
)
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import get_workspace_for


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPolls(Wire):
    """A file to create polls from."""

    upload_id: Annotated[Id, Field(description="A file that you have uploaded.")]
    workspace_id: Annotated[
        Id | None, Field(description="The workspace to create the polls in; else they are yours.")
    ] = None
    dry_run: Annotated[
        bool, Field(strict=True, description="Whether to list problems and create nothing.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPolls(Wire):
    """What was created, or would be; and what is wrong with the file."""

    dry_run: bool
    row_count: int
    valid_count: int
    poll_ids: list[Id]
    problem_count: int
    problems: list[RowProblem]
    duplicates: list[DuplicateRow]
    unknown_columns: list[str]


def check_may_import(actor: Actor, payload: ImportPolls) -> None:
    """Check that the file is the actor's, and that the workspace takes polls of theirs.

    :raises UploadNotFoundError: for other files.
    :raises WorkspaceNotFoundError, ActionNotAllowedError, WorkspaceArchivedError: if it does not.
    """
    get_upload_for(actor, payload.upload_id)
    _workspace_of(actor, payload)


@task(
    "data_processing.import_polls",
    payload=ImportPolls,
    authorize=check_may_import,
    refusals=[
        UploadNotFoundError,
        WorkspaceNotFoundError,
        ActionNotAllowedError,
        WorkspaceArchivedError,
    ],
    example={"uploadId": UPLOAD_ID, "dryRun": True},
)
def import_polls(run: Run, payload: ImportPolls) -> None:
    """Creates polls from an uploaded CSV, XLSX or JSON file: all of them, or none.

    With `dryRun`, it only lists what is wrong with the rows. The columns are `question`, `option`
    (several) or `options` (separated by `|`), and if you like `kind`, `max choices`, `allow
    change`, `results visibility`, `opens at`, `closes at`, `published`, and the settings of the
    kind: each in a column such as `steps`, or as an object in the column `settings`. A JSON file
    has an array of bodies as for `POST /polls`. Polls are drafts unless `published` is true. The
    result has `pollIds` in the order of the rows, `problems` with `row`, `column` and `message`,
    `duplicates` and `unknownColumns`.
    """
    assert run.actor is not None
    workspace = _workspace_of(run.actor, payload)
    run.report(1, "Reading the file")
    with opened(get_upload_for(run.actor, payload.upload_id)) as file:
        plan = make_plan(
            file,
            creator_id=run.actor.account_id(),
            workspace=workspace,
            on_row=lambda count: run.report(80 * count / MAX_POLLS, f"{count} rows"),
        )
    if payload.dry_run:
        run.succeed(_result(plan, dry_run=True, poll_ids=[]))
        return
    plan.problems.check_none()
    run.report(90, "Creating the polls")
    with transaction.atomic():
        polls = create_polls(
            actor=run.actor, new_polls=plan.new_polls, workspace_id=payload.workspace_id
        )
        run.succeed(_result(plan, dry_run=False, poll_ids=[poll.id for poll in polls]))


def _workspace_of(actor: Actor, payload: ImportPolls) -> Workspace | None:
    if payload.workspace_id is None:
        return None
    workspace = get_workspace_for(actor, payload.workspace_id, Action.CREATE_POLLS)
    if workspace.archived_at is not None:
        raise WorkspaceArchivedError
    return workspace


def _result(plan: Plan, *, dry_run: bool, poll_ids: list[Id]) -> ImportedPolls:
    return ImportedPolls(
        dry_run=dry_run,
        row_count=plan.row_count,
        valid_count=len(plan.new_polls),
        poll_ids=poll_ids,
        problem_count=plan.problems.count,
        problems=plan.problems.listed,
        duplicates=plan.duplicates,
        unknown_columns=plan.unknown_columns,
    )

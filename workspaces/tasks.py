"""Jobs about projects: importing a roster, and sending the emails of its invitations."""

from dataclasses import dataclass
from typing import Annotated

from django.db import transaction
from pydantic import Field

from apikit.actors import Actor
from apikit.errors import TooManyRequestsError
from apikit.tables.problems import RowProblem
from apikit.throttling import SharedLimit
from apikit.wire import Id, Wire
from jobs.errors import UploadNotFoundError
from jobs.examples import UPLOAD_ID
from jobs.registry import RetryPolicy, task
from jobs.run import Run
from jobs.services import enqueue_for_site
from jobs.uploads import get_upload_for, opened
from workspaces.bulk_invitations import send_waiting, waiting_in
from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError
from workspaces.examples import PROJECT_ID
from workspaces.limits import ADDITIONS_PER_HOUR
from workspaces.permissions import Action, Role
from workspaces.roster_import import RosterCounts, apply_roster, split_known
from workspaces.roster_plan import MAX_ROWS, DuplicateAddress, RosterPlan, make_roster_plan
from workspaces.selectors import get_standing

SEND_INVITATIONS = "send_invitations"
# Limits on emails are per hour, so that two hundred invitations of one person take four hours. An
# unreachable mail server is tried for five hours.
SENDING = RetryPolicy(max_attempts=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRoster(Wire):
    """A file with addresses to add to a project."""

    upload_id: Annotated[Id, Field(description="A file that you have uploaded.")]
    project_id: Annotated[Id, Field(description="A project whose members you manage.")]
    role: Annotated[Role, Field(description="The role of rows without one.")] = Role.VIEWER
    dry_run: Annotated[
        bool, Field(strict=True, description="Whether to list problems and invite nobody.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRoster(Wire):
    """Who was added and invited, and what is wrong with the file.

    A dry run does not tell who has an account: ``added_count`` and ``invited_count`` are null, and
    ``new_count`` is their sum.
    """

    dry_run: bool
    row_count: int
    new_count: int
    added_count: int | None
    invited_count: int | None
    member_count: int
    already_invited_count: int
    problem_count: int
    problems: list[RowProblem]
    duplicates: list[DuplicateAddress]
    unknown_columns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInvitations(Wire):
    """A project whose invitations wait for their emails."""

    project_id: Id


def check_may_import(actor: Actor, payload: ImportRoster) -> None:
    """Check that the file is the actor's, and that they manage the members of the project.

    :raises UploadNotFoundError: for other files.
    :raises ProjectNotFoundError, ActionNotAllowedError: if they do not.
    """
    get_upload_for(actor, payload.upload_id)
    get_standing(actor, payload.project_id, Action.MANAGE_MEMBERS)


@task(
    "data_processing.import_roster",
    payload=ImportRoster,
    authorize=check_may_import,
    refusals=[UploadNotFoundError, ProjectNotFoundError, ActionNotAllowedError],
    example={"uploadId": UPLOAD_ID, "projectId": PROJECT_ID, "dryRun": True},
)
def import_roster(run: Run, payload: ImportRoster) -> None:
    """Adds the people of an uploaded CSV, XLSX or JSON file to a project: all, or none of them.

    Accounts become members at once, other addresses are invited by email, as with `POST
    /projects/{id}/members`. With `dryRun`, it only lists what is wrong with the rows. The columns
    are `email` and, if you like, `role` and `name`. A JSON file has an array of addresses or of
    objects with these fields. Members and people who are invited already are counted and get no
    second email.
    """
    assert run.actor is not None
    plan = _read(run, run.actor, payload)
    if payload.dry_run:
        members, invited, new = split_known(payload.project_id, plan.entries.values())
        counts = RosterCounts(members=len(members), already_invited=len(invited))
        run.succeed(_result(plan, counts, new_count=len(new), is_dry_run=True))
        return
    plan.problems.check_none()
    _count_additions(run, run.actor, payload, plan)
    run.report(80, "Adding people")
    with transaction.atomic():
        counts = apply_roster(
            actor=run.actor, project_id=payload.project_id, entries=plan.entries.values()
        )
        if counts.waiting:
            sending = SendInvitations(project_id=payload.project_id)
            enqueue_for_site(type_=SEND_INVITATIONS, payload=sending)
        run.succeed(_result(plan, counts, new_count=counts.added + counts.invited))


@task(SEND_INVITATIONS, payload=SendInvitations, is_internal=True, retries=SENDING)
def send_invitations(run: Run, payload: SendInvitations) -> dict[str, int]:
    """Sends the emails of invitations that wait for them, as fast as the limits allow."""
    waiting = list(waiting_in(payload.project_id))
    sent, postponed = 0, None
    for count, invitation in enumerate(waiting, start=1):
        run.report(100 * count / len(waiting), f"{sent} emails sent")
        try:
            sent += send_waiting(invitation)
        except TooManyRequestsError as error:
            # One of another inviter or to another address may be possible.
            postponed = error
    if postponed is not None:
        raise postponed
    return {"sentCount": sent}


def _read(run: Run, actor: Actor, payload: ImportRoster) -> RosterPlan:
    run.report(1, "Reading the file")
    with opened(get_upload_for(actor, payload.upload_id)) as file:
        return make_roster_plan(
            file,
            role=payload.role,
            on_row=lambda count: run.report(70 * count / MAX_ROWS, f"{count} rows"),
        )


def _count_additions(run: Run, actor: Actor, payload: ImportRoster, plan: RosterPlan) -> None:
    """Count new people for the limit of ``POST /projects/{id}/members``, before any lock.

    :raises TooManyRequestsError: over the limit; the job is then tried again later.
    """
    limit = SharedLimit("members-by", ADDITIONS_PER_HOUR, 3600)
    _, _, new = split_known(payload.project_id, plan.entries.values())
    for _ in new:
        run.check()
        limit.count(str(actor.account_id()))


def _result(
    plan: RosterPlan, counts: RosterCounts, *, new_count: int, is_dry_run: bool = False
) -> ImportedRoster:
    return ImportedRoster(
        dry_run=is_dry_run,
        row_count=plan.row_count,
        new_count=new_count,
        added_count=None if is_dry_run else counts.added,
        invited_count=None if is_dry_run else counts.invited,
        member_count=counts.members,
        already_invited_count=counts.already_invited,
        problem_count=plan.problems.count,
        problems=plan.problems.listed,
        duplicates=plan.duplicates,
        unknown_columns=plan.unknown_columns,
    )

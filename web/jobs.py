"""The state of the pages of jobs, for their templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apikit.actors import Actor
from apikit.errors import ApiError
from jobs.models import Job, JobFile, JobState
from jobs.registry import TASKS
from jobs.selectors import get_result_for
from polls.models import Poll
from polls.selectors import visible_to
from web.job_results import ShownResult, show_result
from web.job_texts import STATE_NAMES, error_text, job_texts, progress_text, type_name
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import Standing, list_projects_for

_FORMATS = {"pdf": "PDF", "xlsx": "XLSX", "csv": "CSV", "json": "JSON"}


@dataclass(frozen=True, slots=True)
class JobRights:
    """What a person may do with the jobs of a list: run them, and read guarded results."""

    can_run: bool = True
    can_export: bool = True

    @classmethod
    def of_member(cls, standing: Standing) -> "JobRights":
        """Return those of a member in the jobs of a project."""
        return cls(standing.allows(Action.RUN_JOBS), standing.allows(Action.EXPORT_POLLS))


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as pages show it. ``subject`` is the poll or workspace that it is about."""

    job: Job
    name: str
    subject: str
    format: str
    state_name: str
    progress_text: str
    error: str
    file: JobFile | None
    can_run: bool
    can_export: bool

    @property
    def can_download(self) -> bool:
        """Whether to offer the file; the rights are checked when it is downloaded."""
        if self.file is None or self.job.state != JobState.SUCCEEDED:
            return False
        task = TASKS.get(self.job.type)
        return self.can_export or task is None or not task.is_result_guarded

    @property
    def is_active(self) -> bool:
        return not self.job.is_finished

    @property
    def can_retry(self) -> bool:
        return self.can_run and self.job.state in (JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class StateTab:
    """A filter of the list by state; ``query`` is its query string."""

    name: str
    query: str
    is_current: bool


def job_rows(jobs: Sequence[Job], actor: Actor, rights: JobRights) -> list[JobRow]:
    """Return jobs with their files for a page; at most two queries."""
    subjects = _read_subjects(jobs, actor)
    return [_row(job, subjects, actor.id, rights) for job in jobs]


def list_context(
    jobs: Sequence[Job], actor: Actor, state: str, rights: JobRights
) -> dict[str, Any]:
    """Return the context of a list of jobs, in the state that it is filtered by."""
    return {
        "rows": job_rows(jobs, actor, rights),
        "state": state,
        "state_tabs": _state_tabs(state),
        "texts": job_texts(),
    }


def job_context(job: Job, actor: Actor, rights: JobRights) -> dict[str, Any]:
    """Return the context of the page of a job, with its result if the actor may read it."""
    [row] = job_rows([job], actor, rights)
    return {
        "row": row,
        "result": _result_for(actor, job),
        "texts": job_texts(),
        "page": live_data(actor, job.project_id) | {"job": str(job.id)},
    }


def live_data(actor: Actor, project_id: UUID | None = None) -> dict[str, Any]:
    """Return what the script needs to follow jobs: those of a project, or the actor's own."""
    return {
        "now": timezone.now().isoformat(),
        "userId": str(actor.id),
        "projectId": None if project_id is None else str(project_id),
    }


def _result_for(actor: Actor, job: Job) -> ShownResult | None:
    if job.state != JobState.SUCCEEDED:
        return None
    try:
        return show_result(get_result_for(actor, job.id))
    except ApiError:
        # Members of the project who could not create the job see it without its result.
        return None


def _row(job: Job, subjects: dict[str, str], actor_id: UUID | None, rights: JobRights) -> JobRow:
    named = job.payload.get("pollId") or job.payload.get("workspaceId")
    return JobRow(
        job=job,
        name=type_name(job.type),
        subject=subjects.get(str(named), ""),
        format=_FORMATS.get(str(job.payload.get("format")), "") if job.type == "report" else "",
        state_name=str(STATE_NAMES[job.state]),
        progress_text=progress_text(job.progress_message),
        error=error_text(job),
        file=_file_of(job),
        can_run=rights.can_run,
        can_export=rights.can_export or job.owner_id == actor_id,
    )


def _file_of(job: Job) -> JobFile | None:
    try:
        return job.file
    except ObjectDoesNotExist:
        return None


def _read_subjects(jobs: Sequence[Job], actor: Actor) -> dict[str, str]:
    """Return the names of the polls and workspaces that the actor may see, by id."""
    polls = {job.payload["pollId"] for job in jobs if job.payload.get("pollId")}
    spaces = {job.payload["workspaceId"] for job in jobs if job.payload.get("workspaceId")}
    names: dict[str, str] = {}
    if polls:
        found = Poll.objects.filter(visible_to(actor), id__in=polls)
        names |= {str(id_): question for id_, question in found.values_list("id", "question")}
    if spaces:
        projects = list_projects_for(actor).order_by().values("id")
        seen = Workspace.objects.filter(id__in=spaces, project__in=projects)
        names |= {str(id_): name for id_, name in seen.values_list("id", "name")}
    return names


def _state_tabs(current: str) -> list[StateTab]:
    all_jobs = StateTab(_("All"), "?", not current)
    return [
        all_jobs,
        *(
            StateTab(str(name), f"?{urlencode({'state': state})}", state == current)
            for state, name in STATE_NAMES.items()
        ),
    ]

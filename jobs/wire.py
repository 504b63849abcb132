"""Wire format of jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ObjectDoesNotExist
from pydantic import Field

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from jobs.models import Job, JobState
from jobs.registry import ACTION, action_of, type_of


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError(Wire):
    """Why the last attempt failed. A queued job has one while it waits for another attempt."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFileView(Wire):
    """The file that a job produced, to be read at `GET /jobs/{id}/result`."""

    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView(Wire):
    """A job. ``revision`` rises with every change; ignore a state that is older than yours."""

    id: Id
    type: str
    action: Annotated[str | None, Field(description="What of its type it does, as in the payload.")]
    project_id: Id | None
    state: JobState
    attempts: Annotated[int, Field(description="The number of attempts so far.")]
    progress: Annotated[int, Field(description="In percent.")]
    progress_message: str
    error: JobError | None
    file: JobFileView | None
    revision: int
    created_at: datetime
    run_at: Annotated[datetime, Field(description="No attempt begins before.")]
    started_at: Annotated[datetime | None, Field(description="When the last attempt began.")]
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetails(JobView):
    """A job with its payload, and with its result if it succeeded and the result is no file."""

    payload: dict[str, Any]
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList(Wire):
    jobs: list[JobView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneJob(Wire):
    job: JobDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedJob(Wire):
    message: str
    job: JobDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult(Wire):
    """The result of a job as JSON; null if it has none."""

    result: dict[str, Any] | None


def view_job(job: Job) -> JobView:
    """Return a job as lists and events show it; no query if ``file`` is selected."""
    return JobView(**_fields(job))


def view_details(job: Job) -> JobDetails:
    """Return a job with payload and result."""
    action = action_of(job.type)
    payload = {ACTION: action, **job.payload} if action else job.payload
    return JobDetails(**_fields(job), payload=payload, result=job.result)


def _fields(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "type": type_of(job.type),
        "action": action_of(job.type) or None,
        "project_id": job.project_id,
        "state": JobState(job.state),
        "attempts": job.attempts,
        "progress": job.progress,
        "progress_message": job.progress_message,
        "error": JobError(code=job.error_code, message=job.error_message)
        if job.error_code
        else None,
        "file": _file_of(job),
        "revision": job.revision,
        "created_at": job.created_at,
        "run_at": job.run_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _file_of(job: Job) -> JobFileView | None:
    try:
        file = job.file
    except ObjectDoesNotExist:
        return None
    return JobFileView(name=file.name, media_type=file.media_type, size_bytes=file.size_bytes)

"""Reads of jobs, with authorisation."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from apikit.actors import Actor
from apikit.errors import ForbiddenError, NotFoundError
from jobs.errors import JobHasNoResultError, JobNotFoundError
from jobs.hooks import ProjectAction, check_project
from jobs.models import Job, JobState
from jobs.registry import TASKS


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Without ``project_id``: the actor's own jobs; with it: all of the project."""

    type: str = ""
    state: JobState | None = None
    project_id: UUID | None = None


def list_jobs_for(actor: Actor, narrow: JobFilter) -> QuerySet[Job]:
    """Return jobs that the actor may see, newest first, with their files.

    :raises ApiError: for a project whose jobs the actor may not see.
    """
    owner_id = actor.account_id()
    jobs = Job.objects.select_related("file").order_by("-id")
    if narrow.project_id is None:
        jobs = jobs.filter(owner=owner_id)
    else:
        check_project(actor, narrow.project_id, "view")
        jobs = jobs.filter(project_id=narrow.project_id)
    if narrow.type:
        jobs = jobs.filter(Q(type=narrow.type) | Q(type__startswith=f"{narrow.type}."))
    if narrow.state is not None:
        jobs = jobs.filter(state=narrow.state)
    return jobs


def get_job_for(actor: Actor, job_id: UUID, action: ProjectAction = "view") -> Job:
    """Return a job with its file: the actor's own, or of a project whose jobs the actor may see.

    In a project, the role alone decides, also for the job's owner.

    :raises JobNotFoundError: for other jobs, and for missing ones.
    :raises ForbiddenError: for members who may see the job, but not run it.
    """
    owner_id = actor.account_id()
    job = Job.objects.select_related("file").filter(id=job_id).first()
    if job is None or (job.project_id is None and job.owner_id != owner_id):
        raise JobNotFoundError
    if job.project_id is not None:
        try:
            check_project(actor, job.project_id, "view")
        except (NotFoundError, ForbiddenError):
            raise JobNotFoundError from None
        check_project(actor, job.project_id, action)
    return job


def get_result_for(actor: Actor, job_id: UUID) -> Job:
    """Return a job that succeeded.

    :raises JobNotFoundError: see :func:`get_job_for`.
    :raises JobHasNoResultError: if it has not.
    :raises ApiError: if the result is only for those who could create the job, and ``actor`` could
        not.
    """
    job = get_job_for(actor, job_id)
    if job.state != JobState.SUCCEEDED:
        raise JobHasNoResultError
    task = TASKS.get(job.type)
    if task is not None and task.is_result_guarded and job.owner_id != actor.id:
        task.authorize(actor, task.read_payload(job.payload))
    return job

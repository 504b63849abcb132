"""``/manage/jobs``: your jobs and those of projects, and a page for each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError
from apikit.pagination import page_of
from jobs.downloads import download_file
from jobs.models import Job, JobFile, JobState
from jobs.selectors import JobFilter, get_job_for, get_result_for, list_jobs_for
from jobs.services import cancel_job, delete_job, retry_job
from web.jobs import JobRights, job_context, list_context, live_data
from web.messages import sentence_of
from web.pages import accounts_only, local_target, page_number
from web.project_texts import project_texts
from web.teams import team_context
from workspaces.permissions import Action as ProjectAction
from workspaces.selectors import get_standing

PER_PAGE = 20


@require_safe
@cache_control(private=True, no_cache=True)
@accounts_only
def show_list(request: HttpRequest) -> HttpResponse:
    """Lists your own jobs."""
    actor = page_actor(request)
    context = _list_context(request, actor, JobFilter(), JobRights())
    return render(request, "web/jobs.html", context | {"page": live_data(actor)})


@require_safe
@cache_control(private=True, no_cache=True)
def show_project_list(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lists the jobs of a project."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, ProjectAction.VIEW_JOBS)
    rights = JobRights.of_member(standing)
    context = _list_context(request, actor, JobFilter(project_id=project_id), rights)
    context |= team_context(standing, "jobs")
    context["texts"] = project_texts() | context["texts"]
    return render(
        request, "web/project_jobs.html", context | {"page": live_data(actor, project_id)}
    )


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Shows a job with its result."""
    actor = page_actor(request)
    job = get_job_for(actor, job_id)
    return render(request, "web/job.html", job_context(job, actor, _rights(actor, job)))


@require_safe
def download(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """Downloads the file that a job produced."""
    job = get_result_for(page_actor(request), job_id)
    file = JobFile.objects.filter(job=job).first()
    if file is None:
        raise NotFoundError
    return download_file(file)


@require_POST
def act(request: HttpRequest, job_id: UUID, action_name: str) -> HttpResponse:
    """Cancels, retries or deletes a job, and returns to the page it was asked on."""
    action = ACTIONS.get(action_name)
    if action is None:
        raise NotFoundError
    actor = page_actor(request)
    job = get_job_for(actor, job_id)
    try:
        action.run(actor=actor, job_id=job_id)
    except (NotFoundError, ForbiddenError):
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, str(action.done))
    page = "" if action_name == "delete" else request.POST.get("next", "")
    return redirect(local_target(request, page or request.POST.get("list", ""), _list_url(job)))


@dataclass(frozen=True, slots=True)
class Action:
    """What is done with a job, and the sentence that says so."""

    run: Callable[..., object]
    done: Promise


ACTIONS = {
    "cancel": Action(cancel_job, _("Job cancelled.")),
    "retry": Action(retry_job, _("The job is waiting to run again.")),
    "delete": Action(delete_job, _("Job deleted.")),
}


def _list_url(job: Job) -> str:
    """Returns the list that a job is on."""
    if job.project_id is None:
        return reverse("web:jobs")
    return reverse("web:project-jobs", args=[job.project_id])


def _rights(actor: Actor, job: Job) -> JobRights:
    if job.project_id is None:
        return JobRights()
    return JobRights.of_member(get_standing(actor, job.project_id))


def _list_context(
    request: HttpRequest, actor: Actor, narrow: JobFilter, rights: JobRights
) -> dict[str, Any]:
    state = request.GET.get("state", "")
    if state not in JobState.values:
        state = ""
    narrow = replace(narrow, state=JobState(state) if state else None)
    query = {"page": page_number(request), "limit": PER_PAGE, "cursor": None}
    rows, pagination = page_of(list_jobs_for(actor, narrow), query)
    return list_context(rows, actor, state, rights) | {
        "pagination": pagination,
        "filters": f"&state={state}" if state else "",
        "here": request.get_full_path(),
    }

"""Forms that import a file: first as a dry run, whose result is shown; then for good."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError
from jobs.models import Job
from jobs.registry import action_of
from jobs.selectors import get_result_for
from jobs.services import enqueue
from jobs.uploads import store_upload
from web.forms.jobs import FileForm, RosterForm
from web.job_results import IMPORTS, show_result
from web.messages import sentence_of
from web.pages import accounts_only
from web.teams import get_workspace_standing
from web.views.job_forms import Subject, start_or_ask
from workspaces.permissions import Action
from workspaces.selectors import get_standing

ROW_FILES = ".csv,.xlsx,.json"


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def import_workspace(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Imports the archive of a workspace into a project."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, Action.EDIT_WORKSPACES)
    standing.require(Action.CREATE_POLLS)
    url = reverse("web:project", args=[project_id])
    subject = Subject({"projectId": str(project_id)}, standing.project.name, url)
    form = FileForm(*_sent(request), accept=".zip")
    return _ask_for_file(request, actor, "import_workspace", form, subject)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@accounts_only
def import_own_polls(request: HttpRequest) -> HttpResponse:
    """Imports polls that belong to no project."""
    actor = page_actor(request)
    form = FileForm(*_sent(request), accept=ROW_FILES)
    return _ask_for_file(
        request, actor, "import_polls", form, Subject({}, "", reverse("web:manage"))
    )


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def import_polls(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Imports polls into a workspace."""
    actor = page_actor(request)
    workspace, _standing = get_workspace_standing(actor, workspace_id, Action.CREATE_POLLS)
    url = reverse("web:workspace", args=[workspace_id])
    subject = Subject({"workspaceId": str(workspace_id)}, workspace.name, url)
    form = FileForm(*_sent(request), accept=ROW_FILES)
    return _ask_for_file(request, actor, "import_polls", form, subject, workspace.project_id)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def import_members(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Adds the people of a file to a project, or invites them."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, Action.MANAGE_MEMBERS)
    url = reverse("web:members", args=[project_id])
    subject = Subject({"projectId": str(project_id)}, standing.project.name, url)
    form = RosterForm(*_sent(request), accept=ROW_FILES)
    return _ask_for_file(request, actor, "import_roster", form, subject)


@require_POST
def import_now(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Imports for good what a dry run has checked."""
    actor = page_actor(request)
    checked = get_result_for(actor, job_id)
    if checked.type not in IMPORTS or not checked.payload.get("dryRun"):
        raise NotFoundError
    shown = show_result(checked)
    if shown is None or not shown.can_import:
        return redirect("web:job", job_id)
    payload = checked.payload | {"dryRun": False}
    try:
        job = _enqueue(actor, action_of(checked.type), payload, checked.project_id)
    except ForbiddenError:
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:job", job_id)
    return redirect("web:job", job.id)


def _ask_for_file(
    request: HttpRequest,
    actor: Actor,
    action: str,
    form: FileForm,
    subject: Subject,
    project_id: UUID | None = None,
) -> HttpResponse:
    def start() -> Job:
        fields = {name: each for name, each in form.cleaned_data.items() if name != "file"}
        file = form.cleaned_data["file"]
        upload = store_upload(
            actor=actor,
            name=file.name,
            media_type=file.content_type or "",
            pieces=file.chunks(),
        )
        payload = {**subject.payload, **fields, "uploadId": str(upload.id), "dryRun": True}
        return _enqueue(actor, action, payload, project_id)

    template = f"web/{action}_form.html"
    return start_or_ask(request, template, form, start, subject=subject)


def _enqueue(
    actor: Actor, action: str, payload: Mapping[str, Any], project_id: UUID | None = None
) -> Job:
    return enqueue(
        actor=actor,
        type_="data_processing",
        payload={**payload, "action": action},
        project_id=project_id,
    )


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    """Returns the fields and the file that were sent; None to show an empty form."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)

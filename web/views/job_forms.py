"""Forms that start jobs: reports and recounts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError
from jobs.models import Job
from jobs.services import enqueue
from polls.selectors import get_managed_poll_for
from web.forms.base import PageForm
from web.forms.jobs import ReportForm
from web.messages import sentence_of
from web.pages import form_page
from web.teams import get_workspace_standing
from workspaces.permissions import Action


@dataclass(frozen=True, slots=True)
class Subject:
    """What a job is about: its field in the payload, its name, and its page."""

    payload: Mapping[str, str]
    name: str
    url: str


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def report_poll(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Starts a report on a poll."""
    actor = page_actor(request)
    poll = get_managed_poll_for(actor, poll_id, Action.EXPORT_POLLS)
    url = reverse("web:manage-poll", args=[poll_id])
    return _report(request, actor, Subject({"pollId": str(poll_id)}, poll.question, url))


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def report_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Starts a report on all polls of a workspace."""
    actor = page_actor(request)
    workspace, _standing = get_workspace_standing(actor, workspace_id, Action.EXPORT_POLLS)
    url = reverse("web:workspace", args=[workspace_id])
    subject = Subject({"workspaceId": str(workspace_id)}, workspace.name, url)
    return _report(request, actor, subject)


@require_POST
def recount_poll(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Starts a recount of a poll."""
    actor = page_actor(request)
    poll = get_managed_poll_for(actor, poll_id)
    payload = {"action": "recount", "pollId": str(poll_id)}
    page = reverse("web:manage-poll", args=[poll_id])
    return _process(request, payload, page, poll.project_id)


@require_POST
def export_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Starts the export of a workspace as an archive."""
    get_workspace_standing(page_actor(request), workspace_id, Action.EXPORT_POLLS)
    payload = {
        "action": "export_workspace",
        "workspaceId": str(workspace_id),
        "pictures": request.POST.get("pictures") != "no",
    }
    return _process(request, payload, reverse("web:workspace", args=[workspace_id]))


def _process(
    request: HttpRequest, payload: Mapping[str, Any], page: str, project_id: UUID | None = None
) -> HttpResponse:
    """Starts a job, and shows its page; if it is refused, says so on ``page``."""
    actor = page_actor(request)
    try:
        job = enqueue(actor=actor, type_="data_processing", payload=payload, project_id=project_id)
    except (NotFoundError, ForbiddenError):
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect(page)
    return redirect("web:job", job.id)


def _report(request: HttpRequest, actor: Actor, subject: Subject) -> HttpResponse:
    form = ReportForm(request.POST if request.method == "POST" else None)

    def start() -> Job:
        return enqueue(actor=actor, type_="report", payload={**form.payload(), **subject.payload})

    return start_or_ask(request, "web/report_form.html", form, start, subject=subject)


def start_or_ask(
    request: HttpRequest, template: str, form: PageForm, start: Callable[[], Job], **context: Any
) -> HttpResponse:
    """Starts a job with a valid form, and shows its page; otherwise shows the form."""
    if form.is_bound and form.is_valid():
        try:
            job = start()
        except (NotFoundError, ForbiddenError):
            raise
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Started. You can leave this page."))
            return redirect("web:job", job.id)
    return form_page(request, template, form, **context)

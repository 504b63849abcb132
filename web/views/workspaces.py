"""``/manage/workspaces``: creates, changes, archives and deletes workspaces."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.page_sessions import page_actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError, PreconditionFailedError
from polls.selectors import PollFilter
from web.confirming import Confirmation, ask
from web.forms.teams import WorkspaceForm
from web.messages import sentence_of
from web.pages import form_page
from web.project_texts import project_texts
from web.teams import get_workspace_standing, live_data, team_context
from web.views.manage import list_context
from workspaces import hooks
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import get_standing
from workspaces.settings import read_settings
from workspaces.spaces import create_workspace, delete_workspace, update_workspace


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Lists the polls of a workspace."""
    actor = page_actor(request)
    workspace, standing = get_workspace_standing(actor, workspace_id)
    listed = list_context(request, actor, PollFilter(workspace_id=workspace_id))
    context = listed | team_context(standing, workspace=workspace)
    context |= {
        "settings": read_settings(workspace.settings),
        "page": listed["page"] | live_data(standing, workspaceId=str(workspace_id)),
        "texts": listed["texts"] | project_texts(),
    }
    return render(request, "web/workspace.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def create(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Creates a workspace in a project."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, Action.EDIT_WORKSPACES)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            workspace = create_workspace(
                actor=actor,
                project_id=project_id,
                name=form.cleaned_data["name"],
                settings=form.settings(),
            )
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            return redirect("web:workspace", workspace.id)
    return form_page(request, "web/workspace_form.html", form, **team_context(standing))


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def change_settings(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Changes the name and the settings of a workspace."""
    actor = page_actor(request)
    workspace, standing = get_workspace_standing(actor, workspace_id, Action.EDIT_WORKSPACES)
    form = WorkspaceForm(request.POST if request.method == "POST" else None, workspace=workspace)
    if form.is_bound and form.is_valid():
        try:
            update_workspace(
                actor=actor,
                workspace_id=workspace_id,
                name=form.cleaned_data["name"],
                settings=form.settings(),
                expected_revisions=form.expected_revisions(),
            )
        except PreconditionFailedError:
            workspace, standing = get_workspace_standing(actor, workspace_id)
            form.note_conflict(workspace.revision)
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("web:workspace", workspace_id)
    context = team_context(standing, workspace=workspace)
    return form_page(request, "web/workspace_form.html", form, **context)


@require_POST
def archive(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Archives a workspace."""
    return _move(request, workspace_id, is_archived=True)


@require_POST
def restore(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Restores an archived workspace."""
    return _move(request, workspace_id, is_archived=False)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def delete(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Deletes a workspace after a confirmation that counts its polls."""
    actor = page_actor(request)
    workspace, _standing = get_workspace_standing(actor, workspace_id, Action.DELETE_WORKSPACES)
    if request.method != "POST":
        return ask(request, _deletion_of(workspace))
    try:
        delete_workspace(actor=actor, workspace_id=workspace_id)
    except (NotFoundError, ForbiddenError):
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:workspace", workspace_id)
    messages.success(request, _("Workspace deleted."))
    return redirect("web:project", workspace.project_id)


def _move(request: HttpRequest, workspace_id: UUID, *, is_archived: bool) -> HttpResponse:
    update_workspace(actor=page_actor(request), workspace_id=workspace_id, is_archived=is_archived)
    messages.success(request, _("Workspace archived.") if is_archived else _("Workspace restored."))
    return redirect("web:workspace", workspace_id)


def _deletion_of(workspace: Workspace) -> Confirmation:
    polls = hooks.polls_per_workspace([workspace.id]).get(workspace.id, 0)
    return Confirmation(
        title=_("Delete this workspace?"),
        name=workspace.name,
        lines=[
            ngettext(
                "This permanently deletes the workspace with %(count)s poll and its votes.",
                "This permanently deletes the workspace with %(count)s polls and their votes.",
                polls,
            )
            % {"count": polls}
            if polls
            else _("This permanently deletes the workspace. It has no polls."),
            _("To keep them, archive the workspace instead."),
        ][: 2 if polls else 1],
        button=_("Delete workspace"),
        cancel_url=reverse("web:workspace", args=[workspace.id]),
    )

"""``/manage/projects``: your projects, and the start page, settings and end of each."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.page_sessions import page_actor
from apikit.errors import ApiError, NotFoundError, PreconditionFailedError
from apikit.pagination import page_of
from chat.project_rooms import open_project_room
from polls.selectors import PollFilter
from web.activity_sentences import activity_lines
from web.confirming import Confirmation, ask
from web.forms.teams import ProjectForm
from web.manage_texts import moment_texts
from web.messages import sentence_of
from web.pages import accounts_only, form_page, page_number, search_text
from web.project_texts import project_texts
from web.role_texts import ROLES_IN_SENTENCES, role_name
from web.teams import live_data, read_switcher, team_context, workspace_cards
from web.views.manage import INVITATIONS_SHOWN, list_context
from workspaces import hooks
from workspaces.activity_log import ActivityFilter, list_activity_for
from workspaces.invitation_selectors import list_own_invitations
from workspaces.members import remove_member
from workspaces.models import Member, Project
from workspaces.permissions import Action
from workspaces.projects import create_project, delete_project, update_project
from workspaces.selectors import get_standing, list_projects_for, list_workspaces_for

PROJECTS_PER_PAGE = 30
LATEST_ACTIVITIES = 6


@require_safe
@cache_control(private=True, no_cache=True)
@accounts_only
def show_list(request: HttpRequest) -> HttpResponse:
    """Lists your projects with your role in each."""
    actor = page_actor(request)
    search = search_text(request)
    projects, pagination = page_of(
        list_projects_for(actor, search),
        {"page": page_number(request), "limit": PROJECTS_PER_PAGE},
    )
    ids = [project.id for project in projects]
    counts = hooks.polls_per_project(ids)
    memberships = Member.objects.filter(project_id__in=ids, user_id=actor.account_id())
    roles = dict(memberships.values_list("project_id", "role"))
    context = {
        "rows": [
            {
                "project": each,
                "role": role_name(roles.get(each.id)),
                "poll_count": counts.get(each.id, 0),
            }
            for each in projects
        ],
        "search": search,
        "pagination": pagination,
        "switcher": read_switcher(actor),
        "invitations": list(list_own_invitations(actor)[:INVITATIONS_SHOWN]),
    }
    return render(request, "web/projects.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@accounts_only
def create(request: HttpRequest) -> HttpResponse:
    """Creates a project."""
    actor = page_actor(request)
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            project = create_project(
                actor=actor, name=values["name"], description=values["description"]
            )
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            return redirect("web:project", project.id)
    return form_page(request, "web/project_form.html", form)


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Shows a project: its workspaces, who is here, and what happened last."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id)
    cards = workspace_cards(list_workspaces_for(actor, project_id, with_archived=True))
    latest = list_activity_for(actor, project_id, ActivityFilter())[:LATEST_ACTIVITIES]
    context = team_context(standing, "start") | {
        "cards": [card for card in cards if card.workspace.archived_at is None],
        "archived": [card for card in cards if card.workspace.archived_at is not None],
        "lines": activity_lines(latest),
        "page": live_data(standing) | {"activities": {"longest": LATEST_ACTIVITIES}},
        "texts": project_texts() | moment_texts(),
    }
    return render(request, "web/project.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def show_polls(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lists the polls of all workspaces of a project."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id)
    listed = list_context(request, actor, PollFilter(project_id=project_id))
    context = listed | team_context(standing, "polls")
    context["page"] = listed["page"] | live_data(standing)
    context["texts"] = listed["texts"] | project_texts()
    return render(request, "web/project_polls.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def change_settings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Changes the name and description; for members without that right, how to leave."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id)
    if request.method == "POST":
        standing.require(Action.EDIT_PROJECT)
    form = ProjectForm(request.POST if request.method == "POST" else None, project=standing.project)
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            update_project(
                actor=actor,
                project_id=project_id,
                name=values["name"],
                description=values["description"],
                expected_revisions=form.expected_revisions(),
            )
        except PreconditionFailedError:
            standing = get_standing(actor, project_id)
            form.note_conflict(standing.project.revision)
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("web:project-settings", project_id)
    context = team_context(standing, "settings") | {
        "role_in_sentence": role_name(standing.role, ROLES_IN_SENTENCES),
        "page": live_data(standing),
        "texts": project_texts(),
    }
    return form_page(request, "web/project_settings.html", form, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Deletes a project after a confirmation that counts what is in it."""
    actor = page_actor(request)
    project = get_standing(actor, project_id, Action.DELETE_PROJECT).project
    if request.method != "POST":
        return ask(request, _deletion_of(project))
    try:
        delete_project(actor=actor, project_id=project_id)
    except NotFoundError:
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:project-settings", project_id)
    messages.success(request, _("Project deleted."))
    return redirect("web:manage")


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def leave(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Leaves a project after a confirmation."""
    actor = page_actor(request)
    project = get_standing(actor, project_id).project
    if request.method != "POST":
        return ask(
            request,
            Confirmation(
                title=_("Leave this project?"),
                name=project.name,
                lines=[
                    _("You’ll no longer see its polls and its activity. Your polls in it stay."),
                    _("You can only come back if you’re invited again."),
                ],
                button=_("Leave project"),
                cancel_url=reverse("web:project-settings", args=[project_id]),
                is_danger=False,
            ),
        )
    try:
        remove_member(actor=actor, project_id=project_id, user_id=actor.account_id())
    except NotFoundError:
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:project-settings", project_id)
    messages.success(request, _("You left the project."))
    return redirect("web:manage")


def _deletion_of(project: Project) -> Confirmation:
    polls = hooks.polls_per_project([project.id]).get(project.id, 0)
    spaces = project.workspaces.count()
    return Confirmation(
        title=_("Delete this project?"),
        name=project.name,
        lines=[_("This permanently deletes the project for all its members, with:")],
        items=[
            ngettext("%(count)s workspace", "%(count)s workspaces", spaces) % {"count": spaces},
            ngettext("%(count)s poll with its votes", "%(count)s polls with their votes", polls)
            % {"count": polls},
            _("the activity, and the project’s room with its messages"),
        ],
        button=_("Delete project"),
        cancel_url=reverse("web:project-settings", args=[project.id]),
    )


@require_safe
@cache_control(private=True, no_store=True)
def open_room(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Goes to the project's room, which is created when it is first used."""
    room = open_project_room(actor=page_actor(request), project_id=project_id)
    return redirect("web:room", room.id)

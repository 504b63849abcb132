"""``/manage/projects/<id>/activity``: what happened in a project."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.page_sessions import page_actor
from apikit.downloads import as_streamed_attachment
from apikit.errors import NotFoundError
from apikit.pagination import Pagination, page_of
from web.activity_sentences import activity_lines
from web.manage_texts import moment_texts
from web.project_texts import project_texts
from web.teams import live_data, team_context
from workspaces.activity_exports import ActivityFormat, export_activity_for
from workspaces.activity_log import ActivityFilter, list_activity_for
from workspaces.activity_serializers import ActivityQuerySerializer
from workspaces.permissions import Action
from workspaces.selectors import get_standing, list_members_for, list_workspaces_for

ACTIVITIES_PER_PAGE = 30
# Fields of the query string.
FILTERS = ("actor", "kind", "workspace")
KINDS = [
    ("poll", _("Polls")),
    ("workspace", _("Workspaces")),
    ("member", _("Members")),
    ("invitation", _("Invitations")),
    ("project", _("Project")),
    ("job", _("Jobs")),
]


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lists the activities of a project, newest first, with filters."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, Action.VIEW_ACTIVITY)
    query, narrow, sent = _read_query(request)
    activities = list_activity_for(actor, project_id, narrow)
    rows, pagination = page_of(activities, query, key="seq")
    people = sorted(
        list_members_for(actor, project_id), key=lambda member: member.user.name.casefold()
    )
    context = team_context(standing, "activity") | {
        "lines": activity_lines(rows),
        "people": people,
        "kinds": KINDS,
        "workspaces": list_workspaces_for(actor, project_id, with_archived=True),
        "narrow": narrow,
        "is_filtered": bool(sent),
        "links": _links(query, pagination, sent),
        "export_query": f"?{urlencode(sent)}" if sent else "",
        "page": live_data(standing) | ({} if query.get("cursor") else {"activities": {}}),
        "texts": project_texts() | moment_texts(),
    }
    return render(request, "web/activity.html", context)


@require_safe
def export(request: HttpRequest, project_id: UUID, export_format: str) -> StreamingHttpResponse:
    """Downloads the activities that match the filters."""
    if export_format not in list(ActivityFormat):
        raise NotFoundError
    _query, narrow, _sent = _read_query(request)
    return as_streamed_attachment(
        export_activity_for(page_actor(request), project_id, narrow, ActivityFormat(export_format))
    )


def _read_query(request: HttpRequest) -> tuple[dict[str, Any], ActivityFilter, dict[str, str]]:
    """Parses the query string; ignores invalid values. Also returns the filters as sent."""
    names = (*FILTERS, "cursor")
    asked = {name: request.GET[name] for name in names if request.GET.get(name)}
    serializer = ActivityQuerySerializer(data=asked)
    if not serializer.is_valid():
        asked = {name: asked[name] for name in asked if name not in serializer.errors}
        serializer = ActivityQuerySerializer(data=asked)
        serializer.is_valid(raise_exception=True)
    query: dict[str, Any] = {**serializer.validated_data, "limit": ACTIVITIES_PER_PAGE}
    return query, query["narrow"], {name: asked[name] for name in FILTERS if name in asked}


def _links(query: dict[str, Any], pagination: Pagination, sent: dict[str, str]) -> dict[str, str]:
    links = {}
    if query.get("cursor") is not None:
        links["newest"] = f"?{urlencode(sent)}"
    if pagination.next_cursor:
        links["older"] = f"?{urlencode(sent | {'cursor': pagination.next_cursor})}"
    return links

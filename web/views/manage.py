"""``/manage``: your own polls and their results."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.downloads import Download, as_any_attachment, as_attachment, file_stem
from apikit.errors import InvalidCursorError, NotFoundError
from apikit.pagination import page_of, read_cursor
from polls.errors import ResultsHiddenError
from polls.join_links import MAX_PNG_PX, join_qr_png, join_qr_svg
from polls.models import PollState
from polls.selectors import PollFilter, count_polls_for, get_managed_poll_for, list_polls_for
from polls.serializers import PollQuerySerializer
from reports.pdf.slides import draw_results_for
from reports.writers import Language
from votes.exports import ExportFormat, export_results_for
from votes.timeline import read_timeline
from votes.wire import OneTimeline
from web.fetching import json_answer, refuses_in_json
from web.hosting import panel_texts, read_panel
from web.manage_texts import copy_texts, moment_texts
from web.managing import (
    head_context,
    page_links,
    poll_rows,
    results_context,
    share_options,
    state_tabs,
)
from web.pages import accounts_only
from web.poll_rights import get_viewed_poll_for
from web.site_url import site_url
from web.teams import poll_live_data, read_switcher
from workspaces.invitation_selectors import list_own_invitations
from workspaces.permissions import Action

INVITATIONS_SHOWN = 10
# Enough for a chart as wide as a page, and its table stays readable.
TIMELINE_POINTS = 60
# For print: about 9 cm at 300 dpi.
QR_PNG_PX = MAX_PNG_PX // 4


@require_safe
@cache_control(private=True, no_cache=True)
@accounts_only
def show_list(request: HttpRequest) -> HttpResponse:
    """Lists your own polls, without those of teams, in nine queries."""
    actor = page_actor(request)
    own = PollFilter(creator_id=actor.account_id(), is_personal=True)
    context = list_context(request, actor, own) | {
        "switcher": read_switcher(actor),
        "invitations": list(list_own_invitations(actor)[:INVITATIONS_SHOWN]),
    }
    return render(request, "web/manage.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows a poll with its results, as far as the viewer may see them, and its actions."""
    actor = page_actor(request)
    poll, rights = get_viewed_poll_for(actor, poll_id)
    if rights.sees_results:
        timeline = read_timeline(poll, TIMELINE_POINTS, has_views=False)
        context = results_context(poll, rights, timeline, site_url=site_url(request))
    else:
        context = head_context(poll, rights, site_url=site_url(request)) | {"page": {}}
    context["hosting"] = read_panel(poll) if rights.can_change else None
    context["texts"] |= {"hosting": panel_texts()} if context["hosting"] else {}
    context["page"]["live"] = poll_live_data(poll, actor, "views")
    return render(request, "web/manage_poll.html", context)


@require_safe
@refuses_in_json
def read_development(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Returns the timeline to the script."""
    poll, rights = get_viewed_poll_for(page_actor(request), poll_id)
    if not rights.sees_results:
        raise ResultsHiddenError
    return json_answer(OneTimeline(timeline=read_timeline(poll, TIMELINE_POINTS, has_views=False)))


@require_safe
@cache_control(private=True, no_cache=True)
def show_share(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows the share options as a page, for browsers without a script."""
    poll, rights = get_viewed_poll_for(page_actor(request), poll_id)
    context = {
        "poll": poll,
        "share": share_options(poll, site_url(request)),
        "can_change": rights.can_change,
        "texts": copy_texts(),
    }
    return render(request, "web/manage_share.html", context)


@require_safe
def export(request: HttpRequest, poll_id: UUID, export_format: str) -> HttpResponseBase:
    actor = page_actor(request)
    if export_format not in [*ExportFormat, "png"]:
        raise NotFoundError
    get_managed_poll_for(actor, poll_id, Action.EXPORT_POLLS)
    if export_format == "png":
        return as_attachment(_draw(actor, poll_id))
    return as_any_attachment(export_results_for(actor, poll_id, ExportFormat(export_format)))


def _draw(actor: Actor, poll_id: UUID) -> Download:
    """Draws the results in the language of the page."""
    return draw_results_for(actor, poll_id, Language((get_language() or "en")[:2]))


@require_safe
def download_qr(request: HttpRequest, poll_id: UUID, image_format: str) -> HttpResponse:
    """Downloads the QR code as a file."""
    poll = get_managed_poll_for(page_actor(request), poll_id, Action.VIEW_POLLS)
    name = f"{file_stem(poll.question, fallback='poll')}-{poll.join_code}.{image_format}"
    match image_format:
        case "svg":
            image = Download(name, "image/svg+xml", join_qr_svg(poll, site_url(request)).encode())
        case "png":
            image = Download(name, "image/png", join_qr_png(poll, site_url(request), QR_PNG_PX))
        case _:
            raise NotFoundError
    return as_attachment(image)


def list_context(request: HttpRequest, actor: Actor, narrow: PollFilter) -> dict[str, Any]:
    """The context of a list of polls: those that match ``narrow`` and the page's own filters."""
    query = _list_query(request)
    search, state = query.get("search", ""), query.get("state")
    narrow = replace(narrow, search=search)
    counts = count_polls_for(actor, narrow)
    polls = list_polls_for(actor, replace(narrow, state=PollState(state) if state else None))
    rows, pagination = page_of(polls.select_related("creator", "workspace"), query)
    # With a cursor, the page number only counts the steps; the link to newer polls uses it.
    pagination = replace(pagination, page=query["page"])
    return {
        "rows": poll_rows(rows, actor),
        "tabs": state_tabs(counts, search, state or ""),
        "search": search,
        "state": state or "",
        "pagination": pagination,
        "links": page_links(pagination, state or "", search),
        "list_url": request.path,
        "page": {"now": timezone.now().isoformat()},
        "texts": moment_texts(),
    }


def _list_query(request: HttpRequest) -> dict[str, Any]:
    """Parses the query string; ignores invalid values."""
    names = ("page", "state", "search")
    asked = {name: request.GET[name] for name in names if name in request.GET}
    serializer = PollQuerySerializer(data=asked)
    if not serializer.is_valid():
        readable = {name: asked[name] for name in asked if name not in serializer.errors}
        serializer = PollQuerySerializer(data=readable)
        serializer.is_valid(raise_exception=True)
    query: dict[str, Any] = serializer.validated_data
    with suppress(InvalidCursorError):
        query["cursor"] = read_cursor(request.GET["cursor"]) if "cursor" in request.GET else None
    return query

"""``/manage``: your own polls and their results."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.page_sessions import page_actor
from apikit.downloads import Download, as_attachment, file_stem
from apikit.errors import InvalidCursorError, NotFoundError
from apikit.pagination import page_of, read_cursor
from polls.join_links import MAX_PNG_PX, join_qr_png, join_qr_svg
from polls.models import PollState
from polls.selectors import PollFilter, count_own_polls, get_managed_poll_for, list_polls_for
from polls.serializers import PollQuerySerializer
from votes.exports import ExportFormat, export_results_for
from votes.timeline import read_timeline
from votes.wire import OneTimeline
from web.fetching import json_answer, refuses_in_json
from web.manage_texts import copy_texts, moment_texts
from web.managing import (
    page_links,
    poll_rows,
    results_context,
    share_options,
    state_tabs,
)
from web.site_url import site_url
from workspaces.permissions import Action

# Enough for a chart as wide as a page, and its table stays readable.
TIMELINE_POINTS = 60
# For print: about 9 cm at 300 dpi.
QR_PNG_PX = MAX_PNG_PX // 4


@require_safe
@cache_control(private=True, no_cache=True)
def show_list(request: HttpRequest) -> HttpResponse:
    """Lists your own polls, in six queries."""
    actor = page_actor(request)
    if actor.is_guest:
        return render(request, "web/manage_guest.html", status=403)
    query = _list_query(request)
    search, state = query.get("search", ""), query.get("state")
    narrow = PollFilter(
        creator_id=actor.account_id(),
        is_personal=True,
        state=PollState(state) if state else None,
        search=search,
    )
    polls, pagination = page_of(list_polls_for(actor, narrow), query)
    # With a cursor, the page number only counts the steps; the link to newer polls uses it.
    pagination = replace(pagination, page=query["page"])
    context = {
        "rows": poll_rows(polls, actor),
        "tabs": state_tabs(count_own_polls(actor, search), search, state or ""),
        "search": search,
        "state": state or "",
        "pagination": pagination,
        "links": page_links(pagination, state or "", search),
        "page": {"now": timezone.now().isoformat()},
        "texts": moment_texts(),
    }
    return render(request, "web/manage.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows the results of a poll and its actions, in six queries."""
    actor = page_actor(request)
    poll = get_managed_poll_for(actor, poll_id, Action.VIEW_ALL_RESULTS)
    timeline = read_timeline(poll, TIMELINE_POINTS)
    context = results_context(poll, actor, timeline, site_url=site_url(request))
    return render(request, "web/manage_poll.html", context)


@require_safe
@refuses_in_json
def read_development(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Returns the timeline to the script."""
    poll = get_managed_poll_for(page_actor(request), poll_id, Action.VIEW_ALL_RESULTS)
    return json_answer(OneTimeline(timeline=read_timeline(poll, TIMELINE_POINTS)))


@require_safe
@cache_control(private=True, no_cache=True)
def show_share(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows the share options as a page, for browsers without a script."""
    poll = get_managed_poll_for(page_actor(request), poll_id, Action.VIEW_POLLS)
    context = {"poll": poll, "share": share_options(poll, site_url(request)), "texts": copy_texts()}
    return render(request, "web/manage_share.html", context)


@require_safe
def export(request: HttpRequest, poll_id: UUID, export_format: str) -> HttpResponse:
    actor = page_actor(request)
    if export_format not in list(ExportFormat):
        raise NotFoundError
    get_managed_poll_for(actor, poll_id, Action.EXPORT_POLLS)
    return as_attachment(export_results_for(actor, poll_id, ExportFormat(export_format)))


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

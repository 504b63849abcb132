"""``/present/<id>``: presents a poll to an audience, and its controls."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, NotFoundError
from apikit.wire import Wire, to_wire
from polls.editing import update_poll
from polls.models import Poll
from polls.selectors import get_managed_poll_for, get_next_poll_for
from polls.services import close_poll, publish_poll, reopen_poll
from votes.timeline import read_timeline
from votes.wire import OneTimeline
from web.fetching import is_fetch, json_answer, refuses_in_json
from web.kinds.registry import kind_texts, result_context
from web.messages import sentence_of
from web.phases import RoomPhase, room_phase_of
from web.presenter_texts import (
    outcome_text,
    phase_names,
    presenter_texts,
    voters_text,
    watchers_text,
)
from web.presenting import (
    PresenterState,
    is_for_the_room,
    join_panel,
    read_presenter_state,
)
from web.site_url import site_url
from web.teams import poll_live_data
from workspaces.permissions import Action

THEME_COOKIE = "tallyroom_theme"
THEMES = ("light", "dark")
REPLAY_POINTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll(Wire):
    """The URL of the next poll; None after the last one."""

    url: str | None


def _open_now(*, actor: Actor, poll_id: UUID) -> Poll:
    """Opens a published poll before its opening time."""
    return update_poll(actor=actor, poll_id=poll_id, changes={"opens_at": None})


ACTIONS = {
    "open": publish_poll,
    "open-now": _open_now,
    "close": close_poll,
    "reopen": reopen_poll,
}


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Renders the page; ``?results=hidden`` or ``shown`` decides what the audience sees.

    By default the poll's own setting decides: results that voters may not see yet are not shown.
    """
    poll = get_managed_poll_for(page_actor(request), poll_id, Action.PRESENT_POLLS)
    now = timezone.now()
    choice = request.GET.get("results")
    is_shown = choice == "shown" or (choice != "hidden" and is_for_the_room(poll, now))
    state = read_presenter_state(poll, now, with_results=is_shown)
    return render(request, "web/present.html", _context(request, poll, state, is_shown=is_shown))


@require_POST
@refuses_in_json
def act(request: HttpRequest, poll_id: UUID, action: str) -> HttpResponse:
    """Opens, closes or reopens a poll; returns its new state to a script."""
    if action not in ACTIONS:
        raise NotFoundError
    actor = page_actor(request)
    # Others can't distinguish it from a missing poll.
    get_managed_poll_for(actor, poll_id, Action.PRESENT_POLLS)
    try:
        ACTIONS[action](actor=actor, poll_id=poll_id)
    except ApiError as refusal:
        if is_fetch(request):
            raise
        messages.error(request, sentence_of(refusal))
    if not is_fetch(request):
        return redirect("web:present", poll_id)
    return json_answer(
        read_presenter_state(
            get_managed_poll_for(actor, poll_id, Action.PRESENT_POLLS), timezone.now()
        )
    )


@require_safe
@refuses_in_json
def show_next(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Goes to the next poll, or back to this one if there is none."""
    actor = page_actor(request)
    poll = get_managed_poll_for(actor, poll_id, Action.PRESENT_POLLS)
    following = get_next_poll_for(actor, poll.id)
    if is_fetch(request):
        return json_answer(NextPoll(url=_url("present", following) if following else None))
    if following is None:
        messages.info(request, _("You have no more open polls or drafts."))
    return redirect("web:present", (following or poll).id)


@require_safe
@refuses_in_json
def read_replay(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Returns the timeline to the script."""
    poll = get_managed_poll_for(page_actor(request), poll_id, Action.PRESENT_POLLS)
    return json_answer(OneTimeline(timeline=read_timeline(poll, REPLAY_POINTS)))


def _context(
    request: HttpRequest, poll: Poll, state: PresenterState, *, is_shown: bool
) -> dict[str, Any]:
    phase = room_phase_of(poll, state.now)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "poll": poll,
        "phase": phase,
        "phase_name": phase_names()[phase],
        "options": state.poll.options,
        "is_shown": is_shown,
        "results_mode": _results_mode(phase, is_shown=is_shown),
        "is_joinable": phase in {"open", "waiting"},
        "outcome": outcome_text(poll, state.poll) if is_shown else "",
        "total": state.total_voters,
        "voters_label": voters_text(state.total_voters),
        "watchers_label": watchers_text(0),
        "join": join_panel(poll, site_url(request)),
        "theme": theme if theme in THEMES else "",
        "actions": _action_urls(poll),
        "page": to_wire(state)
        | {
            "phase": phase,
            "isShown": is_shown,
            "urls": _urls(poll),
            # The team sees who presents.
            "live": poll_live_data(poll, page_actor(request), "presents"),
        },
        "texts": presenter_texts() | kind_texts(poll),
        **result_context(poll, state.poll, "stage"),
    }


def _results_mode(phase: RoomPhase, *, is_shown: bool) -> str:
    """Returns the stage's ``data-results``; ``none`` if there are no results to show or hide."""
    if phase in {"draft", "waiting", "hidden"}:
        return "none"
    return "shown" if is_shown else "hidden"


def _action_urls(poll: Poll) -> dict[str, str]:
    """URLs by action, with names that templates can use."""
    return {
        action.replace("-", "_"): reverse("web:present-act", args=[poll.id, action])
        for action in ACTIONS
    }


def _urls(poll: Poll) -> dict[str, str]:
    return {"next": _url("present-next", poll), "replay": _url("present-replay", poll)}


def _url(name: str, poll: Poll) -> str:
    return reverse(f"web:{name}", args=[poll.id])

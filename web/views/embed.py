"""A poll in a frame: ``/embed/<id>`` on another site, and the cards of a discussion on ours.

On another site the frame gets no cookies and has no session. A guest is created on the first vote,
and the script stores its tokens (see ``js/embed.js``). On pages of the same site browsers send the
cookies, and the person is the same as on the poll's own page.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import (
    xframe_options_exempt,
    xframe_options_sameorigin,
)
from django.views.decorators.http import require_safe

from accounts.page_sessions import page_actor
from polls.embedding import ANYBODY, frame_ancestors
from polls.errors import PollNotFoundError
from polls.models import Poll
from polls.selectors import get_poll_for
from web.views.vote import ballot_context, person_of, reading_actor
from web.voting import read_voter_state

THEMES = ("light", "dark")
OUR_PAGES = ["'self'"]
# For the refusal page: it shows nothing of the poll, so it is safe to frame.
EVERYWHERE = [ANYBODY]


@require_safe
@xframe_options_exempt
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows the poll to allowed sites; ``mode`` is vote or results, ``theme`` light or dark."""
    actor = page_actor(request)
    try:
        poll = get_poll_for(actor, poll_id)
    except PollNotFoundError:
        return _refuse(request, status=404)
    ancestors = frame_ancestors(poll)
    if not _is_framing_allowed(request, ancestors):
        return _refuse(request, status=403, code=poll.join_code)
    return _with_ancestors(request, _show_poll(request, poll), ancestors)


@require_safe
@xframe_options_sameorigin
@cache_control(private=True, no_store=True)
def show_in_card(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Shows the poll in a card of a discussion, whatever sites may embed it."""
    try:
        poll = get_poll_for(reading_actor(request), poll_id)
    except PollNotFoundError:
        page = render(request, "web/embed_refused.html", status=404)
        return _with_ancestors(request, page, OUR_PAGES)
    state = read_voter_state(poll, reading_actor(request), person_of(request))
    page = render(request, "web/card_ballot.html", ballot_context(poll, state))
    return _with_ancestors(request, page, OUR_PAGES)


def _show_poll(request: HttpRequest, poll: Poll) -> HttpResponse:
    is_voting = request.GET.get("mode") != "results"
    state = read_voter_state(poll, reading_actor(request), person_of(request))
    context = ballot_context(poll, state)
    context["page"]["canVote"] = is_voting
    context["chooses"] = context["chooses"] and is_voting
    context["leads_out"] = is_voting and context["phase"] in {"waiting", "open"}
    return render(request, "web/embed.html", context | {"theme": _theme(request)})


def _is_framing_allowed(request: HttpRequest, ancestors: Sequence[str]) -> bool:
    """Whether the embedding site, if known, is allowed; ``frame-ancestors`` enforces it.

    This check only lets the frame explain the refusal, instead of a browser's error page.
    """
    if ancestors == ["'none'"]:
        return False
    if ANYBODY in ancestors or request.headers.get("Sec-Fetch-Dest") != "iframe":
        return True
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # such as http://[
        return False
    origin = f"{referrer.scheme}://{referrer.netloc}"
    is_ours = referrer.netloc == request.get_host()
    return not referrer.netloc or is_ours or origin in ancestors


def _refuse(request: HttpRequest, *, status: int, code: str = "") -> HttpResponse:
    context = {"code": code, "theme": _theme(request)}
    page = render(request, "web/embed_refused.html", context, status=status)
    return _with_ancestors(request, page, EVERYWHERE)


def _theme(request: HttpRequest) -> str:
    theme = request.GET.get("theme", "")
    return theme if theme in THEMES else ""


def _with_ancestors(
    request: HttpRequest, response: HttpResponse, ancestors: Sequence[str]
) -> HttpResponse:
    """Sets the ``frame-ancestors`` of the response's Content-Security-Policy."""
    replace = csp_replace({"frame-ancestors": list(ancestors)})
    return replace(lambda _: response)(request)  # type: ignore[return-value]

"""``/p/<code>``: the voter's page, and the endpoints of its form and script."""

import secrets
from collections.abc import Container
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import ValidationError

from accounts.browser_guests import browser_reader
from accounts.models import User
from accounts.page_sessions import page_actor, page_user, sign_in_guest
from accounts.profiles import update_profile
from accounts.serializers import GuestSerializer
from accounts.services import DEFAULT_GUEST_NAME
from apikit.actors import Actor
from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from apikit.throttling import admit_request, client_address
from apikit.wire import to_wire
from polls.lifecycle import check_accepts_votes
from polls.models import Poll, PollKind
from polls.selectors import get_poll_by_code_for
from votes.services import cast_vote, retract_vote
from web.ballot_forms import read_ballot_form
from web.fetching import is_fetch, json_answer, refuses_in_json
from web.kinds.registry import kind_texts, pages_of, result_context
from web.messages import sentence_of
from web.numbers import grouped
from web.option_forms import option_form, option_form_texts
from web.phases import room_phase_of
from web.voter_texts import (
    choosing_hint,
    hidden_note,
    page_description,
    phase_badges,
    total_text,
    voter_texts,
)
from web.voting import PersonView, VoterState, read_voter_state, view_person


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Renders the page; viewing it creates no guest."""
    actor = reading_actor(request)
    poll = get_poll_by_code_for(actor, code)
    if code != poll.join_code:
        # Typed with spaces, dashes, or digits of another script.
        return redirect("web:vote", poll.join_code)
    state = read_voter_state(poll, actor, person_of(request))
    context = ballot_context(poll, state, asks_for=request.GET)
    context["description"] = page_description(context["phase"])
    return render(request, "web/vote.html", context)


@require_safe
@refuses_in_json
def read_state(request: HttpRequest, code: str) -> HttpResponse:
    """Returns the page's state to the script, for when WebSockets are blocked."""
    actor = reading_actor(request)
    poll = get_poll_by_code_for(actor, code)
    return json_answer(read_voter_state(poll, actor, person_of(request)))


@require_POST
@refuses_in_json
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Creates a guest for a visitor, or names a guest."""
    poll = get_poll_by_code_for(page_actor(request), code)
    person = ensure_person(request, _read_name(request.POST))
    return json_answer(person) if is_fetch(request) else redirect("web:vote", poll.join_code)


@require_POST
@refuses_in_json
def cast(request: HttpRequest, code: str) -> HttpResponse:
    """Casts, changes or takes back a vote; without a script the page shows the result."""
    poll = get_poll_by_code_for(page_actor(request), code)
    try:
        _apply_form(request, poll)
    except ApiError as refusal:
        if is_fetch(request):
            raise
        messages.error(request, error_sentence(refusal))
    if not is_fetch(request):
        return redirect("web:vote", poll.join_code)
    # Read again: voting may have changed what this actor may see.
    actor = page_actor(request)
    poll = get_poll_by_code_for(actor, code)
    return json_answer(read_voter_state(poll, actor, person_of(request)))


def reading_actor(request: HttpRequest) -> Actor:
    """Returns the actor of a page view; an expired guest is recognised by its cookie."""
    actor = page_actor(request)
    return actor if actor.is_authenticated else browser_reader(request)


def ballot_context(
    poll: Poll, state: VoterState, *, asks_for: Container[str] = (), **texts: Any
) -> dict[str, Any]:
    """The context of ``parts/ballot.html``, for the page and the embedded frame.

    Without a script, ``asks_for`` contains ``change`` or ``take-back`` after that was pressed.
    """
    phase = room_phase_of(poll, state.now)
    has_voted = state.has_voted
    can_change = poll.allow_change and phase == "open" and bool(state.answers)
    is_changing = can_change and "change" in asks_for
    urls = {
        name: reverse(f"web:vote-{name}", args=[poll.join_code])
        for name in ("state", "join", "cast", "options")
    }
    page = to_wire(state) | {
        "urls": urls,
        "key": secrets.token_hex(16),
        "phase": phase,
        "defaultName": DEFAULT_GUEST_NAME,
    }
    return {
        "poll": poll,
        "state": state,
        "phase": phase,
        "badge": phase_badges()[phase],
        "chooses": phase == "open" and (is_changing or not has_voted),
        "can_change": can_change,
        "is_changing": is_changing,
        "is_taking_back": can_change and "take-back" in asks_for,
        "has_voted": has_voted,
        "voted_with_account": has_voted and not state.answers,
        "is_multiple": poll.kind == PollKind.MULTIPLE,
        "hint": choosing_hint(poll),
        "hidden_note": hidden_note(poll.results_visibility),
        "total": _total(state),
        "default_name": DEFAULT_GUEST_NAME,
        "urls": urls,
        "page": page,
        "option_form": option_form(poll, state.suggestions),
        "texts": voter_texts(poll) | kind_texts(poll) | option_form_texts(poll) | texts,
        **_kind_context(poll, state),
    }


def _kind_context(poll: Poll, state: VoterState) -> dict[str, Any]:
    """The context of the kind's ballot and result; see ``web.kinds.base``."""
    context = result_context(poll, state.poll, "vote")
    if pages := pages_of(poll):
        context["kind_ballot"] = f"web/kinds/{pages.kind}_ballot.html"
        context["ballot"] = pages.ballot_context(poll, state.answers)
    return context


def _apply_form(request: HttpRequest, poll: Poll) -> None:
    form = read_ballot_form(poll, request.POST)
    # Check before creating a guest.
    check_accepts_votes(poll, timezone.now())
    if form.takes_back:
        retract_vote(actor=page_actor(request), poll_id=poll.id, key=form.key or None)
        if not is_fetch(request):
            messages.success(request, _("Your vote has been taken back."))
        return
    ensure_person(request, None)
    cast_vote(
        actor=page_actor(request),
        poll_id=poll.id,
        option_ids=form.option_ids,
        answers=form.answers,
        key=form.key or None,
    )


def _read_name(fields: QueryDict) -> str | None:
    serializer = GuestSerializer(data={"name": fields["name"]} if fields.get("name") else {})
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        raise as_api_error(error) from error
    name: str | None = serializer.validated_data.get("name")
    return name


def ensure_person(request: HttpRequest, name: str | None) -> PersonView:
    """Returns the person of the session; creates a guest for a visitor.

    :raises AccountSuspendedError: for a browser whose guest is suspended.
    """
    actor = page_actor(request)
    admit_request(str(actor.id or client_address(request)))
    if not actor.is_authenticated:
        guest, is_new = sign_in_guest(request, key=request.POST.get("key", ""), name=name)
        if is_new:
            return view_person(guest, is_new=True)
        actor = page_actor(request)
    if name and actor.is_guest:
        return view_person(update_profile(actor=actor, name=name))
    person = person_of(request)
    assert person is not None
    return person


def person_of(request: HttpRequest) -> PersonView | None:
    """Returns the account or guest of this session, if any."""
    user = page_user(request)
    return view_person(user) if isinstance(user, User) else None


def error_sentence(refusal: ApiError) -> str:
    """Returns the error of the options or the text if there is one, else the general sentence."""
    for error in refusal.errors:
        if error.field in {"option", "text"}:
            return error.message
    return sentence_of(refusal)


def _total(state: VoterState) -> str:
    count = state.poll.total_voters
    return "" if count is None else total_text(count).format(count=grouped(count))

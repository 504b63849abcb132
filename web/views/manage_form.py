"""``/manage/new`` and ``/manage/<id>/edit``: creates and edits polls."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, PreconditionFailedError
from polls.editing import update_poll
from polls.kinds.registry import KINDS
from polls.models import OPTION_MAX_CHARS, Poll
from polls.selectors import find_changeable, get_managed_poll_for
from polls.services import create_poll
from web.comparing import (
    compare,
    fingerprints_of,
    hidden_fields,
    is_merge,
    last_editor,
    merged_changes,
)
from web.forms.kinds.registry import KIND_FORMS, describe_poll
from web.forms.poll_rows import rearranged
from web.forms.polls import PollForm
from web.forms.teams import poll_initial_of
from web.manage_texts import form_texts, moment_texts
from web.pages import accounts_only, form_page
from web.phases import phase_of
from web.poll_places import Choice, initial_place, places_for, places_for_new_poll
from web.project_texts import project_texts
from web.teams import poll_live_data
from workspaces.selectors import get_workspace_for


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@accounts_only
def create(request: HttpRequest) -> HttpResponse:
    actor = page_actor(request)
    places = places_for_new_poll(actor)
    if changed := rearranged(request.POST):
        return _page(request, PollForm(changed, places=places, is_unfinished=True))
    if request.method == "POST":
        form = PollForm(request.POST, places=places)
    else:
        form = PollForm(places=places, initial=_initial(request, actor, places))
    if form.is_bound and form.is_valid():
        try:
            poll = create_poll(actor=actor, is_published=form.is_published, **form.values)
        except ApiError as error:
            form.refuse(error)
        else:
            return _saved(request, poll, form)
    return _page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    actor = page_actor(request)
    poll = get_managed_poll_for(actor, poll_id)
    if request.method != "POST" and not find_changeable([poll], actor):
        return redirect("web:manage-poll", poll_id)
    places = places_for(poll, actor)
    if changed := rearranged(request.POST):
        return _page(request, PollForm(changed, poll=poll, places=places, is_unfinished=True), poll)
    if request.POST.get("do") == "resume":
        # From the page with both versions, back to your own.
        form = PollForm(request.POST, poll=poll, places=places, is_unfinished=True)
        return _page(request, form, poll)
    form = PollForm(request.POST if request.method == "POST" else None, poll=poll, places=places)
    if form.is_bound and form.is_valid():
        changes = merged_changes(form, poll, request.POST)
        try:
            poll = update_poll(
                actor=actor,
                poll_id=poll_id,
                changes=changes | ({"is_published": True} if form.is_published else {}),
                expected_revisions=[form.revision],
            )
        except ApiError as error:
            form.refuse(error)
            # With the current version.
            poll = get_managed_poll_for(actor, poll_id)
            if isinstance(error, PreconditionFailedError) or is_merge(request.POST):
                return _comparison(request, form, poll)
        else:
            return _saved(request, poll, form)
    return _page(request, form, poll)


def _comparison(request: HttpRequest, form: PollForm, poll: Poll) -> HttpResponse:
    """Shows the submitted version beside the current one, to take either of each field."""
    return form_page(
        request,
        "web/manage_compare.html",
        form,
        poll=poll,
        phase=phase_of(poll, timezone.now()),
        editor=last_editor(poll, page_actor(request)),
        differences=compare(form, poll, request.POST),
        hidden_fields=hidden_fields(form),
        fingerprints=fingerprints_of(poll),
        page={"now": timezone.now().isoformat()},
        texts=moment_texts(),
        # The page says itself that there is another version.
        errors=[]
        if form.answer_status == PreconditionFailedError.http_status
        else [each for errors in form.errors.values() for each in errors],
    )


def _saved(request: HttpRequest, poll: Poll, form: PollForm) -> HttpResponse:
    if form.is_published:
        messages.success(request, _("Poll published. Share it to collect votes."))
    elif poll.is_published:
        messages.success(request, _("Saved."))
    elif poll.project_id is not None:
        messages.success(request, _("Saved as a draft. Only your team can see it."))
    else:
        messages.success(request, _("Saved as a draft. Only you can see it."))
    return redirect("web:manage-poll", poll.id)


def _page(request: HttpRequest, form: PollForm, poll: Poll | None = None) -> HttpResponse:
    return form_page(
        request,
        "web/manage_form.html",
        form,
        poll=poll,
        phase=phase_of(poll, timezone.now()) if poll else "draft",
        is_locked=poll is not None and poll.has_votes,
        described=describe_poll(poll) if poll is not None and poll.has_votes else (),
        fingerprints=_fingerprints(request, poll),
        option_max_chars=OPTION_MAX_CHARS,
        page={
            "maxOptions": {kind: KINDS[kind].max_options for kind in KIND_FORMS},
            "live": poll_live_data(poll, page_actor(request), "edits") if poll else None,
        },
        texts=form_texts() | project_texts(),
    )


def _initial(request: HttpRequest, actor: Actor, places: Sequence[Choice]) -> dict[str, Any]:
    """Returns what the form has at first: the workspace that a link asks for, and its defaults."""
    asked = (request.GET.get("workspace", ""), request.GET.get("project", ""))
    workspace_id = initial_place(places, *asked) if any(asked) else None
    if workspace_id is None:
        return {}
    workspace = get_workspace_for(actor, workspace_id)
    return {"workspace": str(workspace_id), **poll_initial_of(workspace)}


def _fingerprints(request: HttpRequest, poll: Poll | None) -> str:
    """Returns those of the version that the form was loaded with."""
    if request.method == "POST" or poll is None:
        return request.POST.get("loaded", "")
    return fingerprints_of(poll)

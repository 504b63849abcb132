"""``/manage/new`` and ``/manage/<id>/edit``: creates and edits polls."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.page_sessions import page_actor
from apikit.errors import ApiError, PreconditionFailedError
from polls.editing import update_poll
from polls.models import MAX_OPTIONS, OPTION_MAX_CHARS, Poll
from polls.selectors import find_changeable, get_managed_poll_for
from polls.services import create_poll
from web.forms.polls import PollForm, rearranged
from web.manage_texts import form_texts
from web.pages import form_page
from web.phases import phase_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def create(request: HttpRequest) -> HttpResponse:
    actor = page_actor(request)
    if actor.is_guest:
        return render(request, "web/manage_guest.html", status=403)
    actor.account_id()
    if changed := rearranged(request.POST):
        return _page(request, PollForm(changed, is_unfinished=True))
    form = PollForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        values = form.values | {"options": [each["text"] for each in form.values["options"]]}
        try:
            poll = create_poll(actor=actor, is_published=form.is_published, **values)
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
    if changed := rearranged(request.POST):
        return _page(request, PollForm(changed, poll=poll, is_unfinished=True), poll)
    form = PollForm(request.POST if request.method == "POST" else None, poll=poll)
    if form.is_bound and form.is_valid():
        changes = form.values | ({"is_published": True} if form.is_published else {})
        try:
            poll = update_poll(
                actor=actor, poll_id=poll_id, changes=changes, expected_revisions=[form.revision]
            )
        except ApiError as error:
            form.refuse(error)
            # Show the current version beside the submitted one.
            poll = get_managed_poll_for(actor, poll_id)
            if isinstance(error, PreconditionFailedError):
                form.revision = poll.revision
        else:
            return _saved(request, poll, form)
    return _page(request, form, poll)


def _saved(request: HttpRequest, poll: Poll, form: PollForm) -> HttpResponse:
    if form.is_published:
        messages.success(request, _("Poll published. Share it to collect votes."))
    elif poll.is_published:
        messages.success(request, _("Saved."))
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
        has_conflict=form.answer_status == PreconditionFailedError.http_status,
        option_max_chars=OPTION_MAX_CHARS,
        page={"maxOptions": MAX_OPTIONS},
        texts=form_texts(),
    )

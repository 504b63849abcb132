"""``/``: the home page, with the join form and your own polls."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from polls.errors import PollNotFoundError
from polls.join_codes import read_join_code
from polls.selectors import (
    PollFilter,
    get_poll_by_code_for,
    list_polls_for,
    view_polls,
)
from polls.wire import PollView
from web.forms.join import JoinForm
from web.pages import form_page

# The others are listed under /manage.
POLLS_SHOWN = 6


def show(request: HttpRequest) -> HttpResponse:
    """Shows the home page; ``?code=`` redirects to that poll. Six queries with own polls."""
    actor = page_actor(request)
    form = JoinForm(request.GET if "code" in request.GET else None)
    if form.is_bound and form.is_valid():
        code = read_join_code(form.cleaned_data["code"])
        try:
            return redirect(f"/p/{get_poll_by_code_for(actor, code).join_code}")
        except PollNotFoundError:
            form.add_error("code", _("No poll has this code. Check the code and try again."))
            form.focus_first_error()
    polls, hidden_ids = _own_polls(actor)
    return form_page(request, "web/home.html", form, polls=polls, hidden_ids=hidden_ids)


def _own_polls(actor: Actor) -> tuple[list[PollView], set[UUID]]:
    """Returns the newest polls of ``actor``, and the ids of those that are hidden."""
    if actor.id is None or actor.is_guest:
        return [], set()
    polls = list(
        list_polls_for(actor, PollFilter(creator_id=actor.id, is_personal=True))[:POLLS_SHOWN]
    )
    hidden_ids = {poll.id for poll in polls if poll.hidden_at is not None}
    return view_polls(polls, actor), hidden_ids

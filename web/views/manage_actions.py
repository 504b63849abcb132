"""Actions on a poll: publish, close, reopen, duplicate, delete."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.page_sessions import page_actor
from apikit.errors import ApiError, NotFoundError
from apikit.wire import Wire
from polls.errors import PollHiddenError
from polls.models import Poll
from polls.selectors import find_changeable, get_managed_poll_for
from polls.services import close_poll, delete_poll, duplicate_poll, publish_poll, reopen_poll
from web.fetching import is_fetch, json_answer, refuses_in_json
from web.managing import ManagedState, read_managed_state
from web.messages import sentence_of
from web.pages import local_target


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone(Wire):
    """The response for a script: where to go, and the poll's state unless it was deleted."""

    message: str
    url: str
    state: ManagedState | None


@dataclass(frozen=True, slots=True)
class Action:
    """``service`` takes an actor and a poll id; ``leads_to`` names the next page, if any."""

    service: Callable[..., Poll | None]
    done: Promise
    leads_to: str = ""


ACTIONS = {
    "publish": Action(publish_poll, _("Poll published. Share it to collect votes.")),
    "close": Action(close_poll, _("Poll closed.")),
    "reopen": Action(reopen_poll, _("Poll reopened.")),
    "duplicate": Action(
        duplicate_poll,
        _("Poll duplicated as a draft. Edit it before you publish it."),
        "web:manage-edit",
    ),
    "delete": Action(delete_poll, _("Poll and votes deleted."), "web:manage"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@refuses_in_json
def act(request: HttpRequest, poll_id: UUID, action_name: str) -> HttpResponse:
    """Performs an action; GET asks for confirmation before deleting, without a script."""
    action = ACTIONS.get(action_name)
    if action is None or (request.method != "POST" and action_name != "delete"):
        raise NotFoundError
    actor = page_actor(request)
    # Others can't distinguish it from a missing poll.
    poll = get_managed_poll_for(actor, poll_id)
    if request.method != "POST":
        if not find_changeable([poll], actor):
            raise PollHiddenError
        return render(request, "web/manage_delete.html", {"poll": poll})
    try:
        result = action.service(actor=actor, poll_id=poll_id)
    except ApiError as refusal:
        if is_fetch(request):
            raise
        messages.error(request, sentence_of(refusal))
        return redirect(_origin_url(request, poll_id))
    target = _target(request, action, result or poll)
    if is_fetch(request):
        state = _state(request, result) if result else None
        return json_answer(ActionDone(message=str(action.done), url=target, state=state))
    messages.success(request, str(action.done))
    return redirect(target)


def _target(request: HttpRequest, action: Action, poll: Poll) -> str:
    match action.leads_to:
        case "":
            return _origin_url(request, poll.id)
        case "web:manage" if poll.workspace_id is not None:
            return reverse("web:workspace", args=[poll.workspace_id])
        case "web:manage":
            return reverse(action.leads_to)
        case _:
            return reverse(action.leads_to, args=[poll.id])


def _origin_url(request: HttpRequest, poll_id: UUID) -> str:
    """The page that the form was on, which the list sends along."""
    fallback = reverse("web:manage-poll", args=[poll_id])
    return local_target(request, request.POST.get("next", ""), fallback)


def _state(request: HttpRequest, poll: Poll) -> ManagedState:
    whole = get_managed_poll_for(page_actor(request), poll.id)
    return read_managed_state(whole, timezone.now())

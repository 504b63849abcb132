"""``/manage/<id>/decisions``: what hosts decide on the page of their poll."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ValidationError

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from apikit.wire import Wire
from polls.host_decisions import decide
from polls.host_serializers import HostChoiceSerializer
from polls.host_wire import HostChoice
from polls.selectors import get_managed_poll_for
from web.fetching import is_fetch, json_answer, refuses_in_json
from web.hosting import DONE, choice_fields, read_panel
from web.messages import sentence_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAnswer(Wire):
    """The lists of the panel as HTML, and what to announce."""

    message: str
    html: str


@require_http_methods(["GET", "HEAD", "POST"])
@refuses_in_json
def decide_on_page(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Decides with POST; answers scripts with the new panel, and leads browsers back to it."""
    actor, message = page_actor(request), ""
    # Others can't distinguish it from a missing poll.
    get_managed_poll_for(actor, poll_id)
    if request.method == "POST":
        try:
            message = _decide(request, actor, poll_id)
        except ApiError as refusal:
            if is_fetch(request):
                raise
            messages.error(request, sentence_of(refusal))
            return redirect(_panel_url(poll_id))
    if is_fetch(request):
        return json_answer(PanelAnswer(message=message, html=_lists(request, actor, poll_id)))
    if message:
        messages.success(request, message)
    return redirect(_panel_url(poll_id))


def _decide(request: HttpRequest, actor: Actor, poll_id: UUID) -> str:
    fields = choice_fields(request.POST.get("decision", ""), request.POST.dict())
    serializer = HostChoiceSerializer(data=fields)
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        raise as_api_error(error) from error
    choice = HostChoice(**serializer.validated_data)
    decide(actor=actor, poll_id=poll_id, choice=choice)
    return str(DONE[choice.action])


def _lists(request: HttpRequest, actor: Actor, poll_id: UUID) -> str:
    panel = read_panel(get_managed_poll_for(actor, poll_id))
    return render_to_string("web/hosting/lists.html", {"hosting": panel}, request)


def _panel_url(poll_id: UUID) -> str:
    return reverse("web:manage-poll", args=[poll_id]) + "#hosting"

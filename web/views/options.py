"""``/p/<code>/options``: participants add options, or ask questions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.page_sessions import page_actor
from apikit.errors import ApiError
from polls.host_views import add_option
from polls.host_wire import AddedOption
from polls.lifecycle import check_accepts_votes
from polls.models import Poll
from polls.selectors import get_poll_by_code_for
from polls.suggestions import needs_approval
from web.fetching import is_fetch, json_answer, refuses_in_json
from web.option_forms import added_text
from web.views.vote import ensure_person, error_sentence


@require_POST
@refuses_in_json
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Adds or suggests an option; without a script the page says what became of it."""
    poll = get_poll_by_code_for(page_actor(request), code)
    try:
        added = _add(request, poll)
    except ApiError as refusal:
        if is_fetch(request):
            raise
        messages.error(request, error_sentence(refusal))
        return redirect("web:vote", poll.join_code)
    if is_fetch(request):
        return json_answer(added)
    messages.success(request, added_text(poll, added))
    return redirect("web:vote", poll.join_code)


def _add(request: HttpRequest, poll: Poll) -> AddedOption:
    # Check before creating a guest.
    check_accepts_votes(poll, timezone.now())
    needs_approval(poll)
    ensure_person(request, None)
    # The field has several lines, an option has one.
    text = " ".join(request.POST.get("text", "").split())
    return add_option(page_actor(request), poll.id, text)

"""``/p/<code>/report``: reports a poll to the moderators."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.page_sessions import page_actor, sign_in_guest
from apikit.errors import ApiError
from apikit.throttling import client_address
from polls.abuse_reports import count_report_attempt, report_poll
from polls.models import AbuseReason, Poll
from polls.selectors import get_poll_by_code_for
from web.forms.report import ReportForm
from web.pages import form_page


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Shows the form and stores the report; a guest is created for a visitor."""
    poll = get_poll_by_code_for(page_actor(request), code)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            _store(request, poll, form)
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Thanks. A moderator will review this poll."))
            return redirect("web:vote", poll.join_code)
    key = request.POST.get("key") or secrets.token_hex(16)
    return form_page(request, "web/report.html", form, poll=poll, key=key)


def _store(request: HttpRequest, poll: Poll, form: ReportForm) -> None:
    # Before creating a guest, which costs more than refusing.
    count_report_attempt(actor=page_actor(request), address=client_address(request))
    if not page_actor(request).is_authenticated:
        sign_in_guest(request, key=request.POST.get("key", ""))
    report_poll(
        actor=page_actor(request),
        poll_id=poll.id,
        reason=AbuseReason(form.cleaned_data["reason"]),
        note=form.cleaned_data["note"],
    )

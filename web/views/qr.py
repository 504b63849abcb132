"""Files about a poll: ``/p/<code>/qr.svg`` and ``.png``, and ``calendar.ics`` with its dates."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.page_sessions import page_actor
from apikit.downloads import as_attachment
from polls.join_links import join_qr_png, join_qr_svg
from polls.selectors import get_poll_by_code_for
from votes.calendars import export_calendar_for
from web.site_url import site_url

PNG_PX = 1024


@require_safe
@cache_control(private=True, max_age=300)
def svg(request: HttpRequest, code: str) -> HttpResponse:
    poll = get_poll_by_code_for(page_actor(request), code)
    return HttpResponse(join_qr_svg(poll, site_url(request)), content_type="image/svg+xml")


@require_safe
@cache_control(private=True, max_age=300)
def png(request: HttpRequest, code: str) -> HttpResponse:
    """Returns the QR code as PNG; ``size`` is its maximum size in pixels."""
    poll = get_poll_by_code_for(page_actor(request), code)
    asked = request.GET.get("size", "")
    # Python refuses to parse integers of unlimited length.
    size_px = int(asked) if asked.isdecimal() and len(asked) < 6 else PNG_PX
    return HttpResponse(join_qr_png(poll, site_url(request), size_px), content_type="image/png")


@require_safe
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """Returns the dates of a poll for the calendar of its reader."""
    actor = page_actor(request)
    poll = get_poll_by_code_for(actor, code)
    return as_attachment(export_calendar_for(actor, poll.id, site_url(request)))

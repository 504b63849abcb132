"""Template context of every page."""

from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.translation import get_language_info

from accounts.page_sessions import page_actor
from web.site_url import site_url


def page_context(request: HttpRequest) -> dict[str, Any]:
    """``actor``: who looks; ``languages``: what they can read it in.

    ``user`` is the same person, for their name.
    """
    return {
        "actor": page_actor(request),
        "site_url": _site_url(request),
        "languages": [get_language_info(code) for code, _ in settings.LANGUAGES],
    }


def _site_url(request: HttpRequest) -> str:
    try:
        return site_url(request)
    except DisallowedHost:  # the page that says so has a context too
        return settings.PUBLIC_URL

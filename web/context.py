"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_info

from accounts.page_sessions import page_actor


def page_context(request: HttpRequest) -> dict[str, Any]:
    """``actor``: who looks; ``languages``: what they can read it in.

    ``user`` is the same person, for their name.
    """
    return {
        "actor": page_actor(request),
        "site_url": settings.PUBLIC_URL,
        "languages": [get_language_info(code) for code, _ in settings.LANGUAGES],
    }

"""Tells requests for the API from requests for pages."""

from django.http import HttpRequest

_API_PREFIXES = ("/api/", "/health", "/metrics")
_PAGES_UNDER_API = {"/api/docs"}


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API, health or metrics rather than a page."""
    path = request.path_info
    return path == "/api" or (path.startswith(_API_PREFIXES) and path not in _PAGES_UNDER_API)

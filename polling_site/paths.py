"""Canonical paths, and which paths belong to the API."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

_API_PREFIXES = ("/api/", "/health", "/metrics")
_PAGES_UNDER_API = {"/api/docs"}
# Paths whose trailing slash belongs to them.
_WITH_SLASH = ("/admin/", "/static/")
# Routes of the API that also answer without its prefix, where no page has the address.
_WITHOUT_PREFIX = re.compile(r"/(?:auth|users|rooms|messages|send)(?:/.*)?", re.DOTALL)

_UPLOADS = frozenset(
    f"{prefix}/uploads{slash}" for prefix in ("/api", "/api/v1") for slash in ("", "/")
)
# The forms of pages with a file to import.
_PAGE_UPLOADS = re.compile(
    r"/manage/(?:(?:workspaces|projects)/[0-9a-f-]{36}/)?import(?:-members|-workspace)?"
)


_PICTURE_UPLOADS = frozenset(
    f"{prefix}/pictures{slash}" for prefix in ("/api", "/api/v1", "/manage") for slash in ("", "/")
)


def is_picture_upload(scope: Mapping[str, Any]) -> bool:
    """Whether the request of an ASGI scope sends a picture for a poll."""
    return scope["method"] == "POST" and scope["path"] in _PICTURE_UPLOADS


def is_upload(scope: Mapping[str, Any]) -> bool:
    """Whether the request of an ASGI scope sends a file, which limits of other bodies spare."""
    is_of_api = scope["path"] in _UPLOADS and scope["method"] == "POST"
    return is_of_api or is_page_upload(scope)


def is_page_upload(scope: Mapping[str, Any]) -> bool:
    """Whether it is the form of a page with a file to import."""
    return scope["method"] == "POST" and bool(_PAGE_UPLOADS.fullmatch(scope["path"]))


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API, health or metrics rather than a page."""
    return is_api_path(request.path_info)


def is_api_path(path: str) -> bool:
    """Like :func:`is_api`, for a canonical path."""
    return path == "/api" or (path.startswith(_API_PREFIXES) and path not in _PAGES_UNDER_API)


def canonical_path(path: str) -> str:
    """Removes ``/v1`` and the trailing slash: ``/api/v1/polls/`` becomes ``/api/polls``.

    Routes that also answer without the prefix get it: ``/rooms`` becomes ``/api/rooms``.
    """
    if _WITHOUT_PREFIX.fullmatch(path):
        path = f"/api{path}"
    elif path == "/api/v1" or path.startswith("/api/v1/"):
        path = "/api" + path.removeprefix("/api/v1")
    # Not a redirect, so that a POST keeps its body.
    if path.endswith("/") and path != "/" and not path.startswith(_WITH_SLASH):
        path = path[:-1]
    return path

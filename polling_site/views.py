"""The API index, the API documents and the metrics."""

import functools
import json
import os
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.socket_auth import SECURITY_SCHEMES
from apikit.errors import MethodNotAllowedError, NotFoundError
from apikit.exception_handler import json_error
from apikit.network import is_loopback
from apikit.schema import operation
from apikit.views import ApiViewSet, respond
from apikit.wire import Wire
from realtime.asyncapi import asyncapi_document
from web.site_url import site_url


@functools.cache
def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, generated once."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


@functools.cache
def socket_document() -> dict[str, Any]:
    """The AsyncAPI document, generated once."""
    info = openapi_document()["info"]
    return asyncapi_document(
        title=info["title"],
        version=info["version"],
        url=settings.PUBLIC_URL,
        security_schemes=SECURITY_SCHEMES,
    )


@functools.cache
def _encoded_openapi() -> bytes:
    return json.dumps(openapi_document()).encode()


def openapi(request: HttpRequest) -> HttpResponse:
    """``/api/schema``."""
    return _json(request, _encoded_openapi(), "application/vnd.oai.openapi+json;version=3.1")


# The site may be reached at several host names, but not many.
@functools.lru_cache(maxsize=16)
def _encoded_asyncapi(url: str) -> bytes:
    """The AsyncAPI document with ``url`` as its server."""
    address = urlsplit(url)
    server = socket_document()["servers"]["site"] | {
        "host": address.netloc,
        "protocol": "wss" if address.scheme == "https" else "ws",
    }
    return json.dumps(socket_document() | {"servers": {"site": server}}).encode()


def asyncapi(request: HttpRequest) -> HttpResponse:
    """``/api/asyncapi.json``."""
    document = _encoded_asyncapi(site_url(request))
    return _json(request, document, "application/vnd.aai.asyncapi+json;version=3.0.0")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """``/metrics`` of all processes on this machine.

    Available from this machine and with ``METRICS_TOKEN``; 404 for everyone else.
    """
    if not _may_read_metrics(request):
        return json_error(NotFoundError())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    if settings.METRICS_TOKEN and secrets.compare_digest(given, expected):
        return True
    # Behind a trusted proxy this is the client's address.
    return is_loopback(request.META.get("REMOTE_ADDR", ""))


def _json(request: HttpRequest, document: bytes, content_type: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        refusal = json_error(MethodNotAllowedError())
        refusal["Allow"] = "GET, HEAD"
        return refusal
    return HttpResponse(document, content_type=content_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Wire):
    method: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Wire):
    """The index of the API."""

    name: str
    version: str
    docs: str
    openapi: str
    asyncapi: str
    websocket: str
    health: str
    endpoints: tuple[Endpoint, ...]


@functools.cache
def _index() -> Index:
    document = openapi_document()
    return Index(
        name=document["info"]["title"],
        version=document["info"]["version"],
        docs="/api/docs",
        openapi="/api/schema",
        asyncapi="/api/asyncapi.json",
        websocket="/ws",
        health="/health",
        endpoints=tuple(
            Endpoint(method=method.upper(), path=path, summary=described["summary"])
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        ),
    )


class IndexViewSet(ApiViewSet):
    """``/api``."""

    authentication_classes = ()

    @operation(
        "readIndex",
        "List all endpoints",
        description="The version, the addresses of the API documents, and every endpoint.",
        tag="Site",
        auth="none",
        success={200: Index},
        example={
            "name": "Tallyroom",
            "version": "1.0.0",
            "docs": "/api/docs",
            "openapi": "/api/schema",
            "asyncapi": "/api/asyncapi.json",
            "websocket": "/ws",
            "health": "/health",
            "endpoints": [
                {"method": "GET", "path": "/api/polls", "summary": "Polls, newest first"}
            ],
        },
    )
    def retrieve(self, request: Request) -> Response:
        return respond(_index())

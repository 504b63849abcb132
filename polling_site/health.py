"""Health checks for people, load balancers and supervisors."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from apikit.schema import operation
from apikit.storage_probe import probe_storage
from apikit.views import ApiViewSet, respond
from apikit.wire import Wire
from polling_site.server import draining
from realtime.bridge import LAYER_ERRORS
from realtime.running import is_draining

log = structlog.get_logger(__name__)

_started_s = time.monotonic()

LAYER_TIMEOUT_S = 2.0

Check = Literal["ok", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks(Wire):
    database: Check
    channel_layer: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Wire):
    """The health of the service. ``uptime`` is that of the responding process, in seconds."""

    status: Literal["OK", "DEGRADED"]
    message: str
    timestamp: datetime
    environment: str
    uptime: float
    checks: Checks


class HealthViewSet(ApiViewSet):
    """For people and monitors: checks everything; 503 if anything fails."""

    authentication_classes = ()
    throttle_classes = ()
    takes_any_query = True

    @operation(
        "checkHealth",
        "Check the health of the service",
        tag="Site",
        auth="none",
        description="503 when the database or the channel layer does not answer, or the database "
        "cannot be written: its disk is full or read-only, or it is a standby. Without the channel "
        "layer votes are still counted, and shown a little later.",
        success={200: Health, 503: Health},
        example={
            "status": "OK",
            "message": "All is well.",
            "timestamp": "2026-05-04T09:30:00Z",
            "environment": "production",
            "uptime": 86400.0,
            "checks": {"database": "ok", "channelLayer": "ok"},
        },
    )
    def check(self, request: Request) -> Response:
        checks = Checks(database=_check_writes(), channel_layer=_check_channel_layer())
        is_well = checks == Checks(database="ok", channel_layer="ok")
        health = Health(
            status="OK" if is_well else "DEGRADED",
            message="All is well." if is_well else "Something does not work; see checks.",
            timestamp=datetime.now(UTC),
            environment=settings.ENVIRONMENT,
            uptime=round(time.monotonic() - _started_s, 1),
            checks=checks,
        )
        return respond(health, 200 if is_well else 503)


@require_safe
async def live(request: HttpRequest) -> JsonResponse:
    """For supervisors: the process responds; checks nothing else."""
    return JsonResponse({"status": "OK"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """For load balancers: 503 while the process stops, and without a database.

    The channel layer is not checked: votes work without it, and its failure would take all
    processes out of service. Nor is writing: polls and results can still be read.
    """
    is_ready = not (is_draining() or draining.is_draining()) and _check_database() == "ok"
    status = "OK" if is_ready else "UNAVAILABLE"
    return JsonResponse({"status": status}, status=200 if is_ready else 503)


def _check_database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database does not answer", error=str(error))
        return "failing"
    return "ok"


def _check_writes() -> Check:
    """Checks that the database responds and accepts writes."""
    if _check_database() == "failing":
        return "failing"
    try:
        probe_storage()
    except (DatabaseError, OSError) as error:
        log.warning("database cannot be written", error=str(error))
        return "failing"
    return "ok"


def _check_channel_layer() -> Check:
    try:
        async_to_sync(_send_to_layer)()
    except LAYER_ERRORS as error:
        log.warning("channel layer does not answer", error=str(error))
        return "failing"
    return "ok"


async def _send_to_layer() -> None:
    layer = get_channel_layer()
    assert layer is not None, "settings.CHANNEL_LAYERS has a default"
    async with asyncio.timeout(LAYER_TIMEOUT_S):
        await layer.group_send("health", {"type": "health.check"})

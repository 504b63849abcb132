"""``manage.py serve``: serve in production. ``make serve`` calls it."""

from typing import Any
from urllib.parse import urlsplit

import redis
import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from polling_site.database.diagnostics import (
    MIGRATE,
    connect_once,
    describe_database,
    explain,
    missing_migrations,
)
from polling_site.server.serving import CannotListenError, bind, serve

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_S = 3


class Command(BaseCommand):
    help = "Serves from several processes on one port. Needs PostgreSQL and Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_PRODUCTION:
            raise CommandError("Start it with ENVIRONMENT=production, as `make serve` does.")
        try:
            sock = bind()
            _check_database()
            serve(
                sock,
                settings.WEB_PROCESSES,
                announce=self._announce,
                workers=settings.JOB_WORKERS,
            )
        except CannotListenError as error:
            raise CommandError(str(error)) from error

    def _announce(self) -> None:
        facts = {
            "listening": f"{settings.HOST}:{settings.PORT}",
            "processes": settings.WEB_PROCESSES,
            "job_workers": settings.JOB_WORKERS,
            "public_url": settings.PUBLIC_URL if settings.HAS_PUBLIC_URL else "(not set)",
            "database": describe_database(),
            "redis": _describe_redis(),
        }
        warnings = _warnings()
        if settings.LOG_FORMAT == "json":
            log.info("serving", **facts)
            for warning in warnings:
                log.warning(warning)
            return
        lines = [f"{name.replace('_', ' ') + ':':14}{value}" for name, value in facts.items()]
        notes = [f"Warning: {warning}" for warning in warnings]
        self.stdout.write("\n".join(["Tallyroom is serving.", *lines, *notes]))
        self.stdout.flush()


def _check_database() -> None:
    """Checks that the database responds and is migrated.

    :raises CommandError: if not.
    """
    try:
        connect_once()
        missing = missing_migrations()
    except OperationalError as error:
        raise CommandError(explain(error) or str(error)) from error
    if missing:
        raise CommandError(
            f"The database ({describe_database()}) lacks {len(missing)} migrations. Run {MIGRATE}."
        )


def _warnings() -> list[str]:
    """Problems that do not prevent the start."""
    warnings = []
    if not settings.HAS_PUBLIC_URL:
        warnings.append(
            "PUBLIC_URL is not set: links in emails lead to "
            f"{settings.PUBLIC_URL}, and cookies are not limited to HTTPS."
        )
    try:
        with redis.Redis.from_url(
            str(settings.REDIS_URL),
            socket_connect_timeout=REDIS_TIMEOUT_S,
            socket_timeout=REDIS_TIMEOUT_S,
        ) as client:
            client.ping()
    except redis.RedisError as error:
        # Votes are counted without Redis, so this does not prevent the start.
        warnings.append(f"Redis does not answer: {error}. Check REDIS_URL.")
    return warnings


def _describe_redis() -> str:
    """Host and port, without the password."""
    address = urlsplit(str(settings.REDIS_URL))
    return f"{address.hostname}:{address.port or 6379}" if address.hostname else address.path

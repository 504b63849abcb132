"""Options and timeouts of connections to the database and Redis."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Detects a silently dropped connection within half a minute, while sending or waiting; by default
# the kernel takes up to two hours.
_SILENCE_S = 30
_KEEPALIVE_IDLE_S = 10
_KEEPALIVE_INTERVAL_S = 5
_KEEPALIVE_COUNT = 4


_SERVING_COMMANDS = {"run", "serve", "runserver", "work"}


def is_serving(argv: Sequence[str]) -> bool:
    """Whether a process with these arguments is a server rather than a short command."""
    program = Path(argv[0])
    is_command = program.name in {"manage.py", "django-admin"} or (
        program.name == "__main__.py" and program.parent.name == "django"  # python -m django
    )
    return not is_command or not _SERVING_COMMANDS.isdisjoint(argv[1:2])


def sqlite_options(lock_timeout_s: int) -> dict[str, Any]:
    """Django's ``OPTIONS`` for SQLite."""
    return {
        "timeout": lock_timeout_s,
        # Takes the write lock when a transaction begins, so that none fails half-way.
        "transaction_mode": "IMMEDIATE",
        # WAL allows reads during a write; FULL makes a commit survive a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }


def postgres_options(given: dict[str, Any]) -> dict[str, Any]:
    """Django's ``OPTIONS`` for PostgreSQL; ``given``, from ``DATABASE_URL``, takes precedence."""
    return {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": _KEEPALIVE_IDLE_S,
        "keepalives_interval": _KEEPALIVE_INTERVAL_S,
        "keepalives_count": _KEEPALIVE_COUNT,
        "tcp_user_timeout": _SILENCE_S * 1000,
        **given,
    }


def serving_options(
    given: dict[str, Any], *, pool_max: int, lock_timeout_s: int, statement_timeout_s: int
) -> dict[str, Any]:
    """Options that a serving process adds: a pool, and timeouts.

    Commands have neither: a migration may take an hour.

    :param statement_timeout_s: 0 for no limit.
    """
    # Imported here, since without such a database psycopg isn't loaded.
    from apikit.postgres.bounded_connections import BoundedConnection

    limits = {
        "lock_timeout": f"{lock_timeout_s}s",
        "statement_timeout": f"{statement_timeout_s}s",
        # A client that vanishes within a transaction would keep its locks.
        "idle_in_transaction_session_timeout": f"{statement_timeout_s}s",
        "tcp_keepalives_idle": f"{_KEEPALIVE_IDLE_S}s",
        "tcp_keepalives_interval": f"{_KEEPALIVE_INTERVAL_S}s",
        "tcp_keepalives_count": f"{_KEEPALIVE_COUNT}",
        "tcp_user_timeout": f"{_SILENCE_S}s",
    }
    settings = [f"-c {name}={value}" for name, value in limits.items()]
    return {
        # The last of several values for a name counts.
        "options": " ".join([*settings, given.get("options", "")]).strip(),
        # The vote writer has its own connection. The pool's pauses between attempts to reconnect
        # grow up to half of reconnect_timeout, by default five minutes, in which it would not
        # notice that the database is back.
        "pool": {
            "min_size": 1,
            "max_size": pool_max,
            "timeout": 5,
            "reconnect_timeout": 5,
            "connection_class": BoundedConnection,
        },
    }


def redis_options(url: str) -> dict[str, Any]:
    """A host of channels_redis, with timeouts.

    A subscription only listens. It sends health checks but does not wait for their responses, so
    TCP keepalive has to detect a dead connection.
    """
    options: dict[str, Any] = {
        "address": url,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "health_check_interval": 10,
    }
    if not url.startswith("unix:"):
        names = {
            "TCP_KEEPIDLE": _KEEPALIVE_IDLE_S,
            "TCP_KEEPINTVL": _KEEPALIVE_INTERVAL_S,
            "TCP_KEEPCNT": _KEEPALIVE_COUNT,
            "TCP_USER_TIMEOUT": _SILENCE_S * 1000,
        }
        # Not every system has all of them.
        known = {name: value for name, value in names.items() if hasattr(socket, name)}
        options["socket_keepalive"] = True
        options["socket_keepalive_options"] = {
            getattr(socket, name): value for name, value in known.items()
        }
    return options


def channel_layer(redis_url: str | None) -> dict[str, Any]:
    """The channel layer on Redis, or in memory without one."""
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    return {
        # RedisChannelLayer costs O(members of a group), and loses memberships when Redis restarts.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [redis_options(redis_url)],
            # Pub/sub ignores the database number, so the prefix separates installations that share
            # a Redis.
            "prefix": f"tallyroom-{urlsplit(redis_url).path.strip('/') or 0}",
        },
    }

"""Tallyroom in production mode: ``manage.py serve`` with PostgreSQL and Redis."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

from bench.clients.speech import TallyroomSocket
from bench.contestants.base import Contestant, Known, PollHandle, Setup, answers
from bench.processes import running
from bench.services import Services
from tools.services import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT_SQL = """
    SELECT count(v.id) FROM polls_option o LEFT JOIN votes_vote v ON v.option_id = o.id
    WHERE o.poll_id = %s GROUP BY o.id ORDER BY o.position
"""


@contextmanager
def running_tallyroom(
    services: Services,
    setup: Setup,
    *,
    root: Path = ROOT,
    overrides: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Contestant]:
    """Runs the server with several processes on one port.

    ``root`` is the checkout to run, to compare commits; ``overrides`` are settings that differ from
    the bench's.
    """
    with tempfile.TemporaryDirectory() as directory:
        environment = _environment(services.redis.url, directory) | dict(overrides)

        def create_tables(database_url: str) -> None:
            _manage(
                root, ["migrate", "--verbosity=0"], environment | {"DATABASE_URL": database_url}
            )

        with services.database(f"tallyroom_{root.name}", create_tables) as database_url:
            port = free_port()
            environment |= {
                "DATABASE_URL": database_url,
                "PORT": str(port),
                "WEB_PROCESSES": str(setup.processes),
            }
            known = _seed(root, setup, environment, Path(directory))
            services.settle(database_url)
            with running(
                [sys.executable, str(root / "manage.py"), "serve"],
                environment=environment,
                is_ready=lambda: answers(port, "/health/ready", setup.processes),
            ) as pid:
                yield Contestant(
                    name="Tallyroom",
                    port=port,
                    pid=pid,
                    known=known,
                    socket_kind=TallyroomSocket,
                    services=services,
                    database_url=database_url,
                    count_sql=COUNT_SQL,
                    is_exact=True,
                )


def _environment(redis_url: str, directory: str) -> dict[str, str]:
    """Production settings, with higher limits per address and socket."""
    return os.environ | {
        "ENVIRONMENT": "production",
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SECRET": secrets.token_urlsafe(48),
        "JWT_REFRESH_SECRET": secrets.token_urlsafe(48),
        "DRAIN_SECONDS": "0",
        "JWT_ACCESS_EXPIRES_IN": "1d",
        "HOST": "127.0.0.1",
        "VAR_DIR": directory,
        "RATE_LIMIT_MAX_REQUESTS": "0",
        "WS_MAX_COMMANDS_PER_SECOND": "1000000",
        "LOG_LEVEL": "ERROR",
    }


def _seed(root: Path, setup: Setup, environment: dict[str, str], directory: Path) -> Known:
    path = directory / "known.json"
    subprocess.run(
        [sys.executable, "-m", "bench.contestants.seed_tallyroom", str(path)],
        input=json.dumps(asdict(setup)).encode(),
        env=environment | {"DJANGO_SETTINGS_MODULE": "polling_site.settings"},
        cwd=root,
        check=True,
    )
    known = json.loads(path.read_text())
    polls = [PollHandle(poll_id, tuple(option_ids)) for poll_id, option_ids in known["polls"]]
    return Known(known["tokens"], polls[:-1], polls[-1], known["emails"])


def _manage(root: Path, arguments: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, str(root / "manage.py"), *arguments], env=environment, check=True
    )

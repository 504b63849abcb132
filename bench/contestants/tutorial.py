"""A server written like the Channels tutorial, on Daphne or Uvicorn."""

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.clients.speech import TutorialSocket
from bench.contestants.base import Contestant, Setup, answers
from bench.contestants.seed_baselines import JWT_SECRET, BaselineTables, seed
from bench.processes import running
from bench.services import Services
from tools.services import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "bench.baselines.tutorial"
TABLES = BaselineTables(
    users="tutorial_voter", polls="tutorial_poll", options="tutorial_option", votes="tutorial_vote"
)
SERVERS = {
    "Daphne": ["daphne", "-b", "127.0.0.1", "-v", "0", "-p"],
    "Uvicorn": ["uvicorn", "--log-level=warning", "--no-access-log", "--loop=uvloop", "--port"],
}


@contextmanager
def running_tutorial(services: Services, setup: Setup, *, server: str) -> Iterator[Contestant]:
    """Runs the server in one process."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": f"{PACKAGE}.settings",
        "JWT_SECRET": JWT_SECRET,
        "REDIS_URL": services.redis.url,
    }

    def create_tables(database_url: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"],
            env=environment | {"DATABASE_URL": database_url},
            cwd=ROOT,
            check=True,
        )

    with services.database("tutorial", create_tables) as database_url:
        known = seed(database_url, TABLES, setup)
        services.settle(database_url)
        with running(
            [sys.executable, "-m", *SERVERS[server], str(port), f"{PACKAGE}.asgi:application"],
            environment=environment | {"DATABASE_URL": database_url},
            directory=ROOT,
            is_ready=lambda: answers(port, f"/api/polls/{known.spare_poll.id}/results", 1),
        ) as pid:
            yield Contestant(
                name=f"Channels tutorial, {server}",
                port=port,
                pid=pid,
                known=known,
                socket_kind=TutorialSocket,
                services=services,
                database_url=database_url,
                count_sql=TABLES.count_sql,
            )


running_tutorial_daphne = functools.partial(running_tutorial, server="Daphne")
running_tutorial_uvicorn = functools.partial(running_tutorial, server="Uvicorn")

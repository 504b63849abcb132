"""The Node server: Express, Socket.IO and pg, written as most people would."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.clients.speech import SocketIoSocket
from bench.contestants.base import Contestant, Setup, answers
from bench.contestants.seed_baselines import JWT_SECRET, BaselineTables, seed
from bench.processes import running
from bench.services import Services
from tools.services import find_binary, free_port

DIRECTORY = Path(__file__).resolve().parent.parent / "baselines" / "node"
TABLES = BaselineTables(users="users", polls="polls", options="options", votes="votes")


@contextmanager
def running_node(services: Services, setup: Setup) -> Iterator[Contestant]:
    """Runs the server with several processes on one port."""
    install()

    def create_tables(database_url: str) -> None:
        subprocess.run(
            [find_binary("psql"), "--quiet", f"--file={DIRECTORY / 'schema.sql'}", database_url],
            check=True,
        )

    with services.database("node", create_tables) as database_url:
        known = seed(database_url, TABLES, setup)
        services.settle(database_url)
        port = free_port()
        environment = os.environ | {
            "NODE_ENV": "production",
            "DATABASE_URL": database_url,
            "REDIS_URL": services.redis.url,
            "JWT_SECRET": JWT_SECRET,
            "PORT": str(port),
            "WORKERS": str(setup.processes),
        }
        with running(
            [str(find_binary("node")), "server.js"],
            environment=environment,
            directory=DIRECTORY,
            is_ready=lambda: answers(port, "/health", setup.processes),
        ) as pid:
            yield Contestant(
                name="Node server",
                port=port,
                pid=pid,
                known=known,
                socket_kind=SocketIoSocket,
                services=services,
                database_url=database_url,
                count_sql=TABLES.count_sql,
            )


def install() -> None:
    """Installs its npm packages, unless they are already installed."""
    installed, wanted = DIRECTORY / "node_modules" / ".installed", DIRECTORY / "package-lock.json"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        print("Installing the Node server ...", flush=True)
        subprocess.run([find_binary("npm"), "ci", "--silent"], cwd=DIRECTORY, check=True)
        installed.write_bytes(wanted.read_bytes())

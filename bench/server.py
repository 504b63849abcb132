"""The product as operators run it, on a PostgreSQL and a Redis of its own, with people in it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tools.services import PostgresServer, RedisServer, create_database, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

SEED = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.models import TokenFamily, User
from accounts.tokens import issue_tokens
from apikit.actors import Actor
from polls.services import create_poll

owner = User.objects.create(name="Owner", email="owner@example.org")
voters = User.objects.bulk_create(User(name="Voter", is_guest=True) for _ in range({voters}))
now = timezone.now()
families = TokenFamily.objects.bulk_create(
    TokenFamily(user=user, current_jti="-", last_used_at=now, expires_at=now + timedelta(days=1))
    for user in voters
)
polls = [
    create_poll(actor=Actor(owner.id), question=f"Question {{number}}?",
                options=["One", "Two", "Three", "Four"], is_published=True)
    for number in range({polls})
]
print(json.dumps({{
    "tokens": [issue_tokens(user, family).access for user, family in zip(voters, families)],
    "polls": [[str(poll.id), [str(option.id) for option in poll.options.all()]] for poll in polls],
}}))
"""


@dataclass(slots=True)
class Site:
    """A running site, and whom it knows."""

    port: int
    pid: int
    database_url: str
    tokens: list[str]
    polls: list[tuple[str, list[str]]]

    def cpu_seconds(self) -> float:
        """What its server processes have used up to now."""
        pids = [self.pid, *(int(pid) for pid in _children(self.pid))]
        return sum(_cpu_seconds(pid) for pid in pids)

    def vote_count(self) -> int:
        """How many votes the database has."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM votes_vote").fetchone()
            assert row is not None
            return int(row[0])


@contextmanager
def running_site(*, processes: int, voters: int, polls: int) -> Iterator[Site]:
    """The site with so many server processes on one port, default durability."""
    postgres, redis = PostgresServer(is_durable=True), RedisServer()
    with tempfile.TemporaryDirectory() as directory:
        try:
            postgres.start()
            redis.start()
            port = free_port()
            database_url = create_database(postgres.url(), "bench")
            environment = os.environ | {
                "ENVIRONMENT": "production",
                "DATABASE_URL": database_url,
                "REDIS_URL": redis.url,
                "SECRET_KEY": "s" * 40,
                "JWT_SECRET": "a" * 40,
                "JWT_REFRESH_SECRET": "r" * 40,
                "JWT_ACCESS_EXPIRES_IN": "1d",
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "VAR_DIR": directory,
                "WEB_PROCESSES": str(processes),
                "RATE_LIMIT_MAX_REQUESTS": "0",
                "WS_MAX_COMMANDS_PER_SECOND": "1000000",
                "LOG_LEVEL": "ERROR",
            }
            manage = [sys.executable, str(ROOT / "manage.py")]
            subprocess.run([*manage, "migrate", "--verbosity=0"], env=environment, check=True)
            script = SEED.format(voters=voters, polls=polls)
            seeded = subprocess.run(
                [*manage, "shell", "--verbosity=0", "-c", script],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
            )
            known = json.loads(seeded.stdout)
            server = subprocess.Popen([*manage, "serve"], env=environment)
            try:
                wait_until(lambda: _is_ready(port, processes), "the server")
                yield Site(port, server.pid, database_url, known["tokens"], known["polls"])
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(30)
        finally:
            redis.stop()
            postgres.stop()


def _is_ready(port: int, processes: int) -> bool:
    try:
        # As many times as there are processes, and some more, so that each has had its turn.
        for _ in range(processes * 4):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                pass
    except OSError:
        return False
    return True


def _children(pid: int) -> list[str]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.split()


def _cpu_seconds(pid: int) -> float:
    # The fields behind the name, which may have blanks: proc(5), utime and stime.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

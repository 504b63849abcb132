"""The site under test: a server process with demo data."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.embedded import prepare_var_dir
from tests.processes import (
    MANAGE,
    PATIENCE_S,
    ServerProcess,
    create_migrated_database,
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account that can sign in."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Site:
    """Its URL, and its accounts."""

    server: ServerProcess
    presenter: Account
    staff: Account
    # Of the demo's team, which the presenter owns.
    collaborator: Account
    viewer: Account

    @property
    def url(self) -> str:
        return self.server.url

    @contextmanager
    def api(self, account: Account | None = None) -> Iterator[httpx.Client]:
        """A client of the API, signed in as ``account``."""
        with httpx.Client(base_url=f"{self.url}/api", timeout=PATIENCE_S) as client:
            if account is not None:
                body = {"email": account.email, "password": account.password}
                tokens = client.post("/auth/login", json=body).raise_for_status().json()["tokens"]
                client.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
            yield client

    def register(self, name: str = "Alice") -> Account:
        """A new account, with nothing in it."""
        email = f"{name.lower()}-{os.urandom(4).hex()}@example.org"
        account = Account(email, "correct horse battery")
        with self.api() as client:
            body = {"name": name, "email": email, "password": account.password}
            client.post("/auth/register", json=body).raise_for_status()
        return account


@contextmanager
def running_site(directory: Path, **settings: str) -> Iterator[Site]:
    """Runs ``make run``, on SQLite or the services of the environment.

    Static files are those that ``make test`` has collected.
    """
    environment = _environment(directory) | settings
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    server.start()
    try:
        # Its name says which database they are for.
        [saved] = (directory / "var").glob("*demo-accounts*.txt")
        text = saved.read_text()
        accounts = [Account(*words) for words in re.findall(r"(\S+@\S+)\s+(\S+)", text)]
        staff, presenter, collaborator, viewer = accounts
        yield Site(server, presenter, staff, collaborator, viewer)
    finally:
        server.stop()


def _environment(directory: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
    } | {
        "ENVIRONMENT": "development",
        "HOST": "127.0.0.1",
        "VAR_DIR": str(directory / "var"),
        "RATE_LIMIT_MAX_REQUESTS": "0",
        "LOG_LEVEL": "WARNING",
    }
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        name = f"browser_{os.getpid()}"
        environment["DATABASE_URL"] = create_migrated_database(
            os.environ["DATABASE_URL"], name, environment
        )
    else:
        prepare_var_dir(directory / "var")
    return environment

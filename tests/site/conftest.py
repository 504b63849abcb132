"""Servers for tests of what only a server shows."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import MANAGE, ServerProcess
from tests.site.connections import App, Client

# Requests from one address in a minute, few enough to reach.
ANOTHER_ORIGIN = "https://app.example"
REQUEST_LIMIT = 40


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Client]]:
    """Connects to an application; another address can be given."""
    clients: list[Client] = []

    def connect(app: App, address: str = "198.51.100.1") -> Client:
        clients.append(Client(app, address))
        return clients[-1]

    yield connect
    for client in clients:
        client.leave()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """What ``make run`` starts, which logs all it can."""
    yield from _running(
        tmp_path_factory.mktemp("server"),
        LOG_LEVEL="DEBUG",
        RATE_LIMIT_MAX_REQUESTS=str(REQUEST_LIMIT),
        RATE_LIMIT_WINDOW_MS="86400000",
        CORS_ORIGIN=ANOTHER_ORIGIN,
    )


@pytest.fixture(scope="session")
def raw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """What ``make run`` starts, with no limit on requests."""
    yield from _running(
        tmp_path_factory.mktemp("raw"), LOG_LEVEL="INFO", RATE_LIMIT_MAX_REQUESTS="0"
    )


def _running(directory: Path, **settings: str) -> Iterator[ServerProcess]:
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory / "var"),
        "LOG_FORMAT": "json",
        **settings,
    }
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    server.start()
    yield server
    server.stop()

"""Fixtures that start servers."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import MANAGE, ServerProcess
from tests.site.connections import App, Client

# Low enough for a test to reach.
ANOTHER_ORIGIN = "https://app.example"
REQUEST_LIMIT = 40


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Client]]:
    """Connects to an application, from ``address``."""
    clients: list[Client] = []

    def connect(app: App, address: str = "198.51.100.1") -> Client:
        clients.append(Client(app, address))
        return clients[-1]

    yield connect
    for client in clients:
        client.leave()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server started as by ``make run``, with debug logs."""
    yield from _running(
        tmp_path_factory.mktemp("server"),
        LOG_LEVEL="DEBUG",
        RATE_LIMIT_MAX_REQUESTS=str(REQUEST_LIMIT),
        RATE_LIMIT_WINDOW_MS="86400000",
        CORS_ORIGIN=ANOTHER_ORIGIN,
    )


@pytest.fixture(scope="session")
def raw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server started as by ``make run``, without a rate limit."""
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

"""Fixtures that start servers."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded import embedded_server
from tests.processes import ServerProcess
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
    with embedded_server(directory, LOG_FORMAT="json", **settings) as running:
        yield running

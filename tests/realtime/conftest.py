"""Fixtures: sockets, and the hub of the test's process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from accounts.models import User
from realtime.database import in_database
from realtime.hub import Hub
from realtime.running import running_hub, stop_hub
from tests.conftest import access_token
from tests.realtime.socketio_requests import PacketSocket, PollingClient
from tests.sockets import PATIENCE_S, SocketClient

Connect = Callable[..., Awaitable[SocketClient]]


async def eventually(is_true: Callable[[], bool], what: str = "the condition") -> None:
    """Waits until the condition is true; fails the test after ``PATIENCE_S``."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not is_true():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not become true within {PATIENCE_S:.0f} s") from None


@pytest.fixture
async def hub(transactional_db: None) -> AsyncIterator[Hub]:
    """The running hub of this process, on the event loop of the test."""
    yield running_hub()
    await stop_hub()
    # Its threads must end before the database does.
    await asyncio.get_running_loop().shutdown_default_executor()


@pytest.fixture
async def connect(hub: Hub) -> AsyncIterator[Connect]:
    """Opens sockets of a user or a visitor, and closes them after the test."""
    clients: list[SocketClient] = []

    async def open_client(
        user: User | None = None, path: str = "/ws", **options: Any
    ) -> SocketClient:
        if user is not None:
            options["token"] = await in_database(access_token, user)
        client = await SocketClient(path, **options).open()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.close()


# Socket.IO


@pytest.fixture
async def logs(hub: Hub) -> AsyncIterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
async def polling(hub: Hub) -> PollingClient:
    return await PollingClient().connect()


@pytest.fixture
async def socket(hub: Hub) -> AsyncIterator[PacketSocket]:
    """A WebSocket that has connected."""
    client = await PacketSocket().open()
    await client.packet()
    await client.send_text("40")
    assert (await client.packet()).startswith("40")
    yield client
    await client.close()

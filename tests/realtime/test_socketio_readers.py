"""Socket.IO clients that do not read, or no longer poll."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from polling_site.socketio import socketio_application
from realtime.convergence import _check_sockets
from realtime.events import StateEvent
from realtime.hub import Hub
from realtime.socketio.polling import MAX_RESPONSE_CHARS
from realtime.topics import SITE_TOPIC
from tests.realtime.conftest import eventually
from tests.realtime.socketio_requests import PacketSocket, PollingClient, events_in

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(StateEvent):
    """A state of any size."""

    name: ClassVar[str] = "count"

    version: int
    padding: str = ""

    @property
    def order(self) -> int:
        return self.version


def count_of(version: int, size: int = 0) -> Count:
    return Count(version=version, padding="x" * size)


async def test_states_are_conflated_while_nobody_polls(polling: PollingClient, hub: Hub) -> None:
    [connection] = hub.connections
    for version in range(1, 50):
        connection.push_event("t", count_of(version))
    packets = (await polling.poll()).packets
    # The first was on its way; the newest replaced those between.
    assert [json.loads(each[2:])[1]["version"] for each in packets] == [1, 49]


async def test_a_response_is_bounded(polling: PollingClient, hub: Hub) -> None:
    [connection] = hub.connections
    for version in range(1, 9):
        connection.push_event(f"t{version}", count_of(version, size=30_000))
    response = await polling.poll()
    assert len(response.packets) == 3
    assert len(response.text) < 2 * MAX_RESPONSE_CHARS
    assert len((await polling.poll()).packets) == 3
    assert len((await polling.poll()).packets) == 2


async def test_a_client_that_does_not_poll_again(
    polling: PollingClient, hub: Hub, logs: list[Any], settings: Settings
) -> None:
    """Sessions without a request would cost a client nothing."""
    settings.WS_STALL_SECONDS = 0.2
    assert len(hub.connections) == 1
    await polling.post('420["ping"]')
    await polling.poll()
    await eventually(lambda: not hub.connections, "the session has ended")
    assert events_in(logs) == ["socket.io session closed: no longer polling"]


async def test_a_client_that_waits_for_its_poll_stays(
    polling: PollingClient, hub: Hub, settings: Settings
) -> None:
    # Time enough to poll again on a busy machine.
    settings.WS_STALL_SECONDS = 0.4
    await polling.post('420["ping"]')
    await polling.poll()
    waiting = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0.6)
    await polling.post('421["ping"]')
    assert (await waiting).text == '431[{"status":"ok"}]'


async def test_a_client_that_stops_polling(
    polling: PollingClient, hub: Hub, settings: Settings
) -> None:
    settings.WS_STALL_SECONDS = 5
    [connection] = hub.connections
    connection.push_event(SITE_TOPIC, count_of(1))
    assert connection.blocked_since_s is not None
    connection.blocked_since_s -= 6
    await _check_sockets(hub)
    await eventually(lambda: not hub.connections, "the session has ended")
    assert (await polling.poll()).status == 400


async def test_a_websocket_that_is_not_read(
    socket: PacketSocket, hub: Hub, settings: Settings
) -> None:
    settings.WS_MAX_QUEUED_BYTES = 65_536
    [connection] = hub.connections
    unread = asyncio.get_running_loop().create_future()

    async def send_text(text: str) -> None:
        await unread

    connection.use(replace(connection._transport, send_text=send_text))
    for version in range(1, 9):
        connection.push_event(f"t{version}", count_of(version, size=30_000))
    assert connection.is_closing
    assert connection.waiting_bytes <= 65_536
    unread.set_result(None)


async def test_a_client_that_answers_no_ping(
    hub: Hub, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = socketio_application()._server.eio  # type: ignore[attr-defined]
    monkeypatch.setattr(server, "ping_interval", 0.05)
    monkeypatch.setattr(server, "ping_timeout", 0.05)
    client = await PollingClient().connect()
    assert (await client.poll()).text == "2"
    await client.post("3")
    assert (await client.poll()).text == "2"
    await eventually(lambda: not hub.connections, "the session has ended")
    assert events_in(logs) == ["socket.io session closed: no answer to a ping"]


async def test_a_client_that_drops_its_poll(polling: PollingClient, hub: Hub) -> None:
    """What it had been sent would be lost."""
    gone = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(polling.request("GET", polling._query, disconnect=gone))
    await eventually(lambda: not waiting.done())
    gone.set_result(None)
    await waiting
    assert not hub.connections

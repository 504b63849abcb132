"""Socket.IO clients that misbehave: each is refused or dropped, with one line in the log."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from polling_site.socketio import socketio_application
from realtime.convergence import _check_sockets
from realtime.events import StateEvent
from realtime.hub import Hub
from realtime.socketio.polling import MAX_RESPONSE_CHARS
from realtime.topics import SITE_TOPIC
from tests.realtime.conftest import eventually
from tests.realtime.socketio_requests import PacketSocket, PollingClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def logs(hub: Hub) -> AsyncIterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def events_in(logs: list[Any]) -> list[str]:
    """The lines of a client's fault; those at debug level are not written."""
    return [line["event"] for line in logs if line["log_level"] != "debug"]


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


# Handshakes


async def test_a_handshake_that_is_abandoned(hub: Hub, logs: list[Any], settings: Settings) -> None:
    settings.SOCKET_IO_CONNECT_SECONDS = 0.05
    client = await PollingClient().open()
    assert len(hub.connections) == 1
    await eventually(lambda: not hub.connections, "the session has ended")
    assert events_in(logs) == ["socket.io session closed: no CONNECT"]
    assert (await client.poll()).status == 400


async def test_a_websocket_that_never_connects(
    hub: Hub, logs: list[Any], settings: Settings
) -> None:
    settings.SOCKET_IO_CONNECT_SECONDS = 0.05
    client = await PacketSocket().open()
    assert (await client.packet()).startswith("0{")
    await eventually(lambda: not hub.connections, "the session has ended")
    assert events_in(logs) == ["socket.io session closed: no CONNECT"]


async def test_no_events_before_connect(hub: Hub, settings: Settings) -> None:
    """A client that has not authenticated is subscribed to nothing."""
    client = await PollingClient().open()
    [connection] = hub.connections
    assert not connection.topics
    assert (await client.post('42["ping"]')).status == 400


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_client_that_is_gone_before_its_first_message(
    hub: Hub, logs: list[Any], kind: str
) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": f"{kind}.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "path": "/socket.io/", "query_string": b"EIO=4", "headers": []}
    await socketio_application()(scope, receive, send)
    assert events_in(logs) == ["socket.io request abandoned"]
    assert not sent


async def test_a_disconnect_before_any_event(hub: Hub, logs: list[Any]) -> None:
    client = await PollingClient().open()
    assert (await client.post("41")).status == 200
    assert not hub.connections
    assert not events_in(logs)


@pytest.mark.parametrize(
    "query",
    [
        "EIO=3&transport=polling",
        "EIO=4&transport=flash",
        "EIO=4&transport=websocket",
        "EIO=4&transport=polling&j=0",
        "EIO=4&transport=polling&sid=unknown",
    ],
)
async def test_a_request_that_is_none(hub: Hub, logs: list[Any], query: str) -> None:
    response = await PollingClient().request("GET", query)
    assert response.status == 400
    assert response.error["code"] == "request.invalid"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert events_in(logs) == ["socket.io request refused"]
    assert not hub.connections


async def test_too_many_sockets(hub: Hub, settings: Settings) -> None:
    settings.WS_MAX_SOCKETS = 1
    await PollingClient().open()
    response = await PollingClient().request("GET", "EIO=4&transport=polling")
    assert (response.status, response.error["code"]) == (503, "server.unavailable")
    assert response.headers["retry-after"] == "5"


async def test_too_many_sockets_of_one_address(hub: Hub, settings: Settings) -> None:
    """The address is the one that proxies tell, not the proxy's."""
    settings.WS_MAX_SOCKETS = 4
    settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT = 50
    for _ in range(2):
        await PollingClient().open()
    response = await PollingClient().request("GET", "EIO=4&transport=polling")
    assert (response.status, response.error["code"]) == (429, "rate_limited")
    await PollingClient(address="192.0.2.8").open()


# Packets


@pytest.mark.parametrize(
    "packet", ["", "x", "0", "5", "9", '4{"type":"ping"}', "4", "42", "42{}", "42[1]", "47", "43[]"]
)
async def test_a_packet_that_is_none(
    polling: PollingClient, hub: Hub, logs: list[Any], packet: str
) -> None:
    response = await polling.post(packet)
    assert (response.status, response.error["code"]) == (400, "request.invalid")
    assert events_in(logs) == ["socket.io packet refused"]
    await eventually(lambda: not hub.connections, "the session has ended")


async def test_a_body_that_is_no_text(polling: PollingClient, logs: list[Any]) -> None:
    assert (await polling.post(body=b'42["ping\xff"]')).status == 400
    assert events_in(logs) == ["socket.io packet refused"]


async def test_many_packets_in_one_request_are_all_handled(polling: PollingClient) -> None:
    """The library answers 200 to more than 16, and drops them."""
    asked = [f'42{number}["ping"]' for number in range(17)]
    assert (await polling.post(*asked)).status == 200
    answered: list[str] = []
    while len(answered) < len(asked):
        answered += (await polling.poll()).packets
    assert answered == [f'43{number}[{{"status":"ok"}}]' for number in range(17)]


async def test_too_many_packets_in_one_request(
    polling: PollingClient, hub: Hub, logs: list[Any], settings: Settings
) -> None:
    settings.WS_MAX_COMMANDS_PER_SECOND = 20
    response = await polling.post(*(['42["ping"]'] * 81))
    assert response.status == 400
    assert "at most 80 packets" in response.error["message"]
    assert events_in(logs) == ["socket.io packet refused"]
    await eventually(lambda: not hub.connections, "the session has ended")


async def test_a_request_that_is_too_large(
    polling: PollingClient, hub: Hub, settings: Settings
) -> None:
    settings.WS_MAX_MESSAGE_BYTES = 100
    response = await polling.post(f'42["ping","{"x" * 100}"]')
    assert (response.status, response.error["code"]) == (413, "request.too_large")
    await eventually(lambda: not hub.connections, "the session has ended")


async def test_a_frame_that_is_too_large(socket: PacketSocket, settings: Settings) -> None:
    settings.WS_MAX_MESSAGE_BYTES = 100
    await socket.send_text(f'42["ping","{"x" * 100}"]')
    assert (await socket.packet()).startswith('42["error",{"code":"too_large"')
    # DISCONNECT, after which the library does not reconnect.
    assert await socket.packet() == "41"
    assert await socket.closed() == 4501


async def test_binary_attachments(socket: PacketSocket, logs: list[Any]) -> None:
    """The library collects them without a bound."""
    await socket.send_text('451-["ping",{"_placeholder":true,"num":0}]')
    assert "Binary data is not supported" in await socket.packet()
    assert (await socket.packet()).startswith('42["error",{"code":"not_socketio"')
    assert await socket.packet() == "41"
    assert await socket.closed() == 4506
    assert events_in(logs) == ["socket.io packet refused"]


async def test_a_client_that_speaks_plain_json(hub: Hub, logs: list[Any]) -> None:
    """It can read the error, and learns the right address."""
    client = await PacketSocket().open()
    assert (await client.packet()).startswith("0{")
    await client.send_text('{"type":"ping","ref":1}')
    error = json.loads(await client.packet())
    assert (error["type"], error["code"]) == ("error", "request.invalid")
    assert "/ws" in error["message"]
    assert await client.closed() == 4506
    assert events_in(logs) == ["socket.io packet refused"]


async def test_too_many_commands(socket: PacketSocket) -> None:
    for number in range(100):
        await socket.send_text(f'42{number}["ping"]')
    outputs = [await socket.output()]
    while outputs[-1]["type"] == "websocket.send":
        outputs.append(await socket.output())
    # A burst of twice the rate is allowed, CONNECT included; then the client is told as often.
    texts = [each["text"] for each in outputs[:-1]]
    assert [each for each in texts if '"ok"' in each] == texts[:39]
    assert all('"rate_limited"' in each for each in texts[39:])
    assert outputs[-1]["code"] == 4429


async def test_a_flood_of_pongs(hub: Hub, socket: PacketSocket) -> None:
    for _ in range(60):
        await socket.send_text("3")
    assert await socket.closed() == 4429


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_two_requests_of_one_session_at_a_time(
    polling: PollingClient, hub: Hub, logs: list[Any], method: str
) -> None:
    release = asyncio.get_running_loop().create_future()
    if method == "GET":
        first = asyncio.ensure_future(polling.poll())
        await asyncio.sleep(0)
        await eventually(lambda: not first.done())
        second = await polling.poll()
    else:
        [connection] = hub.connections

        async def wait() -> None:
            await release

        connection.until_read = wait  # type: ignore[method-assign]
        connection.waiting_bytes += 1 << 20
        first = asyncio.ensure_future(polling.post('42["ping"]'))
        await eventually(lambda: not first.done())
        await asyncio.sleep(0.05)
        second = await polling.post('42["ping"]')
        connection.waiting_bytes -= 1 << 20
        release.set_result(None)
    assert second.status == 400
    assert events_in(logs) == ["socket.io session closed: overlapping requests"]
    await first
    await eventually(lambda: not hub.connections, "the session has ended")


# Clients that do not read


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
    await polling.post('420["ping"]')
    await polling.poll()
    assert len(hub.connections) == 1
    await eventually(lambda: not hub.connections, "the session has ended")
    assert events_in(logs) == ["socket.io session closed: no longer polling"]


async def test_a_client_that_waits_for_its_poll_stays(
    polling: PollingClient, hub: Hub, settings: Settings
) -> None:
    settings.WS_STALL_SECONDS = 0.05
    await polling.post('420["ping"]')
    await polling.poll()
    waiting = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0.2)
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

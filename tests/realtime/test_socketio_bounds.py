"""Socket.IO clients that misbehave: each is refused or dropped, with one line in the log."""

import asyncio
import json
from typing import Any

import pytest
from pytest_django import Settings

from polling_site.socketio import socketio_application
from realtime.hub import Hub
from tests.realtime.conftest import eventually
from tests.realtime.socketio_requests import PacketSocket, PollingClient, events_in

pytestmark = pytest.mark.django_db(transaction=True)


# Handshakes


async def test_a_handshake_that_is_abandoned(hub: Hub, logs: list[Any], settings: Settings) -> None:
    settings.SOCKET_IO_CONNECT_SECONDS = 0.05
    client = await PollingClient().open()
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


async def test_a_client_of_another_version_is_told_which_to_use(hub: Hub) -> None:
    response = await PollingClient().request("GET", "EIO=3&transport=polling")
    assert (response.status, response.error["code"]) == (400, "request.invalid")
    assert "client of version 3 or 4" in response.error["message"]


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


@pytest.mark.parametrize(
    "data", ['{"body":"\\ud83d"}', "1e999", "nonsense", "[" * 300, '{"since":1,"since":2}']
)
async def test_an_event_that_is_not_json(socket: PacketSocket, hub: Hub, data: str) -> None:
    """Such as a text that was cut within an emoji: half a surrogate pair."""
    for ack_id, answer in (("7", '437[{"status":"error",'), ("", '42["error",{')):
        await socket.send_text(f'42{ack_id}["ping",{data}]')
        assert (await socket.packet()).startswith(f'{answer}"code":"request.invalid","message":')
    await socket.send_text('428["ping"]')
    assert await socket.packet() == '438[{"status":"ok"}]'


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

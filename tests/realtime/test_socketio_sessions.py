"""Socket.IO sessions: who connects, upgrades, and how they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services import end_access, suspend_user
from realtime.close_codes import CloseCode
from realtime.database import in_database
from realtime.hub import Hub
from tests.conftest import MakePoll, access_token, actor_of, option_ids
from tests.realtime.socketio_requests import PacketSocket, PollingClient
from tests.realtime.test_who_connects import session_headers
from tests.sockets import PATIENCE_S

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def sockets(hub: Hub) -> AsyncIterator[list[PacketSocket]]:
    opened: list[PacketSocket] = []
    yield opened
    for each in opened:
        await each.close()


async def open_socket(
    sockets: list[PacketSocket], *, auth: dict[str, Any] | None = None, **options: Any
) -> PacketSocket:
    """Opens a WebSocket and sends CONNECT; the answer is still to be read."""
    socket = await PacketSocket(**options).open()
    sockets.append(socket)
    assert (await socket.packet()).startswith("0{")
    await socket.send_text(f"40{json.dumps(auth)}" if auth else "40")
    return socket


# Who connects


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [("http://polls.test", True), ("https://evil.test", False), (None, False)],
)
@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_session_cookie_counts_only_on_pages_of_the_site(
    hub: Hub,
    bob: User,
    sockets: list[PacketSocket],
    settings: Settings,
    transport: str,
    origin: str | None,
    is_ours: bool,
) -> None:
    settings.ALLOWED_HOSTS = ["polls.test"]
    headers = await in_database(session_headers, bob, origin)
    if transport == "polling":
        await PollingClient(headers).connect()
    else:
        await (await open_socket(sockets, headers=headers)).packet()
    [connection] = hub.connections
    assert connection.actor.id == (bob.id if is_ours else None)


async def test_a_malformed_origin_is_refused(
    hub: Hub, bob: User, sockets: list[PacketSocket]
) -> None:
    headers = await in_database(session_headers, bob, "http://[")
    packet = await (await open_socket(sockets, headers=headers)).packet()
    assert json.loads(packet[2:])["data"]["code"] == "request.invalid"


@pytest.mark.parametrize("token", ["nonsense", 7, ["a"], {"a": 1}])
async def test_a_bad_token_is_refused(hub: Hub, sockets: list[PacketSocket], token: Any) -> None:
    packet = await (await open_socket(sockets, auth={"token": token})).packet()
    assert packet.startswith("44")
    assert json.loads(packet[2:])["data"]["code"] == "auth.token_invalid"
    [connection] = hub.connections
    assert not connection.topics


@pytest.mark.parametrize("auth", [{"token": None}, {"token": ""}, {}, {"other": 1}])
async def test_no_token_is_a_visitor(
    hub: Hub, sockets: list[PacketSocket], auth: dict[str, Any]
) -> None:
    packet = await (await open_socket(sockets, auth=auth)).packet()
    assert packet.startswith('40{"sid":')


async def test_another_namespace_is_refused(hub: Hub, sockets: list[PacketSocket]) -> None:
    """The library sends all namespaces of a page over one connection, which stays."""
    socket = await open_socket(sockets)
    await socket.packet()
    await socket.send_text("40/admin,")
    packet = await socket.packet()
    assert packet.startswith('44/admin,{"message":"There is only one namespace')
    await socket.send_text("41/admin,")
    await socket.send_text('421["ping"]')
    assert await socket.packet() == '431[{"status":"ok"}]'
    await socket.send_text('42/admin,["ping"]')
    assert await socket.closed_with() == CloseCode.NOT_SOCKETIO


async def test_too_many_sockets_of_one_user(
    hub: Hub, bob: User, sockets: list[PacketSocket], settings: Settings
) -> None:
    settings.WS_MAX_SOCKETS_PER_USER = 1
    auth = {"token": await in_database(access_token, bob)}
    assert (await (await open_socket(sockets, auth=auth)).packet()).startswith("40")
    refused = await (await open_socket(sockets, auth=auth)).packet()
    assert json.loads(refused[2:])["data"]["code"] == "rate_limited"


# Upgrades


async def upgrade(
    sockets: list[PacketSocket], client: PollingClient, **options: Any
) -> PacketSocket:
    """Begins to upgrade a session; the client's last packet is still to be sent."""
    path = f"/socket.io/?EIO=4&transport=websocket&sid={client.sid}"
    socket = await PacketSocket(path, **options).open()
    sockets.append(socket)
    await socket.send_text("2probe")
    assert await socket.packet() == "3probe"
    return socket


async def test_after_an_upgrade_the_request_is_that_of_the_websocket(
    hub: Hub, bob: User, sockets: list[PacketSocket]
) -> None:
    client = await PollingClient().open()
    token = await in_database(access_token, bob)
    header = (b"authorization", f"Bearer {token}".encode())
    socket = await upgrade(sockets, client, headers=[header])
    await socket.send_text("5")
    await socket.send_text("40")
    assert (await socket.packet()).startswith("40")
    [connection] = hub.connections
    assert connection.actor.id == bob.id


async def test_what_waits_is_sent_after_an_upgrade(
    hub: Hub, bob: User, sockets: list[PacketSocket], make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll)
    client = await PollingClient().open()
    await client.post("40" + json.dumps({"token": await in_database(access_token, bob)}))
    assert (await client.poll()).text.startswith("40")
    socket = await upgrade(sockets, client)
    assert (await client.poll()).text == "6"
    await client.post('421["ping"]', '422["ping"]')
    await socket.send_text("5")
    assert await socket.packet() == '431[{"status":"ok"}]'
    assert await socket.packet() == '432[{"status":"ok"}]'
    [option_id, *_] = await in_database(option_ids, poll)
    await socket.send_text(
        f'423["cast-vote",{{"pollId":"{poll.id}","pollOptionId":"{option_id}"}}]'
    )
    assert (await socket.packet()).startswith('433[{"status":"ok","message":"Vote submitted')
    assert (await client.poll()).status == 400
    assert len(hub.connections) == 1


@pytest.mark.parametrize("packets", [["nonsense"], ["2probe", "nonsense"]])
async def test_an_upgrade_that_fails_leaves_polling_as_it_was(
    hub: Hub, sockets: list[PacketSocket], packets: list[str]
) -> None:
    client = await PollingClient().connect()
    socket = await PacketSocket(f"/socket.io/?EIO=4&transport=websocket&sid={client.sid}").open()
    for packet in packets:
        await socket.send_text(packet)
    output = await socket.output()
    if output["type"] == "websocket.send":
        output = await socket.output()
    assert output["type"] == "websocket.close"
    await client.post('421["ping"]')
    assert (await client.poll()).text == '431[{"status":"ok"}]'


# Events


async def test_a_guest_of_another_poll_gets_no_events(
    hub: Hub, sockets: list[PacketSocket], make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll, is_published=False)
    socket = await open_socket(sockets)
    await socket.packet()
    await socket.send_text(f'421["join-poll","{poll.id}"]')
    answer = json.loads((await socket.packet())[3:])
    assert answer == [
        {"status": "error", "code": "poll.not_found", "message": "There is no such poll."}
    ]


# The end


@pytest.mark.parametrize("is_suspended", [True, False])
async def test_ended_access_closes_the_session(
    hub: Hub, bob: User, staff: User, sockets: list[PacketSocket], is_suspended: bool
) -> None:
    token = await in_database(access_token, bob)
    socket = await open_socket(sockets, auth={"token": token})
    await socket.packet()
    if is_suspended:
        await in_database(suspend_user, actor=actor_of(staff), user_id=bob.id, reason="spam")
        # Only DISCONNECT keeps the library from reconnecting.
        assert (await socket.packet()).startswith('42["error",{"code":"suspended"')
        assert await socket.packet() == "41"
        assert await socket.closed() == CloseCode.SUSPENDED
    else:
        await in_database(end_access, user_id=bob.id)
        assert await socket.closed() == CloseCode.SIGNED_OUT


async def test_a_stopping_server_makes_clients_reconnect(
    hub: Hub, sockets: list[PacketSocket]
) -> None:
    """It closes the transport. DISCONNECT would tell the library to stay away."""
    socket = await open_socket(sockets)
    await socket.packet()
    client = await PollingClient().connect()
    waiting = asyncio.ensure_future(client.poll())
    draining = asyncio.ensure_future(hub.drain(PATIENCE_S))
    assert await socket.closed() == CloseCode.RESTARTING
    assert (await waiting).text == "1"
    await socket.close()
    sockets.clear()
    await draining
    assert not hub.connections
    refused = await PollingClient().request("GET", "EIO=4&transport=polling")
    assert refused.status == 503

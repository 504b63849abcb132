"""A client that reads nothing is dropped, and delays no other client."""

import asyncio
import base64
import json
import os
import socket

import pytest

from tests.processes import (
    Cluster,
    ServerProcess,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    rest_client,
    vote_by_rest,
)

pytestmark = pytest.mark.services

# The snapshots of a large poll; together more than all buffers on the way hold.
OPTIONS = [f"{number:02}{'ä' * 198}" for number in range(50)]
JOINS = 1_000


def open_deaf_socket(server: ServerProcess) -> socket.socket:
    """A WebSocket whose client never reads after the handshake."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b" 101 " in connection.recv(4096)
    return connection


def text_frame(text: str) -> bytes:
    """A masked text frame of up to 64 KiB (RFC 6455, section 5.2); the mask is all zeros."""
    payload = text.encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload


def ask_without_reading(connection: socket.socket, poll_id: str) -> None:
    """Sends commands until the server stops reading them or closes the connection."""
    frame = text_frame(json.dumps({"type": "join-poll", "pollId": poll_id}))
    connection.settimeout(1)
    try:
        for _ in range(JOINS):
            connection.sendall(frame)
    except OSError:
        pass


async def test_a_stalled_reader_is_dropped_and_delays_nobody(cluster: Cluster) -> None:
    server = cluster.servers[0]
    poll, large = await create_poll(server), await create_poll(server, options=OPTIONS)
    tokens = await create_guests(server, 50)
    deaf = await asyncio.to_thread(open_deaf_socket, server)
    async with rest_client(server) as client, open_sockets(server, [None]) as [watcher]:
        await watcher.join(poll)
        asking = asyncio.create_task(asyncio.to_thread(ask_without_reading, deaf, large.id))
        for token in tokens:
            response = await vote_by_rest(client, token, poll, poll.option_ids[0])
            assert response.status == 201
        await eventually(lambda: counts_of(watcher.tally) == [50, 0, 0], "the watcher sees all")
        await asking
        await eventually(
            lambda: 'tallyroom_sockets_closed_total{reason="stalled"} 1.0' in server.metrics(),
            "the stalled reader is dropped",
        )
        await eventually(lambda: "tallyroom_sockets 1.0" in server.metrics(), "one is left")
    deaf.close()

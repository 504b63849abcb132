"""What breaks the WebSocket protocol itself ends its own socket, and nothing else."""

import asyncio
import base64
import os
import random
import struct

import httpx
import pytest

from tests.processes import (
    PATIENCE_S,
    Cluster,
    ServerProcess,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    vote_by_rest,
)

pytestmark = pytest.mark.services

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9
FINAL = 0x80


def frame(opcode: int, payload: bytes, *, flags: int = FINAL, is_masked: bool = True) -> bytes:
    """A frame as RFC 6455 has it, or nearly."""
    mask_bit = 0x80 if is_masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", flags | opcode, mask_bit | len(payload))
    else:
        head = struct.pack("!BBH", flags | opcode, mask_bit | 126, len(payload))
    if not is_masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


BROKEN = {
    "text that is no UTF-8": frame(TEXT, b'{"type": "\xff\xfe"}'),
    "half of a surrogate pair as UTF-8": frame(TEXT, b'{"type": "\xed\xa0\x80"}'),
    "an overlong encoding": frame(TEXT, b'{"type": "\xc0\xaf"}'),
    "an unmasked frame": frame(TEXT, b'{"type": "ping"}', is_masked=False),
    "an unknown opcode": frame(0x3, b"x"),
    "a reserved bit": frame(TEXT, b'{"type": "ping"}', flags=FINAL | 0x40),
    "a continuation of nothing": frame(0x0, b"x"),
    "a text within a text": frame(TEXT, b"a", flags=0) + frame(TEXT, b"b"),
    "a ping in parts": frame(PING, b"x", flags=0),
    "a ping that is too long": frame(PING, b"x" * 126),
    "a close code nobody may send": frame(CLOSE, struct.pack("!H", 1005)),
    "a close reason that is no UTF-8": frame(CLOSE, struct.pack("!H", 1000) + b"\xff"),
    "an announcement of 8 EiB": struct.pack("!BBQ", FINAL | TEXT, 0x80 | 127, 2**63 - 1),
    "an announcement of 1 GiB": struct.pack("!BBQ", FINAL | TEXT, 0x80 | 127, 2**30),
    "a binary frame": frame(BINARY, b'{"type": "ping"}'),
    "noise": random.Random(2).randbytes(4096),
}


async def shake_hands(
    server: ServerProcess,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket of which we write every byte ourselves."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    return reader, writer


async def is_ended_by(server: ServerProcess, data: bytes) -> bool:
    """Whether the server ends a socket on which that was written."""
    reader, writer = await shake_hands(server)
    try:
        writer.write(data)
        # A server waits for the farewell it is owed; ours is to hang up.
        async with asyncio.timeout(PATIENCE_S):
            received = await reader.read(1)
            return received in {b"", bytes([FINAL | CLOSE])}
    except ConnectionResetError:
        return True
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_frame_ends_its_own_socket(cluster: Cluster, name: str) -> None:
    server = cluster.servers[0]
    async with open_sockets(server, [None]) as [other]:
        assert await is_ended_by(server, BROKEN[name])
        assert (await other.call("ping"))["status"] == "ok"


async def test_after_all_that_votes_are_counted_and_shown(cluster: Cluster) -> None:
    server = cluster.servers[0]
    poll = await create_poll(server)
    [token] = await create_guests(server, 1)
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client,
        open_sockets(server, [None]) as [watcher],
    ):
        await watcher.join(poll)
        for data in BROKEN.values():
            assert await is_ended_by(server, data)
        assert (await vote_by_rest(client, token, poll, poll.option_ids[0])).is_acknowledged
        await eventually(lambda: counts_of(watcher.tally) == [1, 0, 0], "the vote is shown")
    assert "Traceback" not in server.log.read_text()

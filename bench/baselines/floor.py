"""A bare uvloop server that only writes frames: the lower bound for fan-out.

    python -m bench.baselines.floor PORT

For each message from a client, it writes one prepared frame to all clients, then a reply to that
client.
"""

import asyncio
import base64
import hashlib
import json
import sys
from typing import cast

import uvloop

WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPTIONS = [
    {"id": "0" * 36, "text": text, "voteCount": 10, "percentage": 25.0}
    for text in ("One", "Two", "Three", "Four")
]
_open: "set[asyncio.Transport]" = set()
_said = 0


class FloorProtocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._is_upgraded = False

    def data_received(self, data: bytes) -> None:
        global _said  # noqa: PLW0603 - the only state of this program
        if not self._is_upgraded:
            self._upgrade(data)
            return
        _said += 1
        prepared = _frame(_update(_said))
        for transport in _open:
            transport.write(prepared)
        self._transport.write(_frame(b'{"type":"reply"}'))

    def _upgrade(self, data: bytes) -> None:
        key = data.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0]
        accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._is_upgraded = True
        _open.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        _open.discard(self._transport)


def _update(total: int) -> bytes:
    """Returns an update of the same length as Tallyroom's."""
    poll = {"id": "0" * 36, "question": "Question 0?", "totalVotes": total, "options": OPTIONS}
    update = {"type": "vote-update", "event": "vote-update", "version": total, "poll": poll}
    update["newVote"] = {"optionId": "0" * 36, "optionText": "Three"}
    return json.dumps(update, separators=(",", ":")).encode()


def _frame(text: bytes) -> bytes:
    length = len(text)
    return (bytes((0x81, length)) if length < 126 else b"\x81\x7e" + length.to_bytes(2)) + text


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(FloorProtocol, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

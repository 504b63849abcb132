"""Connections that send a header byte by byte (slowloris), or nothing."""

import asyncio
from collections import Counter

from bench.attacks.target import Target

WHAT = "3,000 connections from one address, half of them silent, half sending a byte a second"
CONNECTIONS = 3_000
# Longer than the server waits for headers.
HOLD_S = 22
_HEAD = b"GET /api/polls HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
_OTHER_ADDRESS = "127.0.0.3"


async def attack(target: Target) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    tasks = [asyncio.create_task(hold(target, number, outcomes)) for number in range(CONNECTIONS)]
    await asyncio.sleep(HOLD_S)
    outcomes["still open at the end"] = sum(not task.done() for task in tasks)
    outcomes[f"a newcomer elsewhere: {await connect_elsewhere(target)}"] += 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes


async def hold(target: Target, number: int, outcomes: Counter[str]) -> None:
    """Holds a connection until the server closes it; sends slowly if ``number`` is odd."""
    # Spread out, to avoid measuring the kernel's backlog.
    await asyncio.sleep(number / 4_000)
    try:
        reader, writer = await target.connect()
    except OSError:
        outcomes["not accepted"] += 1
        return
    try:
        sending = asyncio.create_task(_trickle(writer)) if number % 2 else None
        first = await reader.read(16)
        outcomes[f"ended: {first[9:12].decode() or 'closed'}"] += 1
        if sending is not None:
            sending.cancel()
    except ConnectionError:
        outcomes["ended: reset"] += 1
    finally:
        writer.transport.abort()


async def _trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD)
    while True:
        writer.write(b"a")
        await asyncio.sleep(1)


async def connect_elsewhere(target: Target) -> str:
    """Sends a request from another address; returns its status."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await target.connect(_OTHER_ADDRESS)
            writer.write(
                b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            status = (await reader.read(12))[9:].decode()
            writer.close()
    except (OSError, TimeoutError):
        return "no answer"
    return status or "closed"

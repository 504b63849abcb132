"""Anonymous sockets that send commands with a large ``ref`` and read none of the replies."""

import asyncio
from collections import Counter

from bench.attacks.raw_sockets import command, open_unread
from bench.attacks.target import Target, repeat

WHAT = "200 sockets that repeat join-poll with a ref of 15.9 kB and read no reply"


async def attack(target: Target) -> Counter[str]:
    frame = command("join-poll", pollId=target.spare_poll_id, ref="r" * 15_900)

    async def step(_worker: int) -> str:
        writer = await open_unread(target)
        try:
            while True:
                writer.write(frame)
                await writer.drain()
                await asyncio.sleep(1 / 20)
        finally:
            writer.transport.abort()

    return await repeat(target, 200, step)

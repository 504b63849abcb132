"""Anonymous sockets that repeatedly join a large poll and read none of the replies."""

import asyncio
from collections import Counter

from bench.attacks.raw_sockets import command, create_large_poll, open_unread
from bench.attacks.target import Target, repeat

WHAT = "200 sockets that join a large poll 20 times a second and read no reply"


async def attack(target: Target) -> Counter[str]:
    poll_id = await create_large_poll(target)

    async def step(_worker: int) -> str:
        writer = await open_unread(target)
        try:
            while True:
                writer.write(command("join-poll", pollId=poll_id, ref="r" * 200))
                await writer.drain()
                await asyncio.sleep(1 / 20)
        finally:
            writer.transport.abort()

    return await repeat(target, 200, step)

"""More connections from one address than a server should accept."""

import asyncio
from collections import Counter

from bench.attacks.cases.slow_connections import connect_elsewhere, hold
from bench.attacks.target import Target

WHAT = "12,000 connections from one address that send nothing"
CONNECTIONS = 12_000


async def attack(target: Target) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    tasks = [
        asyncio.create_task(hold(target, 2 * number, outcomes)) for number in range(CONNECTIONS)
    ]
    await asyncio.sleep(target.seconds - 1)
    outcomes["still open at the end"] = sum(not task.done() for task in tasks)
    outcomes[f"a newcomer elsewhere: {await connect_elsewhere(target)}"] += 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes

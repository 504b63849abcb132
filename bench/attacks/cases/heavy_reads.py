"""Twenty connections that request workbooks, timelines and large images."""

import json
from collections import Counter
from itertools import count

from bench.attacks.target import Target, repeat, send_request

WHAT = "Workbooks, timelines and 4,096 px images on twenty connections"


async def attack(target: Target) -> Counter[str]:
    poll = f"/api/polls/{target.poll_id}"
    _, content = await send_request(target, f"GET {poll} HTTP/1.1")
    paths = [
        f"{poll}/export?format=xlsx",
        f"{poll}/timeline?points=1000",
        f"/p/{json.loads(content)['poll']['joinCode']}/qr.png?size=4096",
    ]
    numbers = count()

    async def step(_: int) -> str:
        path = paths[next(numbers) % len(paths)]
        status, content = await send_request(target, f"GET {path} HTTP/1.1")
        return f"{status}, {len(content) // 1024} kB"

    return await repeat(target, 20, step)

"""Ten connections that send bodies with 20,000 unknown fields, to provoke large errors."""

import json
from collections import Counter

from bench.attacks.target import Target, repeat, send_request

WHAT = "Bodies with 20,000 unknown fields on ten connections"
_BODY = json.dumps({f"f{number}": 0 for number in range(20_000)}).encode()


async def attack(target: Target) -> Counter[str]:
    async def step(worker: int) -> str:
        token = target.tokens[-1 - worker]
        status, content = await send_request(
            target,
            f"POST /api/votes HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json",
            _BODY,
        )
        return f"{status}, {len(content) // 1024} kB"

    return await repeat(target, 10, step)

"""One address floods the sign-in with unknown emails; another one sends valid sign-ins."""

import asyncio
import json
from collections import Counter

from bench.attacks.target import Target, repeat, send_request

WHAT = "300 connections sign in with unknown emails; another address signs in twice a second"
OTHER_ADDRESS = "127.0.0.3"
# More than two processes together queue.
CONNECTIONS = 300
_HEAD = "POST /api/auth/login HTTP/1.1\r\nContent-Type: application/json"


async def attack(target: Target) -> Counter[str]:
    flooding = asyncio.create_task(
        repeat(target, CONNECTIONS, lambda number: _invent(target, number))
    )
    valid = await _sign_in_elsewhere(target)
    return valid + await flooding


async def _invent(target: Target, worker: int) -> str:
    body = {"email": f"nobody-{worker}@example.org", "password": "wrong horse battery"}
    status, _ = await send_request(target, _HEAD, json.dumps(body).encode())
    return f"invented: {status}"


async def _sign_in_elsewhere(target: Target) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    # The flood needs a moment to build up.
    await asyncio.sleep(1)
    for email in target.emails[: int(2 * (target.seconds - 1))]:
        body = json.dumps({"email": email, "password": target.password}).encode()
        status, _ = await send_request(target, _HEAD, body, OTHER_ADDRESS)
        outcomes[f"valid: {status}"] += 1
        await asyncio.sleep(0.5)
    return outcomes

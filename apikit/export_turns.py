"""Turns of streamed exports: one chunk at a time in each process, the clients in turn.

A request's place in the queue of heavy requests ends when its response begins, so what is read
afterwards needs turns of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from apikit.fair_gate import FairGate

# The pause after a chunk, as a multiple of its time: votes need the processor more.
REST = 2.0
# More than a process has connections: an export that has begun is never refused.
_MANY = 1_000_000
# All exports of an event loop.
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, FairGate] = WeakKeyDictionary()


@asynccontextmanager
async def export_turn(client: str) -> AsyncIterator[None]:
    """Wait for the turn of a client, and let the next one begin some time after the end."""
    turn = await _gate().enter(client)
    try:
        yield
    finally:
        turn.end()


def _gate() -> FairGate:
    loop = asyncio.get_running_loop()
    if loop not in _gates:
        _gates[loop] = FairGate(
            concurrency=1, max_waiting=_MANY, max_waiting_per_client=_MANY, rest=REST
        )
    return _gates[loop]

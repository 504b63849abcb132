"""The engine's own command, and pruning, which needs a process that keeps running."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apikit.pruning import PRUNERS, Run, begin_run
from apikit.wire import Wire
from realtime.connection import Connection
from realtime.database import in_database
from realtime.handlers import command, periodic

if TYPE_CHECKING:
    from realtime.hub import Hub

PRUNING_INTERVAL_S = 60.0
# The pause after a batch, as a multiple of its time: most of the database's time is for votes.
PRUNING_REST = 2.0


@dataclass(frozen=True, slots=True)
class Ping(Wire):
    """Nothing but itself."""


@command("ping")
async def ping(connection: Connection, body: Ping) -> None:
    """Answers, to show that the line is alive."""


@periodic(PRUNING_INTERVAL_S)
async def prune(hub: "Hub") -> None:
    """Runs the pruners that are due and that no other process runs; usually a query for each."""
    for kind in PRUNERS:
        run = await in_database(begin_run, kind)
        if run is not None:
            await _prune(run)


async def _prune(run: Run) -> None:
    started_s = time.perf_counter()
    while await in_database(run.step):
        if run.is_out_of_time:
            await in_database(run.interrupt)
            return
        await asyncio.sleep(PRUNING_REST * (time.perf_counter() - started_s))
        started_s = time.perf_counter()

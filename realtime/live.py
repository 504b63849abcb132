"""What the engine registers itself: ``ping``, presence, and pruning in the background."""

import asyncio
import time
from dataclasses import dataclass

from apikit.pruning import PRUNERS, Run, begin_run
from apikit.wire import Wire
from realtime.commands import command
from realtime.connection import Connection
from realtime.convergence import periodic
from realtime.database import in_database
from realtime.hub import Hub, event_handler
from realtime.presence import HEARTBEAT_S, PresenceReport

PRUNING_INTERVAL_S = 60.0
# The pause after a batch, as a multiple of its time: most of the database's time is for votes.
PRUNING_PAUSE_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Ping(Wire):
    """No fields."""


@command("ping")
async def ping(hub: Hub, connection: Connection, body: Ping) -> None:
    """Replies, to show that the connection is alive."""


@event_handler(PresenceReport)
def receive_presence_report(hub: Hub, topic: str, event: PresenceReport) -> None:
    hub.presence.receive(topic, event)


@periodic(HEARTBEAT_S)
async def repeat_presence_reports(hub: Hub) -> None:
    hub.presence.repeat()


@periodic(PRUNING_INTERVAL_S)
async def prune(hub: Hub) -> None:
    """Runs the pruners that are due and not running elsewhere; usually one query for each."""
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
        await asyncio.sleep(PRUNING_PAUSE_FACTOR * (time.perf_counter() - started_s))
        started_s = time.perf_counter()

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
from realtime.events import ProcessEvent
from realtime.hub import Hub, event_handler
from realtime.presence.protocol import (
    BEAT_INTERVAL_S,
    AllPeople,
    PeopleChanged,
    PeopleWanted,
    ProcessAlive,
    ProcessGone,
)
from realtime.topics import SITE_TOPIC

DEAD_CHECK_INTERVAL_S = 1.0
# How often names and statuses are read again, in case the event of a change was lost.
NAMES_INTERVAL_S = 60.0
PRUNING_INTERVAL_S = 60.0
# The pause after a batch, as a multiple of its time: most of the database's time is for votes.
PRUNING_PAUSE_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Ping(Wire):
    """No fields."""


@command("ping")
async def ping(hub: Hub, connection: Connection, body: Ping) -> None:
    """Replies, to show that the connection is alive."""


@event_handler(AllPeople)
@event_handler(PeopleChanged)
@event_handler(PeopleWanted)
@event_handler(ProcessAlive)
@event_handler(ProcessGone)
def receive_presence(hub: Hub, topic: str, event: ProcessEvent) -> None:
    hub.presence.receive(event)


@periodic(DEAD_CHECK_INTERVAL_S)
async def forget_dead_processes(hub: Hub) -> None:
    hub.presence.forget_dead()


@periodic(BEAT_INTERVAL_S)
async def show_process_alive(hub: Hub) -> None:
    if not hub.presence.has_started:
        # So that the answers arrive.
        await hub.bridge.until_subscribed([SITE_TOPIC])
        hub.presence.start()
    hub.presence.send_alive()


@periodic(NAMES_INTERVAL_S)
async def read_names_again(hub: Hub) -> None:
    hub.presence.refresh_all()


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

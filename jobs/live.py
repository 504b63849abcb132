"""Updates of jobs on the sockets of those who may see them, and metrics of the queue."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from jobs.events import JobReport, JobUpdate
from jobs.hooks import project_topic
from jobs.live_updates import read_reports
from jobs.queue import ChangedJob, measure_queue, read_changed
from realtime import SITE_TOPIC, Hub, event_handler, periodic
from realtime.connection import Connection
from realtime.database import in_database
from realtime.frames import EncodedEvent

MAX_KNOWN = 10_000
# About a third of a millisecond of writing, after which the event loop gets its turn.
SOCKETS_AT_ONCE = 50
MEASURE_INTERVAL_S = 10.0
REREAD_INTERVAL_S = 1.0
# Transactions that change a job are committed within this time.
COMMIT_S = 10.0


@dataclass(slots=True)
class _Shown:
    """What a hub has shown of jobs.

    ``revisions`` are the newest ones: reports of a worker and of a process that cancels a job may
    arrive in any order. ``read_at_s`` is when changed jobs were last read again.
    """

    revisions: OrderedDict[UUID, int] = field(default_factory=OrderedDict)
    read_at_s: float | None = None

    def is_newer(self, job_id: UUID, revision: int) -> bool:
        return self.revisions.get(job_id, 0) < revision

    def note(self, job_id: UUID, revision: int) -> None:
        self.revisions[job_id] = revision
        self.revisions.move_to_end(job_id)
        if len(self.revisions) > MAX_KNOWN:
            self.revisions.popitem(last=False)


_shown: WeakKeyDictionary[Hub, _Shown] = WeakKeyDictionary()


@periodic(MEASURE_INTERVAL_S)
async def measure(hub: Hub) -> None:
    """In servers and not in workers, because somebody must notice that no worker runs."""
    await in_database(measure_queue)


@event_handler(JobReport)
def show_job(hub: Hub, topic: str, event: JobReport) -> None:
    """Writes the state of a job to the sockets here that may see it, unless they have a newer."""
    job, shown = event.job, _shown_by(hub)
    connections = _watchers(hub, event.user_id, job.project_id)
    if not connections or not shown.is_newer(job.id, job.revision):
        return
    shown.note(job.id, job.revision)
    update = JobUpdate(job=job)
    encoded = EncodedEvent(update)
    if len(connections) <= SOCKETS_AT_ONCE:
        _write(update, encoded, connections)
    else:
        hub.spawn(_write_to_many(hub, update, encoded, connections))


@periodic(REREAD_INTERVAL_S)
async def read_jobs_again(hub: Hub) -> None:
    """Shows jobs whose report was lost; one query while nothing has changed."""
    if not hub.connections:
        return
    shown, now_s = _shown_by(hub), hub.now_s()
    since_s = COMMIT_S + (now_s - shown.read_at_s if shown.read_at_s is not None else 0.0)
    changed = await in_database(read_changed, since_s)
    missed = [each.id for each in changed if _has_missed(hub, each)]
    if missed:
        for report in await in_database(read_reports, missed):
            show_job(hub, SITE_TOPIC, report)
    shown.read_at_s = now_s


def _has_missed(hub: Hub, job: ChangedJob) -> bool:
    is_newer = _shown_by(hub).is_newer(job.id, job.revision)
    return is_newer and bool(_watchers(hub, job.owner_id, job.project_id))


def _watchers(hub: Hub, owner_id: UUID | None, project_id: UUID | None) -> list[Connection]:
    """Return the sockets of the owner, and those that have joined the project."""
    owners = hub.connections_of(owner_id) if owner_id else ()
    members = hub.subscribers_of(project_topic(project_id)) if project_id else ()
    return list({*owners, *members})


async def _write_to_many(
    hub: Hub, update: JobUpdate, encoded: EncodedEvent, connections: list[Connection]
) -> None:
    """Writes to some sockets at a time; ends if there is a newer state, which goes to all."""
    for start in range(0, len(connections), SOCKETS_AT_ONCE):
        if _shown_by(hub).is_newer(update.job.id, update.job.revision + 1):
            _write(update, encoded, connections[start : start + SOCKETS_AT_ONCE])
            await asyncio.sleep(0)


def _write(update: JobUpdate, encoded: EncodedEvent, connections: list[Connection]) -> None:
    for connection in connections:
        frame = encoded.frame(connection.protocol)
        if frame is not None:
            connection.push_state(SITE_TOPIC, update.slot, frame)


def _shown_by(hub: Hub) -> _Shown:
    return _shown.setdefault(hub, _Shown())

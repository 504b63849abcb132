"""Updates of jobs on the sockets of their owners, and metrics of the queue."""

from collections import OrderedDict
from uuid import UUID

from jobs.events import JobReport, JobUpdate
from jobs.queue import measure_queue
from realtime import SITE_TOPIC, Hub, event_handler, periodic
from realtime.database import in_database
from realtime.frames import EncodedEvent

# The revisions that this process has shown last, because reports of a worker and of a process that
# cancels a job may arrive in any order.
MAX_KNOWN = 10_000
_shown: OrderedDict[UUID, int] = OrderedDict()

MEASURE_INTERVAL_S = 10.0


@periodic(MEASURE_INTERVAL_S)
async def measure(hub: Hub) -> None:
    """In servers and not in workers, because somebody must notice that no worker runs."""
    await in_database(measure_queue)


@event_handler(JobReport)
def show_job(hub: Hub, topic: str, event: JobReport) -> None:
    connections = hub.connections_of(event.user_id)
    if not connections or not _is_newer(event):
        return
    update = JobUpdate(job=event.job)
    encoded = EncodedEvent(update)
    for connection in [*connections]:
        frame = encoded.frame(connection.protocol)
        if frame is not None:
            connection.push_state(SITE_TOPIC, update.slot, frame)


def _is_newer(event: JobReport) -> bool:
    job = event.job
    if _shown.get(job.id, 0) >= job.revision:
        return False
    _shown[job.id] = job.revision
    _shown.move_to_end(job.id)
    if len(_shown) > MAX_KNOWN:
        _shown.popitem(last=False)
    return True

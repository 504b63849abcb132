"""Periodic tasks of webhooks."""

from realtime import Hub, periodic
from realtime.database import in_database
from webhooks.dispatching import dispatch_due
from webhooks.tallies import queue_changed_tallies


@periodic(2)
async def look_for_changed_tallies(hub: Hub) -> None:
    """Queues tallies that changed; a single query if no webhook wants them."""
    await in_database(queue_changed_tallies)


@periodic(1)
async def dispatch_deliveries(hub: Hub) -> None:
    """Creates the jobs that send what is due; usually a single query."""
    await in_database(dispatch_due)

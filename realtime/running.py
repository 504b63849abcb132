"""The hub of this process, and publishing from any thread."""

from contextlib import suppress

from realtime.convergence import converge, run_periodic_tasks
from realtime.events import Event
from realtime.hub import Hub
from realtime.outbox import send_without_hub

_running: Hub | None = None


def start_hub(hub: Hub) -> None:
    """Starts a hub with all its background tasks."""
    hub.start()
    for task in (converge(hub), *run_periodic_tasks(hub)):
        hub.spawn(task)


def running_hub() -> Hub:
    """Returns the hub of this process, started on the first call; for use on the event loop."""
    global _running  # noqa: PLW0603
    if _running is None:
        _running = Hub()
        start_hub(_running)
    return _running


def is_draining() -> bool:
    """Whether this process is about to stop."""
    return _running is not None and _running.is_draining


async def stop_hub() -> None:
    """Stops the hub of this process, if there is one."""
    global _running
    if _running is not None:
        hub, _running = _running, None
        await hub.stop()


def publish(topic: str, event: Event) -> None:
    """Sends an event to the subscribers of ``topic`` in all processes; from any thread.

    Returns at once. Call it after the commit: an event can be lost on the way to another process,
    which then reads the database.
    """
    hub = _running
    if hub is not None:
        # The loop may be closed, now or in the meantime.
        with suppress(RuntimeError):
            hub.loop.call_soon_threadsafe(hub.publish, topic, event)
            return
    send_without_hub(topic, event)

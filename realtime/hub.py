"""The hub: one in each process, between the channel layer and the sockets of that process.

It joins a group of the channel layer once for all its sockets that follow a topic, keeps the
newest state of each topic, and writes it to each socket no faster than the fan-out allows.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from django.conf import settings

from apikit.actors import Actor
from apikit.background import report_failed_task, report_failure
from apikit.ids import new_id
from realtime.backlog import Backlog
from realtime.bridge import RETRY_AFTER_S, ChannelLayerBridge, Work
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.convergence import converge, run_periodic_tasks
from realtime.events import Event, ProcessEvent, StateEvent
from realtime.fan_out import Pace, Topic
from realtime.handlers import EVENT_HANDLERS
from realtime.metrics import SOCKETS
from realtime.outbox import send_without_hub
from realtime.presence import Presence
from realtime.shared_reads import SharedReads

# Every hub listens here, whatever its sockets follow, and every socket follows it.
SITE_TOPIC = "site"


class Hub:
    """All sockets of one process. Lives on one event loop; only :func:`publish` is thread-safe."""

    def __init__(self) -> None:
        self.id = str(new_id())
        self.loop = asyncio.get_running_loop()
        self.now_s = self.loop.time
        self.is_draining = False
        self.connections: set[Connection] = set()
        self.backlog = Backlog()
        self.topics: dict[str, Topic] = {}
        self.bridge = ChannelLayerBridge(self.id, self.hear)
        self.presence = Presence(self)
        # What is read for those who join, by whom it is read for.
        self.reads: SharedReads[Actor, Any] = SharedReads()
        self._by_user: dict[UUID, set[Connection]] = {}
        self._pace = Pace()
        self._tasks: set[asyncio.Task[None]] = set()

    # Its life

    def start(self) -> None:
        """Begins to listen, and to look after what is watched."""
        self._hold(SITE_TOPIC)
        for work in self.bridge.works():
            self.spawn(self._keep_running(work))
        for task in (converge(self), *run_periodic_tasks(self)):
            self.spawn(task)

    async def _keep_running(self, work: Work) -> None:
        """An outermost place: without its link a process would be deaf and mute from then on."""
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001
                report_failure("link", error, "the link to other processes broke, restarting")
                await asyncio.sleep(RETRY_AFTER_S)

    async def drain(self, timeout_s: float) -> None:
        """Finishes the commands begun, writes what waits, and asks all clients to come back."""
        self.is_draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._until(lambda: not any(each.is_busy for each in self.connections))
                await asyncio.gather(*(each.fan_out.finished() for each in self.topics.values()))
                for connection in list(self.connections):
                    connection.close(CloseCode.RESTARTING)
                await self._until(lambda: not self.connections)

    async def _until(self, is_true: Callable[[], bool]) -> None:
        # Once in the life of a process: an event for it would have to be set on every command.
        while not is_true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Ends its tasks and lets go of the channel layer."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            # Again and again: up to Python 3.11, wait_for() can swallow a cancellation
            # (https://github.com/python/cpython/issues/86296), and redis-py uses it.
            await asyncio.wait(self._tasks, timeout=0.1)
        await self.bridge.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs ``work`` beside everything else; what goes wrong in it is logged."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failed_task("hub_task", "a task of the hub failed"))

    # Who is connected

    def refusal_for(self, connection: Connection) -> CloseCode | None:
        """Why a new socket can't be taken, if it can't."""
        if self.is_draining:
            return CloseCode.RESTARTING
        if len(self.connections) >= settings.WS_MAX_SOCKETS:
            return CloseCode.TOO_MANY_SOCKETS
        if not self.backlog.has_room(connection.address):
            return CloseCode.TOO_MANY_SOCKETS_OF_ADDRESS
        actor = connection.actor
        if actor.id and len(self.connections_of(actor.id)) >= settings.WS_MAX_SOCKETS_PER_USER:
            return CloseCode.TOO_MANY_SOCKETS_OF_USER
        return None

    def attach(self, connection: Connection) -> None:
        """Takes in a socket, which follows the site's own topic from now on."""
        self.connections.add(connection)
        self.backlog.attach(connection)
        if connection.actor.id:
            self._by_user.setdefault(connection.actor.id, set()).add(connection)
        self.subscribe(connection, SITE_TOPIC)
        SOCKETS.inc()

    def detach(self, connection: Connection) -> None:
        """Lets go of a socket that is gone."""
        for topic in list(connection.topics):
            self.unsubscribe(connection, topic)
        self.connections.discard(connection)
        self.backlog.detach(connection)
        if connection.actor.id:
            others = self._by_user[connection.actor.id]
            others.discard(connection)
            if not others:
                del self._by_user[connection.actor.id]
        connection.forget()
        SOCKETS.dec()

    def connections_of(self, user_id: UUID) -> set[Connection]:
        """A person's sockets in this process."""
        return self._by_user.get(user_id, set())

    def subscribers_of(self, topic: str) -> list[Connection]:
        """The sockets in this process that follow ``topic``."""
        return list(self.topics[topic].subscribers) if topic in self.topics else []

    # What is followed

    def subscribe(self, connection: Connection, topic: str) -> None:
        if topic not in connection.topics:
            connection.topics.add(topic)
            self._topic(topic).subscribers.add(connection)
            self.presence.add(topic, connection)

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        if topic in connection.topics:
            connection.topics.discard(topic)
            self.topics[topic].subscribers.discard(connection)
            self.presence.remove(topic, connection)
            self._drop_if_unused(topic)

    @asynccontextmanager
    async def listening(self, *topics: str) -> AsyncIterator[None]:
        """Within, nothing that is said on ``topics`` is missed.

        For joining: listen, read where things stand, subscribe. What is read is then either
        up to date or followed by what makes it so.
        """
        for topic in topics:
            self._hold(topic)
        try:
            await self.bridge.listening_to(topics)
            yield
        finally:
            for topic in topics:
                self.topics[topic].holders -= 1
                self._drop_if_unused(topic)

    def _hold(self, topic: str) -> None:
        self._topic(topic).holders += 1

    def _topic(self, name: str) -> Topic:
        topic = self.topics.get(name)
        if topic is None:
            topic = self.topics[name] = Topic(name, self.loop, self._pace)
            self.bridge.listen(name)
        return topic

    def _drop_if_unused(self, name: str) -> None:
        topic = self.topics[name]
        if not topic.subscribers and not topic.holders:
            del self.topics[name]
            self.bridge.stop_listening(name)

    # What is said

    def announce(self, topic: str, event: Event) -> None:
        """Tells this process and all others."""
        self.hear(topic, event)
        self.bridge.send(topic, event)

    def hear(self, topic: str, event: Event) -> None:
        """What this process does with news, wherever it comes from.

        An outermost place: a reaction that fails is logged, and the event goes on its way.
        """
        for react in EVENT_HANDLERS.get(type(event), ()):
            try:
                react(self, topic, event)
            except Exception as error:  # noqa: BLE001
                report_failure(
                    "reaction", error, "reaction failed", event_name=event.name, topic=topic
                )
        if not isinstance(event, ProcessEvent):
            self.deliver(topic, event)

    def deliver(self, topic: str, event: Event) -> None:
        """Writes to the sockets that follow ``topic``, unless they have something newer."""
        known = self.topics.get(topic)
        if known is None:
            return
        if isinstance(event, StateEvent):
            newest = known.newest.get(event.slot)
            if newest is not None and newest.order >= event.order:
                return
            known.newest[event.slot] = event
        if known.subscribers:
            known.fan_out.add(event)

    async def written(self, topic: str) -> None:
        """Waits until what was said on ``topic`` up to now is written to its sockets."""
        if topic in self.topics:
            await self.topics[topic].fan_out.finished()

    def newest(self, topic: str, slot: str) -> StateEvent | None:
        """The newest state this process has heard of or read, while somebody follows it."""
        known = self.topics.get(topic)
        return known.newest.get(slot) if known else None

    def repeat(self) -> None:
        """Writes once more what is to be repeated of the newest states."""
        for topic in self.topics.values():
            if topic.subscribers:
                for event in topic.newest.values():
                    if event.is_repeated:
                        topic.fan_out.add(event)


_running: Hub | None = None


def running_hub() -> Hub:
    """The hub of this process, started on the first call; for use on the event loop."""
    global _running  # noqa: PLW0603
    if _running is None:
        _running = Hub()
        _running.start()
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
    """Tells every socket that follows ``topic``, in whatever process; from any thread.

    Returns at once. News can be lost on the way to another process, so the truth has to be in
    the database by now: call it after the commit.
    """
    hub = _running
    if hub is not None:
        # The loop may be closed, now or in the meantime.
        with suppress(RuntimeError):
            hub.loop.call_soon_threadsafe(hub.announce, topic, event)
            return
    send_without_hub(topic, event)

"""The hub: one per process, between the channel layer and the sockets of the process.

It joins a channel layer group once per topic, for all sockets that are subscribed to the topic. It
keeps the newest state of each topic, and writes it to the sockets at a bounded rate.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from apikit.actors import Actor
from apikit.background import report_failed_task, report_failure
from apikit.ids import new_id
from apikit.registries import Hook
from realtime.backlog import Backlog
from realtime.bridge import RETRY_AFTER_S, BackgroundTask, ChannelLayerBridge
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.errors import TooManyTopicsError
from realtime.events import Event, ProcessEvent, SequencedEvent, StateEvent
from realtime.fan_out import Pace, Topic
from realtime.logs import Logs
from realtime.metrics import SOCKETS
from realtime.presence import Presence
from realtime.shared_reads import SharedReads
from realtime.topics import SITE_TOPIC

EventHandler = Callable[["Hub", str, Any], None]
AnyEventHandler = TypeVar("AnyEventHandler", bound=EventHandler)

EVENT_HANDLERS: dict[type[Event], Hook[["Hub", str, Any], None]] = {}


def event_handler(event_class: type[Event]) -> Callable[[AnyEventHandler], AnyEventHandler]:
    """Registers a function that each process calls for such an event, before it is delivered.

    It runs on the event loop, as ``function(hub, topic, event)``; use ``hub.spawn`` to await.
    """

    def register(function: AnyEventHandler) -> AnyEventHandler:
        EVENT_HANDLERS.setdefault(event_class, Hook()).register(function)
        return function

    return register


class Hub:
    """All sockets of one process. Lives on one event loop and is not thread-safe."""

    def __init__(self) -> None:
        self.id = str(new_id())
        self.loop = asyncio.get_running_loop()
        self.now_s = self.loop.time
        self.is_draining = False
        self.connections: set[Connection] = set()
        self.backlog = Backlog()
        self.topics: dict[str, Topic] = {}
        self.bridge = ChannelLayerBridge(self.id, self.receive)
        self.presence = Presence(self)
        self.logs = Logs(self)
        # Shared snapshot reads, keyed by topic and reader.
        self.reads: SharedReads[Any, Any] = SharedReads()
        self._by_user: dict[UUID, set[Connection]] = {}
        self._pace = Pace()
        self._tasks: set[asyncio.Task[None]] = set()

    # Lifecycle

    def start(self) -> None:
        """Subscribes to the site topic and starts the bridge."""
        self._hold(SITE_TOPIC)
        for task in self.bridge.background_tasks():
            self.spawn(self._keep_running(task))

    async def _keep_running(self, task: BackgroundTask) -> None:
        """Restarts the task when it fails, so that the process stays connected to the others."""
        while True:
            try:
                await task()
            except Exception as error:  # noqa: BLE001 - outermost
                report_failure("bridge", error, "channel layer bridge failed, restarting")
                await asyncio.sleep(RETRY_AFTER_S)

    async def drain(self, timeout_s: float) -> None:
        """Finishes running commands, writes queued frames, and asks all clients to reconnect."""
        self.is_draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._until(lambda: not any(each.is_busy for each in self.connections))
                await asyncio.gather(*(each.fan_out.finished() for each in self.topics.values()))
                for connection in list(self.connections):
                    connection.close(CloseCode.RESTARTING)
                await self._until(lambda: not self.connections)

    async def _until(self, is_true: Callable[[], bool]) -> None:
        # Polls, once per process: an asyncio.Event would have to be set on every command.
        while not is_true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Cancels its tasks and leaves the channel layer."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            # Repeated: up to Python 3.11, wait_for() can swallow a cancellation
            # (https://github.com/python/cpython/issues/86296), and redis-py uses it.
            await asyncio.wait(self._tasks, timeout=0.1)
        await self.presence.stop()
        await self.bridge.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine as a background task; failures are logged."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failed_task("hub_task", "a task of the hub failed"))

    # Connections

    def refusal_for(self, connection: Connection) -> CloseCode | None:
        """Returns why a new socket is refused; None if it is accepted."""
        if self.is_draining:
            return CloseCode.RESTARTING
        if len(self.connections) >= settings.WS_MAX_SOCKETS:
            return CloseCode.TOO_MANY_SOCKETS
        if not self.backlog.has_room(connection.address):
            return CloseCode.TOO_MANY_SOCKETS_OF_ADDRESS
        return self.refusal_for_user(connection.actor)

    def refusal_for_user(self, actor: Actor) -> CloseCode | None:
        """Returns why a user may open no further socket; None if the user may."""
        if actor.id and len(self.connections_of(actor.id)) >= settings.WS_MAX_SOCKETS_PER_USER:
            return CloseCode.TOO_MANY_SOCKETS_OF_USER
        return None

    def attach(self, connection: Connection) -> None:
        """Adds a socket and subscribes it to the site topic."""
        self.admit(connection)
        self.identify(connection)

    def admit(self, connection: Connection) -> None:
        """Adds a socket, which gets no events yet."""
        self.connections.add(connection)
        self.backlog.attach(connection)
        SOCKETS.inc()

    def identify(self, connection: Connection) -> None:
        """Adds a socket to those of its actor, and subscribes it to the site topic."""
        if connection.actor.id:
            self._by_user.setdefault(connection.actor.id, set()).add(connection)
        self.subscribe(connection, SITE_TOPIC)

    def detach(self, connection: Connection) -> None:
        """Removes a socket that is gone."""
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
        """Returns a user's sockets in this process."""
        return self._by_user.get(user_id, set())

    def subscribers_of(self, topic: str) -> list[Connection]:
        """Returns the sockets in this process that are subscribed to ``topic``."""
        return list(self.topics[topic].subscribers) if topic in self.topics else []

    # Subscriptions

    def join(self, connection: Connection, name: str, topics: tuple[str, ...]) -> None:
        """Subscribes to ``topics`` under one name, in place of the topics under it before.

        :raises TooManyTopicsError: above the limit of names for one socket.
        """
        joined = connection.joined
        if name not in joined and len(joined) >= settings.WS_MAX_TOPICS_PER_SOCKET:
            raise TooManyTopicsError
        before = joined.get(name, ())
        joined[name] = topics
        for topic in topics:
            self.subscribe(connection, topic)
        for topic in set(before) - set(topics):
            self.unsubscribe(connection, topic)

    def leave(self, connection: Connection, name: str) -> bool:
        """Unsubscribes from the topics under ``name``; returns whether there were any."""
        topics = connection.joined.pop(name, None)
        for topic in topics or ():
            self.unsubscribe(connection, topic)
        return topics is not None

    def subscribe(self, connection: Connection, topic: str) -> None:
        if topic not in connection.topics:
            connection.topics.add(topic)
            self._topic(topic).subscribers.add(connection)
            self.presence.add(topic, connection)

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        if topic in connection.topics:
            connection.topics.discard(topic)
            self.topics[topic].subscribers.discard(connection)
            connection.cursors.pop(topic, None)
            self.presence.remove(topic, connection)
            self._drop_if_unused(topic)

    @asynccontextmanager
    async def receiving(self, *topics: str) -> AsyncIterator[None]:
        """Receives all events of ``topics`` while the context is open.

        A join opens it, reads the snapshot, then subscribes the socket. So the snapshot is up to
        date, or followed by the events that update it.
        """
        for topic in topics:
            self._hold(topic)
        try:
            await self.bridge.until_subscribed(topics)
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
            self.bridge.subscribe(name)
        return topic

    def _drop_if_unused(self, name: str) -> None:
        topic = self.topics[name]
        if not topic.subscribers and not topic.holders:
            del self.topics[name]
            self.logs.forget(name)
            self.bridge.unsubscribe(name)

    # Events

    def publish(self, topic: str, event: Event) -> None:
        """Sends an event to this process and all others."""
        self.receive(topic, event)
        self.send_to_others(topic, event)

    def send_to_others(self, topic: str, event: Event) -> None:
        """Sends an event to the other processes only."""
        self.bridge.send(topic, event)

    def receive(self, topic: str, event: Event) -> None:
        """Calls the handlers of an event from any process, then delivers it to the sockets.

        A handler that fails is logged, and the event is delivered all the same.
        """
        for handle in EVENT_HANDLERS.get(type(event), ()):
            try:
                handle(self, topic, event)
            except Exception as error:  # noqa: BLE001 - outermost
                work, name = "event_handler", event.name
                report_failure(work, error, "event handler failed", event_name=name, topic=topic)
        if not isinstance(event, ProcessEvent):
            self.deliver(topic, event)

    def deliver(self, topic: str, event: Event) -> None:
        """Writes an event to the subscribers of ``topic``, unless they have a newer state.

        An entry of a stored log waits until the entries before it are written.
        """
        known = self.topics.get(topic)
        if known is None:
            return
        if isinstance(event, StateEvent):
            newest = known.newest.get(event.slot)
            if newest is not None and newest.order >= event.order:
                return
            known.newest[event.slot] = event
        elif isinstance(event, SequencedEvent):
            self.logs.receive(topic, event)
            return
        if known.subscribers:
            known.fan_out.add(event)

    async def until_written(self, topic: str) -> None:
        """Waits until the events delivered on ``topic`` so far are written."""
        if topic in self.topics:
            await self.topics[topic].fan_out.finished()

    def newest(self, topic: str, slot: str) -> StateEvent | None:
        """Returns the newest state known to this process, while the topic has subscribers."""
        known = self.topics.get(topic)
        return known.newest.get(slot) if known else None

    def repeat(self) -> None:
        """Writes the newest states of repeated events again."""
        for topic in self.topics.values():
            if topic.subscribers:
                for event in topic.newest.values():
                    if event.is_repeated:
                        topic.fan_out.add(event)

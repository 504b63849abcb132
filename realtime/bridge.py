"""Connects the hubs of all processes over the channel layer.

Each process has one channel, which joins a group for each topic with subscribers in the process.
The layer delivers at most once and may be unavailable. Only the background tasks of this module
wait for it; lost events are recovered by :mod:`realtime.convergence`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog
from channels.layers import get_channel_layer
from pydantic import ValidationError
from redis.exceptions import RedisError

from apikit.background import FAILURES, report_failure
from apikit.wire import adapter_of, to_wire
from realtime.events import EVENTS, Event, StateEvent
from realtime.metrics import LAYER_UP

log = structlog.get_logger(__name__)

BackgroundTask = Callable[[], Coroutine[Any, Any, None]]

# How long a join waits for the layer to join a group before it continues without.
JOIN_TIMEOUT_S = 1.0
RETRY_AFTER_S = 0.5
# The interval between two states of one slot. Sending one costs a fifth of a vote, and under load
# states come more often than clients are shown them.
STATE_INTERVAL_S = 1 / 40
# The most events queued while the layer is unavailable. States are not limited: they replace each
# other.
MAX_QUEUED = 1000

LAYER_ERRORS = (RedisError, OSError, asyncio.TimeoutError)


def get_layer() -> Any:
    """Returns the channel layer."""
    # Any: channels_redis' layers share no base class with the others.
    return get_channel_layer()


def layer_message(topic: str, event: Event, origin: str) -> dict[str, Any]:
    """Encodes ``event`` for the layer; ``origin`` is the id of the sending hub."""
    return {
        "type": "hub.event",
        "origin": origin,
        "topic": topic,
        "name": event.name,
        "fields": to_wire(event, by_alias=False),
    }


class ChannelLayerBridge:
    """Sends events to other processes, and calls ``receive(topic, event)`` for theirs."""

    def __init__(self, origin: str, receive: Callable[[str, Event], None]) -> None:
        self._origin = origin
        self._receive = receive
        self._layer = get_layer()
        self._channel: str | None = None
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._states: dict[tuple[str, str], StateEvent] = {}
        # Keys sent within STATE_INTERVAL_S.
        self._throttled: set[tuple[str, str]] = set()
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[str, Event]] = deque(maxlen=MAX_QUEUED)
        self._has_outgoing = asyncio.Event()
        self._has_changes = asyncio.Event()
        self._has_channel = asyncio.Event()
        self._group_joined = asyncio.Condition()
        self._is_up = True

    @property
    def is_up(self) -> bool:
        """Whether the layer answered when it was last used."""
        return self._is_up

    def subscribe(self, topic: str) -> None:
        """Starts receiving events of ``topic``, as soon as the layer answers."""
        self._wanted.add(topic)
        self._has_changes.set()

    def unsubscribe(self, topic: str) -> None:
        self._wanted.discard(topic)
        self._has_changes.set()

    async def until_subscribed(self, topics: Iterable[str]) -> None:
        """Waits until events of ``topics`` are received; not long if the layer is unavailable."""
        wanted = set(topics)
        if wanted <= self._joined or not self._is_up:
            return
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S), self._group_joined:
                await self._group_joined.wait_for(lambda: wanted <= self._joined)
        except TimeoutError:
            pass

    def send(self, topic: str, event: Event) -> None:
        """Queues an event for the other processes; a state replaces an older one not yet sent.

        A state whose slot was not sent within STATE_INTERVAL_S is sent at once.
        """
        if isinstance(event, StateEvent):
            self._put_unless_newer(topic, event)
        else:
            self._queue.append((topic, event))
        self._has_outgoing.set()

    def background_tasks(self) -> tuple[BackgroundTask, ...]:
        """Returns the coroutine functions to run, each until cancelled."""
        return self._sync_groups, self._send_events, self._receive_events

    async def send_last(self, topic: str, event: Event) -> None:
        """Sends an event after the background tasks have ended, if the layer is available."""
        if self._is_up:
            try:
                async with asyncio.timeout(JOIN_TIMEOUT_S):
                    await self._layer.group_send(topic, layer_message(topic, event, self._origin))
            except LAYER_ERRORS as error:
                log.debug("last event not sent", error=str(error))

    async def close(self) -> None:
        """Leaves the layer, which may be unavailable."""
        try:
            await self._layer.flush()
        except LAYER_ERRORS as error:
            log.debug("channel layer not left", error=str(error))

    async def _send_events(self) -> None:
        while True:
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            while (item := self._take_next()) is not None:
                topic, event = item
                try:
                    await self._layer.group_send(topic, layer_message(topic, event, self._origin))
                    self._record_state(is_up=True)
                except LAYER_ERRORS as error:
                    self._record_state(is_up=False, error=error)
                    self._put_back(topic, event)
                    await asyncio.sleep(RETRY_AFTER_S)

    def _take_next(self) -> tuple[str, Event] | None:
        if self._queue:
            return self._queue.popleft()
        key = next((key for key in self._states if key not in self._throttled), None)
        if key is None:
            return None
        self._throttled.add(key)
        self._loop.call_later(STATE_INTERVAL_S, self._end_throttle, key)
        return key[0], self._states.pop(key)

    def _end_throttle(self, key: tuple[str, str]) -> None:
        self._throttled.discard(key)
        if key in self._states:
            self._has_outgoing.set()

    def _put_unless_newer(self, topic: str, event: StateEvent) -> None:
        waiting = self._states.get((topic, event.slot))
        if waiting is None or waiting.order < event.order:
            self._states[topic, event.slot] = event

    def _put_back(self, topic: str, event: Event) -> None:
        """Requeues an event that was not sent, unless a newer one is queued."""
        if isinstance(event, StateEvent):
            self._put_unless_newer(topic, event)
        elif len(self._queue) < MAX_QUEUED:
            self._queue.appendleft((topic, event))

    async def _sync_groups(self) -> None:
        while True:
            await self._has_changes.wait()
            self._has_changes.clear()
            try:
                if self._channel is None:
                    self._channel = await self._layer.new_channel()
                    self._has_channel.set()
                await self._join_and_leave(self._channel)
                await self._probe()
            except LAYER_ERRORS as error:
                self._record_state(is_up=False, error=error)
                self._has_changes.set()
                await asyncio.sleep(RETRY_AFTER_S)

    async def _join_and_leave(self, channel: str) -> None:
        for topic in self._wanted - self._joined:
            await self._layer.group_add(topic, channel)
            async with self._group_joined:
                self._joined.add(topic)
                self._group_joined.notify_all()
        for topic in self._joined - self._wanted:
            # Removed first, so that a new join of the topic waits until the group is joined again.
            self._joined.discard(topic)
            await self._layer.group_discard(topic, channel)

    async def _probe(self) -> None:
        """Checks whether an unavailable layer is back.

        Joining a group does not show it: the request is written without waiting for the answer.
        """
        if not self._is_up:
            await self._layer.group_send(f"probe.{self._origin}", {"type": "hub.probe"})
            self._record_state(is_up=True)

    async def _receive_events(self) -> None:
        await self._has_channel.wait()
        while True:
            message = await self._layer.receive(self._channel)
            if message["origin"] != self._origin:
                event = _read_event(message)
                if event is not None:
                    self._receive(message["topic"], event)

    def _record_state(self, *, is_up: bool, error: BaseException | None = None) -> None:
        """Updates metrics, and logs when the layer becomes unavailable or available."""
        if not is_up:
            FAILURES.labels("channel_layer").inc()
        if is_up != self._is_up:
            self._is_up = is_up
            if is_up:
                log.info("channel layer answers again")
            else:
                log.warning("channel layer does not answer", error=str(error))
        LAYER_UP.set(is_up)


def _read_event(message: dict[str, Any]) -> Event | None:
    event_class = EVENTS.get(message["name"])
    if event_class is None:
        return None  # from a newer version of this program, during a rolling update
    try:
        event: Event = adapter_of(event_class).validate_python(message["fields"])
    except ValidationError as error:
        report_failure("bridge", error, "event of another version not understood")
        return None
    return event

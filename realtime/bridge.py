"""The link of a process to all others, over the channel layer.

One channel for the whole process, which joins a group for each topic somebody here follows. The
layer delivers at most once and may be away for a while; nothing here waits for it but this
module's own tasks, and what gets lost is found again by ``convergence``.
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

Work = Callable[[], Coroutine[Any, Any, None]]

# How long joining a topic waits for the layer before it goes on without.
LISTEN_TIMEOUT_S = 1.0
RETRY_AFTER_S = 0.5
# Telling the others how something stands takes a fifth of what a vote alone takes, and a busy
# process has news of it more often than anybody is shown it.
STATE_INTERVAL_S = 1 / 40
# Messages that wait while the layer is away; states don't count, since they replace each other.
MAX_WAITING = 1000

LAYER_ERRORS = (RedisError, OSError, asyncio.TimeoutError)


def get_layer() -> Any:
    """The channel layer that connects the processes."""
    # Any: channels_redis' layers share no base class with the others.
    return get_channel_layer()


def message_of(topic: str, event: Event, origin: str) -> dict[str, Any]:
    """``event`` as the layer carries it; ``origin`` is the id of the hub that sends it."""
    return {
        "type": "hub.news",
        "origin": origin,
        "topic": topic,
        "name": event.name,
        "fields": to_wire(event, by_alias=False),
    }


class ChannelLayerBridge:
    """Sends this process's news and passes on what it hears, as ``hear(topic, event)``."""

    def __init__(self, origin: str, hear: Callable[[str, Event], None]) -> None:
        self._origin = origin
        self._hear = hear
        self._layer = get_layer()
        self._channel: str | None = None
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._states: dict[tuple[str, str], StateEvent] = {}
        # Those of them that were told just now.
        self._resting: set[tuple[str, str]] = set()
        self._loop = asyncio.get_running_loop()
        self._others: deque[tuple[str, Event]] = deque(maxlen=MAX_WAITING)
        self._has_news = asyncio.Event()
        self._has_changes = asyncio.Event()
        self._has_channel = asyncio.Event()
        self._listened = asyncio.Condition()
        self._is_up = True

    def listen(self, topic: str) -> None:
        """Begins to listen, as soon as the layer answers."""
        self._wanted.add(topic)
        self._has_changes.set()

    def stop_listening(self, topic: str) -> None:
        self._wanted.discard(topic)
        self._has_changes.set()

    async def listening_to(self, topics: Iterable[str]) -> None:
        """Waits until nothing said on ``topics`` is missed; not long while the layer is away."""
        wanted = set(topics)
        if wanted <= self._joined or not self._is_up:
            return
        try:
            async with asyncio.timeout(LISTEN_TIMEOUT_S), self._listened:
                await self._listened.wait_for(lambda: wanted <= self._joined)
        except TimeoutError:
            pass

    def send(self, topic: str, event: Event) -> None:
        """Tells the other processes; a state takes the place of an older one not yet sent.

        One that hasn't been told for a while goes at once.
        """
        if isinstance(event, StateEvent):
            self._put_unless_newer(topic, event)
        else:
            self._others.append((topic, event))
        self._has_news.set()

    def works(self) -> tuple[Work, ...]:
        """What it does for as long as its process has a hub: each runs until cancelled."""
        return self._keep_memberships, self._send_news, self._hear_news

    async def close(self) -> None:
        """Leaves the layer, which may be away."""
        try:
            await self._layer.flush()
        except LAYER_ERRORS as error:
            log.debug("channel layer not left", error=str(error))

    async def _send_news(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            while (news := self._take_next()) is not None:
                topic, event = news
                try:
                    await self._layer.group_send(topic, message_of(topic, event, self._origin))
                    self._note(is_up=True)
                except LAYER_ERRORS as error:
                    self._note(is_up=False, error=error)
                    self._put_back(topic, event)
                    await asyncio.sleep(RETRY_AFTER_S)

    def _take_next(self) -> tuple[str, Event] | None:
        if self._others:
            return self._others.popleft()
        key = next((key for key in self._states if key not in self._resting), None)
        if key is None:
            return None
        self._resting.add(key)
        self._loop.call_later(STATE_INTERVAL_S, self._end_rest, key)
        return key[0], self._states.pop(key)

    def _end_rest(self, key: tuple[str, str]) -> None:
        self._resting.discard(key)
        if key in self._states:
            self._has_news.set()

    def _put_unless_newer(self, topic: str, event: StateEvent) -> None:
        waiting = self._states.get((topic, event.slot))
        if waiting is None or waiting.order < event.order:
            self._states[topic, event.slot] = event

    def _put_back(self, topic: str, event: Event) -> None:
        """For another try, unless something newer waits already."""
        if isinstance(event, StateEvent):
            self._put_unless_newer(topic, event)
        elif len(self._others) < MAX_WAITING:
            self._others.appendleft((topic, event))

    async def _keep_memberships(self) -> None:
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
                self._note(is_up=False, error=error)
                self._has_changes.set()
                await asyncio.sleep(RETRY_AFTER_S)

    async def _join_and_leave(self, channel: str) -> None:
        for topic in self._wanted - self._joined:
            await self._layer.group_add(topic, channel)
            async with self._listened:
                self._joined.add(topic)
                self._listened.notify_all()
        for topic in self._joined - self._wanted:
            # Forgotten first: whoever wants it from now on has to wait until it is joined again.
            self._joined.discard(topic)
            await self._layer.group_discard(topic, channel)

    async def _probe(self) -> None:
        """Finds out whether a layer that was away is back.

        Joining doesn't show it: the request is written, and its answer not waited for.
        """
        if not self._is_up:
            await self._layer.group_send(f"probe.{self._origin}", {"type": "hub.probe"})
            self._note(is_up=True)

    async def _hear_news(self) -> None:
        await self._has_channel.wait()
        while True:
            message = await self._layer.receive(self._channel)
            if message["origin"] != self._origin:
                event = _read_event(message)
                if event is not None:
                    self._hear(message["topic"], event)

    def _note(self, *, is_up: bool, error: BaseException | None = None) -> None:
        """Says once that the layer went away, and once that it is back."""
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
        return None  # of a newer version of this program, beside us for the time of an update
    try:
        event: Event = adapter_of(event_class).validate_python(message["fields"])
    except ValidationError as error:
        report_failure("link", error, "news of another version not understood")
        return None
    return event

"""One client's socket: what waits to be written to it, and what it follows."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from django.conf import settings

from apikit.actors import Actor
from apikit.background import report_failed_task
from apikit.errors import TooManyRequestsError
from realtime.close_codes import CloseCode
from realtime.events import StateEvent
from realtime.frames import Frame, Message
from realtime.metrics import CLOSED
from realtime.transport import Transport, finish

if TYPE_CHECKING:
    from realtime.hub import Hub

# Replies and log events that may wait for one client, whatever their size.
MAX_WAITING_FRAMES = 256
# While more than this waits for a client, its next command is not read.
LOW_WATER_BYTES = 16_384

_report_failed = report_failed_task("socket_writer", "frames not written to a socket")


class TooManyTopicsError(TooManyRequestsError):
    code = "socket.too_many_topics"
    message = "This socket follows as much as it may: leave something first."


class Connection:
    """Writes what it is given, in order, never more than the client takes.

    Nothing here waits for the client: what can't be written at once stays in a queue (replies,
    messages) or in a slot where the next one replaces it (states), and a task of the
    connection's own writes on when the client reads. Both are counted in ``waiting_bytes``.
    ``address`` is the network address that limits count the socket under, ``person`` whom it
    belongs to (:func:`realtime.people.person_key`).
    """

    def __init__(
        self,
        hub: "Hub",
        transport: Transport,
        actor: Actor,
        dialect: str,
        *,
        address: str = "",
        person: int = 0,
    ) -> None:
        self.hub = hub
        self.actor = actor
        self.dialect = dialect
        self.address = address
        self.person = person
        self.waiting_bytes = 0
        self.last_command_s = hub.now_s()
        self.topics: set[str] = set()
        self.joined: dict[str, tuple[str, ...]] = {}
        self.is_closing = False
        self.is_busy = False
        self.blocked_since_s: float | None = None
        self._transport = transport
        self._write_frame = transport.write_frame
        self._queue: deque[Message] = deque()
        self._states: dict[tuple[str, str], Message] = {}
        self._close_code: CloseCode | None = None
        self._writer: asyncio.Task[None] | None = None
        self._is_writing = False
        self._buffered_bytes = 0
        self._low_water: asyncio.Future[None] | None = None

    # What is written

    def push(self, message: Message) -> None:
        """Writes a reply or a message after those that wait already."""
        if self.is_closing or self._is_taken_at_once(message):
            return
        if len(self._queue) >= MAX_WAITING_FRAMES or not self._has_room(message.cost_bytes):
            self.close(CloseCode.FELL_BEHIND)
            return
        self._queue.append(message)
        self._count(message.cost_bytes)
        self._write()

    def push_state(self, topic: str, slot: str, message: Message) -> None:
        """Writes how something stands, in place of what waits in the same slot."""
        if self.is_closing or self._is_taken_at_once(message):
            return
        replaced = self._states.get((topic, slot))
        more_bytes = message.cost_bytes - (replaced.cost_bytes if replaced else 0)
        if not self._has_room(more_bytes):
            self.close(CloseCode.FELL_BEHIND)
            return
        self._states[topic, slot] = message
        self._count(more_bytes)
        self._write()

    def show(self, topic: str, event: StateEvent) -> None:
        """Writes how something stands to this client alone."""
        message = Frame(event, is_shared=False).message(self.dialect)
        if message is not None:
            self.push_state(topic, event.slot, message)

    def close(self, code: CloseCode) -> None:
        """Says farewell after what waits in the queue; nothing can be pushed any more."""
        if not self.is_closing:
            self._stop()
            self._close_code = code
            self._count(-sum(each.cost_bytes for each in self._states.values()))
            self._states.clear()
            CLOSED.labels(code.name.lower()).inc()
            self._write()

    def drop(self, reason: str) -> None:
        """Ends the socket at once, with all that waits for it; ``reason`` is for the metrics."""
        self.forget()
        self.hub.backlog.change(self, -self._buffered_bytes)
        self._buffered_bytes = 0
        CLOSED.labels(reason).inc()
        self._transport.abort()

    def abort_if_stalled(self, now_s: float) -> None:
        """Drops a client that has taken nothing for too long."""
        if (
            self.blocked_since_s is not None
            and now_s - self.blocked_since_s > settings.WS_STALL_SECONDS
        ):
            self.drop("stalled")

    def close_if_idle(self, now_s: float) -> None:
        """Closes a visitor's socket that follows nothing and has been silent for long."""
        if (
            not (self.actor.id or self.joined)
            and now_s - self.last_command_s > settings.WS_IDLE_SECONDS
        ):
            self.close(CloseCode.IDLE)

    def forget(self) -> None:
        """Lets go of everything, once the socket is gone."""
        self._stop()
        self._queue.clear()
        self._states.clear()
        if self._writer is not None:
            self._writer.cancel()
        self._count(-self.waiting_bytes)

    # What waits

    @property
    def held_bytes(self) -> int:
        """All that waits, here and in the server's buffers as they were measured last."""
        return self.waiting_bytes + self._buffered_bytes

    def measure_buffers(self) -> int:
        """How many bytes more or less the server's buffers hold than when last measured."""
        if self._transport.buffered_bytes is None or self.is_closing:
            return 0
        before, self._buffered_bytes = self._buffered_bytes, self._transport.buffered_bytes()
        return self._buffered_bytes - before

    async def until_read(self) -> None:
        """Waits until the client has read all but ``LOW_WATER_BYTES`` of what waits for it."""
        while self.waiting_bytes > LOW_WATER_BYTES and not self.is_closing:
            self._low_water = self.hub.loop.create_future()
            await self._low_water

    def _has_room(self, more_bytes: int) -> bool:
        """Whether so many bytes more may wait; one message always may."""
        if not self.waiting_bytes:
            return True
        return self.waiting_bytes + more_bytes <= settings.WS_MAX_QUEUED_BYTES

    def _count(self, difference: int) -> None:
        if difference:
            self.waiting_bytes += difference
            self.hub.backlog.change(self, difference)
            if self.waiting_bytes <= LOW_WATER_BYTES:
                self._wake()

    def _stop(self) -> None:
        self.is_closing = True
        self._wake()

    def _wake(self) -> None:
        """Lets ``until_read`` look again."""
        waiter, self._low_water = self._low_water, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What is followed

    def join(self, name: str, topics: tuple[str, ...]) -> None:
        """Follows ``topics`` under one name, in place of those followed under it before.

        :raises TooManyTopicsError: above the bound for one socket.
        """
        if name not in self.joined and len(self.joined) >= settings.WS_MAX_TOPICS_PER_SOCKET:
            raise TooManyTopicsError
        before = self.joined.get(name, ())
        self.joined[name] = topics
        for topic in topics:
            self.hub.subscribe(self, topic)
        for topic in set(before) - set(topics):
            self.hub.unsubscribe(self, topic)

    def leave(self, name: str) -> bool:
        """Whether there was something under that name to stop following."""
        topics = self.joined.pop(name, None)
        for topic in topics or ():
            self.hub.unsubscribe(self, topic)
        return topics is not None

    # How it is written

    def _is_taken_at_once(self, message: Message) -> bool:
        """Whether nothing waits and the client takes it now, as nearly always; or is gone."""
        if self._write_frame is None or self._states or self._queue or self._is_writing:
            return False
        try:
            return self._write_frame(message.frame)
        except OSError:
            # The protocol says so to the consumer as well.
            self._stop()
            return True

    def _write(self) -> None:
        """Writes as far as the client takes it now; a task does the rest.

        A task for each frame would cost more than the frame, so the coroutine's first steps are
        taken here, and only one that has to wait becomes a task (as eager tasks do from
        Python 3.12 on).
        """
        if self._is_writing or self._write_at_once():
            return
        self._is_writing = True
        steps = self._write_all()
        try:
            waiting_for = steps.send(None)
        except StopIteration:
            return
        self.blocked_since_s = self.hub.now_s()
        self._writer = self.hub.loop.create_task(finish(steps, waiting_for))
        self._writer.add_done_callback(_report_failed)

    def _write_at_once(self) -> bool:
        """Hands finished frames to a socket that takes them; whether nothing is left to write.

        Through ASGI a frame costs twice as much: each is a coroutine, a dictionary, and encoded
        anew for each client.
        """
        write_frame = self._write_frame
        if write_frame is None or self._close_code is not None:
            return False
        try:
            while self._queue and write_frame(self._queue[0].frame):
                self._count(-self._queue.popleft().cost_bytes)
            while self._states and not self._queue:
                key = next(iter(self._states))
                if not write_frame(self._states[key].frame):
                    return False
                self._count(-self._states.pop(key).cost_bytes)
        except OSError:
            # The client is gone; the protocol says so to the consumer as well.
            self._stop()
        return not self._queue

    async def _write_all(self) -> None:
        try:
            while True:
                if self._queue:
                    message = self._queue.popleft()
                elif self._states:
                    message = self._states.pop(next(iter(self._states)))
                elif self._close_code is not None:
                    code, self._close_code = self._close_code, None
                    await self._transport.send_close(code)
                    continue
                else:
                    return
                await self._transport.send_text(message.text)
                self._count(-message.cost_bytes)
                if self.blocked_since_s is not None:
                    self.blocked_since_s = self.hub.now_s()
        except OSError:
            # The client is gone; the protocol says so to the consumer as well.
            self._stop()
        finally:
            self._is_writing = False
            self._writer = None
            self.blocked_since_s = None

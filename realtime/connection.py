"""One client's socket: the frames that wait to be written, and its subscriptions."""

import asyncio
from collections import deque
from collections.abc import Callable

from django.conf import settings

from apikit.actors import Actor
from apikit.background import report_failed_task
from realtime.backlog import FREE_REPLY_BYTES, SMALL_FRAME_BYTES, Backlog
from realtime.close_codes import CloseCode
from realtime.events import StateEvent
from realtime.frames import EncodedEvent, Frame
from realtime.log_cursor import LogCursor
from realtime.metrics import CLOSED
from realtime.transport import Transport, finish

# The most replies and log events that may wait for one client, whatever their size.
MAX_WAITING_FRAMES = 256
# While more than this waits for a client, its next command is not read.
LOW_WATER_BYTES = 16_384

_report_failed = report_failed_task("socket_writer", "frames not written to a socket")


class Connection:
    """Writes frames in order, no faster than the client reads.

    Nothing here waits for the client. A frame that cannot be written at once stays in a queue
    (replies, log events) or in a slot where a newer one replaces it (states), and a task of the
    connection writes them as the client reads. Both count in ``waiting_bytes``. ``address`` is the
    network address that limits count the socket under, ``person`` its
    :func:`realtime.people.person_key`. ``topics`` and ``joined`` belong to the hub, ``cursors`` to
    :mod:`realtime.logs`, ``known_orders`` to :mod:`realtime.presence.steps`.
    """

    def __init__(
        self,
        backlog: Backlog,
        transport: Transport,
        actor: Actor,
        protocol: str,
        *,
        address: str = "",
        person: int = 0,
        now_s: Callable[[], float] | None = None,
    ) -> None:
        self.actor = actor
        self.protocol = protocol
        self.address = address
        self.person = person
        self.waiting_bytes = 0
        self.topics: set[str] = set()
        self.joined: dict[str, tuple[str, ...]] = {}
        self.known_orders: dict[tuple[str, str], int] = {}
        self.cursors: dict[str, LogCursor] = {}
        self.is_closing = False
        self.is_busy = False
        # The client has said that it disconnects for good.
        self.is_leaving = False
        # Pings the client; ``last_received_s`` is when its last packet arrived.
        self.ping: Callable[[], None] | None = None
        self.last_received_s = 0.0
        self.blocked_since_s: float | None = None
        self._loop = asyncio.get_running_loop()
        self._now_s = now_s or self._loop.time
        self.last_command_s = self._now_s()
        self._backlog = backlog
        self._transport = transport
        self._write_frame = transport.write_frame
        self._queue: deque[Frame] = deque()
        self._states: dict[tuple[str, str], Frame] = {}
        self._close_code: CloseCode | None = None
        self._writer: asyncio.Task[None] | None = None
        self._is_writing = False
        self._buffered_bytes = 0
        self._free_bytes = FREE_REPLY_BYTES
        self._unpaid_bytes = 0
        self._low_water: asyncio.Future[None] | None = None

    # Writing

    def use(self, transport: Transport) -> None:
        """Writes to ``transport`` from now on, as when long polling is upgraded to a WebSocket.

        The transport before must pass on the frame that it may be waiting to send.
        """
        self._transport = transport
        self._write_frame = transport.write_frame

    def push(self, frame: Frame) -> None:
        """Writes a reply or a log event, after those that wait already."""
        if self.is_closing or self._is_written_at_once(frame):
            return
        if len(self._queue) >= MAX_WAITING_FRAMES or not self._has_room(frame.cost_bytes):
            self.close(CloseCode.FELL_BEHIND)
            return
        self._queue.append(frame)
        self._count(frame.cost_bytes)
        self._write()

    def reply(self, frame: Frame) -> None:
        """Writes the reply to a command, and counts it if it is large."""
        size_bytes = len(frame.data)
        if size_bytes > SMALL_FRAME_BYTES:
            free_bytes = min(size_bytes, self._free_bytes)
            self._free_bytes -= free_bytes
            self._unpaid_bytes += size_bytes - free_bytes
        self.push(frame)

    def push_state(self, topic: str, slot: str, frame: Frame) -> None:
        """Writes a state, in place of one that waits in the same slot."""
        if self.is_closing or self._is_written_at_once(frame):
            return
        replaced = self._states.get((topic, slot))
        more_bytes = frame.cost_bytes - (replaced.cost_bytes if replaced else 0)
        if not self._has_room(more_bytes):
            self.close(CloseCode.FELL_BEHIND)
            return
        self._states[topic, slot] = frame
        self._count(more_bytes)
        self._write()

    def has_waiting_state(self, topic: str, slot: str) -> bool:
        """Whether a state of this slot is not written yet."""
        return (topic, slot) in self._states

    def push_entry(self, topic: str, position: int, frame: Frame) -> None:
        """Writes an entry of a stored log, unless this client has it already."""
        cursor = self.cursors.get(topic)
        if cursor is None or cursor.passes(position, frame):
            self.push(frame)
        elif cursor.is_full:
            self.close(CloseCode.FELL_BEHIND)

    def push_event(self, topic: str, event: StateEvent) -> None:
        """Writes a state event to this client only."""
        frame = EncodedEvent(event, is_shared=False).frame(self.protocol)
        if frame is not None:
            self.push_state(topic, event.slot, frame)

    def close(self, code: CloseCode) -> None:
        """Closes the socket after the queued frames are written; nothing can be pushed after."""
        if not self.is_closing:
            self._stop()
            self._close_code = code
            self._count(-sum(each.cost_bytes for each in self._states.values()))
            self._states.clear()
            CLOSED.labels(code.name.lower()).inc()
            self._write()

    def drop(self, reason: str) -> None:
        """Drops the socket and all queued frames at once; ``reason`` is for the metrics."""
        self.forget()
        self._backlog.change(self, -self._buffered_bytes)
        self._buffered_bytes = 0
        CLOSED.labels(reason).inc()
        self._transport.abort()

    def abort_if_stalled(self, now_s: float) -> None:
        """Drops a client that has read nothing for ``WS_STALL_SECONDS``."""
        if (
            self.blocked_since_s is not None
            and now_s - self.blocked_since_s > settings.WS_STALL_SECONDS
        ):
            self.drop("stalled")

    def close_if_idle(self, now_s: float) -> None:
        """Closes a visitor's socket that has joined nothing and sent nothing for long."""
        if (
            not (self.actor.id or self.joined)
            and now_s - self.last_command_s > settings.WS_IDLE_SECONDS
        ):
            self.close(CloseCode.IDLE)

    def forget(self) -> None:
        """Releases everything, once the socket is gone."""
        self._stop()
        self._queue.clear()
        self._states.clear()
        if self._writer is not None:
            self._writer.cancel()
        self._count(-self.waiting_bytes)

    # Bytes waiting

    @property
    def held_bytes(self) -> int:
        """Bytes waiting here, and in the server's buffers when last measured."""
        return self.waiting_bytes + self._buffered_bytes

    def take_unpaid_bytes(self) -> int:
        """Returns the bytes of large replies beyond ``FREE_REPLY_BYTES``, since the last call."""
        unpaid_bytes, self._unpaid_bytes = self._unpaid_bytes, 0
        return unpaid_bytes

    def measure_buffers(self) -> int:
        """Measures the server's buffers; returns the difference in bytes to the last time."""
        if self._transport.buffered_bytes is None or self.is_closing:
            return 0
        before, self._buffered_bytes = self._buffered_bytes, self._transport.buffered_bytes()
        return self._buffered_bytes - before

    async def until_read(self) -> None:
        """Waits until at most ``LOW_WATER_BYTES`` wait for the client."""
        while self.waiting_bytes > LOW_WATER_BYTES and not self.is_closing:
            self._low_water = self._loop.create_future()
            await self._low_water

    def _has_room(self, more_bytes: int) -> bool:
        """Whether that many more bytes may wait; a single frame always may."""
        if not self.waiting_bytes:
            return True
        return self.waiting_bytes + more_bytes <= settings.WS_MAX_QUEUED_BYTES

    def _count(self, difference: int) -> None:
        if difference:
            self.waiting_bytes += difference
            self._backlog.change(self, difference)
            if self.waiting_bytes <= LOW_WATER_BYTES:
                self._wake()

    def _stop(self) -> None:
        self.is_closing = True
        self._wake()

    def _wake(self) -> None:
        """Makes ``until_read`` check again."""
        waiter, self._low_water = self._low_water, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # How frames are written

    def _is_written_at_once(self, frame: Frame) -> bool:
        """Writes the frame if none waits and the client is reading, the usual case.

        Also True if the client is gone.
        """
        if self._write_frame is None or self._states or self._queue or self._is_writing:
            return False
        try:
            return self._write_frame(frame.data)
        except OSError:
            # The server also tells the consumer.
            self._stop()
            return True

    def _write(self) -> None:
        """Writes as much as the client reads now; a task writes the rest.

        A task per frame would cost more than the frame. So the coroutine's first steps run here,
        and only one that has to wait becomes a task (as eager tasks do since Python 3.12).
        """
        if self._is_writing or self._write_at_once():
            return
        self._is_writing = True
        steps = self._write_all()
        try:
            waiting_for = steps.send(None)
        except StopIteration:
            return
        self.blocked_since_s = self._now_s()
        self._writer = self._loop.create_task(finish(steps, waiting_for))
        self._writer.add_done_callback(_report_failed)

    def _write_at_once(self) -> bool:
        """Writes complete frames while the client reads; returns whether none is left.

        ASGI costs twice as much per frame: a coroutine, a dictionary, and encoding for each
        client.
        """
        write_frame = self._write_frame
        if write_frame is None or self._close_code is not None:
            return False
        try:
            while self._queue and write_frame(self._queue[0].data):
                self._count(-self._queue.popleft().cost_bytes)
            while self._states and not self._queue:
                key = next(iter(self._states))
                if not write_frame(self._states[key].data):
                    return False
                self._count(-self._states.pop(key).cost_bytes)
        except OSError:
            # The client is gone; the server also tells the consumer.
            self._stop()
        return not self._queue

    async def _write_all(self) -> None:
        try:
            while True:
                if self._queue:
                    frame = self._queue.popleft()
                elif self._states:
                    frame = self._states.pop(next(iter(self._states)))
                elif self._close_code is not None:
                    code, self._close_code = self._close_code, None
                    await self._transport.send_close(code)
                    continue
                else:
                    return
                await self._transport.send_text(frame.text)
                self._count(-frame.cost_bytes)
                if self.blocked_since_s is not None:
                    self.blocked_since_s = self._now_s()
        except OSError:
            # The client is gone; the server also tells the consumer.
            self._stop()
        finally:
            self._is_writing = False
            self._writer = None
            self.blocked_since_s = None

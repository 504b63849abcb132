"""One client's socket: what waits to be written to it, and what it follows."""

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apikit.actors import Actor
from apikit.errors import TooManyRequestsError
from apikit.wire import encode
from realtime.close_codes import CloseCode
from realtime.events import Event, StateEvent
from realtime.metrics import CLOSED

if TYPE_CHECKING:
    from realtime.hub import Hub

# Replies and log events that may wait for one client; states need no bound, since a newer one
# takes the place of an older.
MAX_WAITING_FRAMES = 256

SendText = Callable[[str], Coroutine[Any, Any, None]]
SendClose = Callable[[CloseCode], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Transport:
    """What a connection does to the protocol below it.

    ``abort`` drops the client without a farewell, for one that reads nothing. ``write_frame``
    takes a finished frame at once, or returns False where the client doesn't read just now; a
    server that can't do that has none.
    """

    send_text: SendText
    send_close: SendClose
    abort: Callable[[], None]
    write_frame: Callable[[bytes], bool] | None = None


class TooManyTopicsError(TooManyRequestsError):
    code = "socket.too_many_topics"
    message = "This socket follows as much as it may: leave something first."


class Message:
    """A text for any number of clients, made into a WebSocket frame once for all of them."""

    __slots__ = ("frame", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.frame = _frame_of(text.encode())


def _frame_of(payload: bytes) -> bytes:
    """A final text frame, unmasked as those of servers are (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 1 << 16:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + payload


class Frame:
    """An event, encoded once for each dialect that somebody in this process speaks.

    ``slot`` is where a newer state takes its place; None for what is not a state.
    """

    __slots__ = ("_messages", "event", "slot")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.slot = event.slot if isinstance(event, StateEvent) else None
        self._messages: dict[str, Message | None] = {}

    def message(self, dialect: str) -> Message | None:
        """What is written to a client of ``dialect``, if anything."""
        try:
            return self._messages[dialect]
        except KeyError:
            body = self.event.body(dialect)
            message = None if body is None else Message(encode(body))
            self._messages[dialect] = message
            return message


class Connection:
    """Writes what it is given, in order, never more than the client takes.

    Nothing here waits for the client: what can't be written at once stays in a queue (replies,
    messages) or in a slot where the next one replaces it (states), and a task of the
    connection's own writes on when the client reads.
    """

    def __init__(self, hub: "Hub", transport: Transport, actor: Actor, dialect: str) -> None:
        self.hub = hub
        self.actor = actor
        self.dialect = dialect
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

    # What is written

    def push(self, message: Message) -> None:
        """Writes a reply or a message after those that wait already."""
        if self.is_closing:
            return
        if len(self._queue) >= MAX_WAITING_FRAMES:
            self.close(CloseCode.FELL_BEHIND)
            return
        self._queue.append(message)
        self._write()

    def push_state(self, topic: str, slot: str, message: Message) -> None:
        """Writes how something stands, in place of what waits in the same slot."""
        if self.is_closing:
            return
        if self._write_frame is not None and not (self._states or self._queue or self._is_writing):
            # Nothing waits, and nearly always the client takes it at once.
            try:
                if self._write_frame(message.frame):
                    return
            except OSError:
                # The client is gone; the protocol says so to the consumer as well.
                self.is_closing = True
                return
        self._states[topic, slot] = message
        self._write()

    def show(self, topic: str, event: StateEvent) -> None:
        """Writes how something stands to this client alone."""
        message = Frame(event).message(self.dialect)
        if message is not None:
            self.push_state(topic, event.slot, message)

    def close(self, code: CloseCode) -> None:
        """Says farewell after what waits in the queue; nothing can be pushed any more."""
        if not self.is_closing:
            self.is_closing = True
            self._close_code = code
            self._states.clear()
            CLOSED.labels(code.name.lower()).inc()
            self._write()

    def abort_if_stalled(self, now_s: float) -> None:
        """Drops a client that has taken nothing for too long."""
        if (
            self.blocked_since_s is not None
            and now_s - self.blocked_since_s > settings.WS_STALL_SECONDS
        ):
            self.is_closing = True
            CLOSED.labels("stalled").inc()
            self._transport.abort()

    def forget(self) -> None:
        """Lets go of everything, once the socket is gone."""
        self.is_closing = True
        self._queue.clear()
        self._states.clear()
        if self._writer is not None:
            self._writer.cancel()

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
        self._writer = self.hub.loop.create_task(_finish(steps, waiting_for))

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
                self._queue.popleft()
            while self._states and not self._queue:
                key = next(iter(self._states))
                if not write_frame(self._states[key].frame):
                    return False
                del self._states[key]
        except OSError:
            # The client is gone; the protocol says so to the consumer as well.
            self.is_closing = True
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
                if self.blocked_since_s is not None:
                    self.blocked_since_s = self.hub.now_s()
        except OSError:
            # The client is gone; the protocol says so to the consumer as well.
            self.is_closing = True
        finally:
            self._is_writing = False
            self._writer = None
            self.blocked_since_s = None


async def _finish(steps: Coroutine[Any, Any, None], waiting_for: Any) -> None:
    await _go_on(steps, waiting_for)


@types.coroutine
def _go_on(steps: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Goes on with a coroutine that has been started and waits for ``waiting_for``."""
    while True:
        try:
            result = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine
            resume = partial(steps.throw, error)
        else:
            resume = partial(steps.send, result)
        try:
            waiting_for = resume()
        except StopIteration:
            return

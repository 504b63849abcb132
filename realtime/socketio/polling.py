"""Long polling as a transport: the packets of one client wait for its next GET request."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from realtime.close_codes import CloseCode
from realtime.frames import PACKET_SEPARATOR
from realtime.socketio.packets import InvalidPacketError
from realtime.transport import Transport

# Packets are added to one response up to about this size. The rest stays in the connection, where
# newer states replace older ones.
MAX_RESPONSE_CHARS = 65_536

_CLOSE = "1"
NOOP = "6"


class ClientGoneError(Exception):
    """The client has ended the request that it was waiting for."""


class PollingTransport:
    """Hands packets over to the GET that waits for them.

    No packet leaves the connection before a GET takes it, so a client that stops polling looks
    like a WebSocket whose client has stopped reading. ``end`` is called once the server closes
    the session.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._packets: list[str] = []
        self._chars = 0
        # The GET that waits, and the sender that waits for a GET.
        self._poll: asyncio.Future[None] | None = None
        self._sender: asyncio.Future[None] | None = None
        self._is_held = False
        self._successor: Transport | None = None

    def transport(self, last_packets: Callable[[CloseCode], list[str]]) -> Transport:
        """Returns what the connection writes to; ``last_packets`` precede a close."""

        async def send_close(code: CloseCode) -> None:
            if self._successor is not None:
                await self._successor.send_close(code)
                return
            self._packets += [*last_packets(code), _CLOSE]
            self._answer()
            abort()

        def abort() -> None:
            # Later, because it cancels the task that is calling this.
            self._loop.call_soon(self._end)

        return Transport(self._send_text, send_close, abort)

    async def poll(self, receive: Callable[[], Any]) -> str:
        """Waits for packets; returns them as a payload. An upgrade or the end returns a NOOP.

        :raises InvalidPacketError: if another request of the client is waiting.
        :raises ClientGoneError: if the client closes the connection meanwhile.
        """
        if self._poll is not None:
            raise InvalidPacketError("Only one GET of a session may wait at a time.")
        self._poll = self._loop.create_future()
        if self._packets or self._is_held:
            self._answer()
        self._wake_sender()
        try:
            await self._until_answered(self._poll, receive)
        finally:
            self._poll = None
        packets, self._packets, self._chars = self._packets, [], 0
        return PACKET_SEPARATOR.join(packets or [NOOP])

    def hold(self) -> None:
        """Ends the waiting GET, and keeps packets from now on, during an upgrade."""
        self._is_held = True
        self._answer()

    def release(self) -> None:
        """Continues with polling, after an upgrade that failed."""
        self._is_held = False

    def hand_over(self, successor: Transport) -> None:
        """Sends everything that is still waiting over another transport."""
        self._successor = successor
        self._wake_sender()

    def end(self) -> None:
        """Answers the waiting GET."""
        self._is_held = True
        self._answer()

    # Sending

    async def _send_text(self, text: str) -> None:
        while self._successor is None and not self._takes_packets:
            self._sender = self._loop.create_future()
            await self._sender
        if self._successor is not None:
            await self._successor.send_text(text)
            return
        self._packets.append(text)
        self._chars += len(text)
        self._answer()

    @property
    def _takes_packets(self) -> bool:
        """Whether a GET is waiting that has room."""
        return self._poll is not None and not self._is_held and self._chars < MAX_RESPONSE_CHARS

    def _answer(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def _wake_sender(self) -> None:
        waiting, self._sender = self._sender, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def _until_answered(self, poll: "asyncio.Future[None]", receive: Any) -> None:
        """Waits for packets, or for the server to report that the client is gone."""
        if poll.done():
            # Let a waiting sender add what it has.
            await asyncio.sleep(0)
            return
        gone = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({poll, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
        if not poll.done():
            raise ClientGoneError


async def first_of(*waiting: Coroutine[Any, Any, Any]) -> None:
    """Waits until one of these has finished, and cancels the others."""
    tasks = [asyncio.ensure_future(each) for each in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in tasks:
        each.cancel()

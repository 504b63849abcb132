"""Writes the head of a response together with the start of its body."""

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class JoiningTransport:
    """Transport of one response that joins its head and the start of its body to one write.

    Each write is a packet, and wakes up both sides. ASGI allows a server to hold back the head
    until there is some of the body.
    """

    __slots__ = ("_cycle", "_head", "_transport", "close", "is_closing")

    def __init__(self, cycle: RequestResponseCycle, close: Callable[[], None]) -> None:
        self._cycle = cycle
        self._transport = cycle.transport
        self._head: bytes | None = None
        self.close = close
        self.is_closing = self._transport.is_closing

    def write(self, data: bytes) -> None:
        if not self._cycle.response_started:
            self._transport.write(data)  # 100 Continue
        elif self._head is None:
            self._head = data
        else:
            self._transport.write(self._head + data)
            self._head = b""

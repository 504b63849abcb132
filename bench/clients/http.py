"""A minimal HTTP client, cheap enough that the server remains the bottleneck."""

import asyncio
from typing import cast

HEADER_END = b"\r\n\r\n"


class HttpClient(asyncio.Protocol):
    """One keep-alive connection, one request at a time; stores the last response."""

    def __init__(self) -> None:
        self.header = b""
        self.body = b""
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's interface, but not its base class.
        self._transport = cast(asyncio.Transport, transport)

    async def get(self, path: str) -> int:
        """Returns the status of the response."""
        return await self._send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    async def post(self, path: str, body: bytes, token: str | None = None) -> int:
        """Returns the status of the response."""
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        return await self._send(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    async def _send(self, request: bytes) -> int:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(HEADER_END)
        if end < 0:
            return
        header = self._buffer[:end].lower()
        start = end + len(HEADER_END)
        length = int(header.partition(b"content-length: ")[2].partition(b"\r")[0])
        if len(self._buffer) >= start + length:
            self.header, self.body, self._buffer = header, self._buffer[start:], b""
            assert self._answer is not None
            if not self._answer.done():  # cancelled if the bench ends early
                self._answer.set_result(int(header[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def open_http(port: int) -> HttpClient:
    """Opens a connection to the server on ``port``."""
    _, client = await asyncio.get_running_loop().create_connection(HttpClient, "127.0.0.1", port)
    return client

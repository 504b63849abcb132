"""A minimal HTTP client, cheap enough that the server remains the bottleneck."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

HEADER_END = b"\r\n\r\n"
# What Chrome sends with fetch() from a page of the site, besides what every request here has.
BROWSER_HEADERS = {
    "Connection": "keep-alive",
    "sec-ch-ua-platform": '"Android"',
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile",
    "sec-ch-ua": '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
    "sec-ch-ua-mobile": "?1",
    "Accept": "*/*",
    "Origin": "http://localhost",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "http://localhost/p/123456",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
    "Cookie": "tallyroom_session=q0h8bq3u0gaxp4nkx7dy2pkb0shl3e1f; tallyroom_csrf=p8W2mX5",
}


class HttpClient(asyncio.Protocol):
    """One keep-alive connection, one request at a time; stores the last response."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        headers = {"Host": "localhost", **headers}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
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
        return await self._send(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n".encode())

    async def post(self, path: str, body: bytes, token: str | None = None) -> int:
        """Returns the status of the response."""
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        return await self._send(
            f"POST {path} HTTP/1.1\r\n{self._headers}{authorization}"
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


async def open_http(port: int, headers: Mapping[str, str] = MappingProxyType({})) -> HttpClient:
    """Opens a connection to the server on ``port``."""
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: HttpClient(headers), "127.0.0.1", port
    )
    return client

"""Raw Socket.IO requests to the application, in the test's own process."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from polling_site.asgi import application
from tests.sockets import PATIENCE_S, SocketClient

SEPARATOR = "\x1e"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


@dataclass(slots=True)
class Response:
    """The response to one request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def error(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.body)
        return body

    @property
    def packets(self) -> list[str]:
        return self.text.split(SEPARATOR)


class PollingClient:
    """One long-polling session."""

    def __init__(
        self, headers: Iterable[tuple[bytes, bytes]] = (), address: str = "192.0.2.7"
    ) -> None:
        self._headers = list(headers)
        self._address = address
        self.sid = ""

    async def open(self) -> "PollingClient":
        response = await self.request("GET", "transport=polling&EIO=4")
        assert response.status == 200, response
        self.sid = json.loads(response.text[1:])["sid"]
        return self

    async def connect(self, **auth: Any) -> "PollingClient":
        """Opens a session and connects; the answer has been read."""
        await self.open()
        posted = await self.post(f"40{json.dumps(auth)}" if auth else "40")
        assert posted.status == 200, posted
        [packet] = (await self.poll()).packets
        assert packet.startswith("40"), packet
        return self

    async def poll(self) -> Response:
        """Waits for packets."""
        return await self.request("GET", self._query)

    async def post(self, *packets: str, body: bytes | None = None) -> Response:
        """Sends packets."""
        encoded = SEPARATOR.join(packets).encode() if body is None else body
        return await self.request("POST", self._query, encoded)

    async def find(self, start: str) -> str:
        """Polls until a packet begins like this; returns the rest of it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for packet in (await self.poll()).packets:
                    if packet.startswith(start):
                        return packet.removeprefix(start)

    async def request(
        self,
        method: str,
        query: str,
        body: bytes = b"",
        *,
        disconnect: "asyncio.Future[None] | None" = None,
    ) -> Response:
        """Sends a request; ``disconnect`` ends the connection while it waits."""
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": "/socket.io/",
            "raw_path": b"/socket.io/",
            "query_string": query.encode(),
            "headers": [(b"content-length", str(len(body)).encode()), *self._headers_of(method)],
            "http_version": "1.1",
            "scheme": "http",
            "client": (self._address, 1),
            "server": ("testserver", 80),
            "root_path": "",
        }
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        response = Response()

        async def receive() -> Any:
            if messages:
                return messages.pop(0)
            await (disconnect or asyncio.get_running_loop().create_future())
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                response.status = message["status"]
                response.headers = {
                    name.decode().lower(): value.decode() for name, value in message["headers"]
                }
            else:
                response.body += message.get("body", b"")

        async with asyncio.timeout(PATIENCE_S):
            await application(scope, receive, send)
        return response

    def _headers_of(self, method: str) -> list[tuple[bytes, bytes]]:
        """Browsers send no Origin with a GET to the page's own site."""
        return [pair for pair in self._headers if method != "GET" or pair[0] != b"origin"]

    @property
    def _query(self) -> str:
        return f"transport=polling&EIO=4&sid={self.sid}"


class PacketSocket(SocketClient):
    """A WebSocket of a Socket.IO client, read packet by packet."""

    def __init__(self, path: str = WEBSOCKET, **options: Any) -> None:
        headers = [(b"upgrade", b"websocket"), *options.pop("headers", [])]
        super().__init__(path, headers=headers, **options)

    async def packet(self) -> str:
        """Returns the text of the next frame."""
        output = await self.output()
        assert output["type"] == "websocket.send", output
        return str(output["text"])

    async def closed(self) -> int:
        """Returns the code that the server closes with."""
        output = await self.output()
        assert output["type"] == "websocket.close", output
        return int(output.get("code", 1000))


def events_in(logs: list[Any]) -> list[str]:
    """The lines of a client's fault; those at debug level are not written."""
    return [line["event"] for line in logs if line["log_level"] != "debug"]

"""The socket protocols of the contestants."""

import asyncio
import json

from bench.clients.websocket import Socket


class TallyroomSocket(Socket):
    """Tallyroom's protocol: commands and replies in JSON, see docs/sockets.md."""

    def address(self) -> str:
        return f"/ws?token={self.token}" if self.token else "/ws"

    def greet(self) -> None:
        self.opened.set_result(None)

    async def join(self) -> bytes:
        return await self.call(_json({"type": "join-poll", "ref": 1, "pollId": self.poll_id}))

    async def vote(self, poll_id: str, option_id: str) -> bool:
        answer = await self.call(
            _json({"type": "cast-vote", "ref": 1, "pollId": poll_id, "pollOptionId": option_id})
        )
        return answer.startswith(b'{"type":"reply"')

    def take(self, text: bytes) -> None:
        if text.startswith(b'{"type":"vote-update"'):
            self.show(text)
        elif text.startswith((b'{"type":"reply"', b'{"type":"error"')):
            self.answer(text)


class SocketIoSocket(Socket):
    """Socket.IO 5 (0 connect, 2 event, 3 acknowledgement) on Engine.IO 4 (0 open, 2 ping, 3 pong,
    4 message)."""

    def address(self) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def greet(self) -> None:
        pass  # the server speaks first

    async def join(self) -> bytes:
        return await self.call(b"420" + _json(["join-poll", self.poll_id]))

    async def vote(self, poll_id: str, option_id: str) -> bool:
        vote = {"pollId": poll_id, "pollOptionId": option_id}
        answer = await self.call(b"420" + _json(["cast-vote", vote]))
        return b'"status":"ok"' in answer

    def take(self, text: bytes) -> None:
        kind = text[:2]
        if kind == b"42":
            self.show(text)
        elif kind == b"43":
            self.answer(text)
        elif kind == b"2":
            self.send(b"3")
        elif kind == b"40":
            self.opened.set_result(None)
        elif text[:1] == b"0":
            self.send(b"40" + _json({"token": self.token}))


class TallyroomSocketIo(SocketIoSocket):
    """Tallyroom's Socket.IO clients, which also get other events than tallies."""

    def take(self, text: bytes) -> None:
        if not text.startswith(b"42") or text.startswith(b'42["vote-update"'):
            super().take(text)


class TutorialSocket(Socket):
    """A socket follows the poll in its URL; votes go over REST."""

    def address(self) -> str:
        return f"/ws/polls/{self.poll_id}/"

    def greet(self) -> None:
        self.opened.set_result(None)

    async def join(self) -> bytes:
        return b""  # connecting subscribes

    async def vote(self, poll_id: str, option_id: str) -> bool:
        raise NotImplementedError

    def take(self, text: bytes) -> None:
        self.show(text)


async def open_socket(
    kind: type[Socket], port: int, *, token: str | None = None, poll_id: str = ""
) -> Socket:
    """Opens a socket to the server on ``port``, without a subscription."""
    _, socket = await asyncio.get_running_loop().create_connection(
        lambda: kind(token, poll_id), "127.0.0.1", port
    )
    await socket.opened
    return socket


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

"""Messages: how many go into one room, and a message to 300 receivers beside the Node server.

The rates are those of the ledger, without a server: by the group commit, and with a transaction for
each message, as 16 requests at the same time would write them.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from bench.bench import Bench
from bench.clients.speech import SocketIoSocket, TallyroomSocket
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.contestants.tallyroom import ROOT
from bench.figures import Findings, Goal, Row, median_of, p50, ratio_of, row_of

MESSAGES = 6_000
RECEIVERS = 300
MESSAGES_TO_ALL = 400
PAUSE_S = 0.01
MOST_S = 10.0
# In bench/baselines/node/schema.sql.
NODE_ROOM_ID = "01985c31-2c6e-7f40-9d51-0b7a6f3e1c90"


async def run(bench: Bench) -> Findings:
    receivers, messages = bench.size(RECEIVERS), bench.size(MESSAGES_TO_ALL)

    async def send_to_all(contestant: Contestant, _number: int) -> Row:
        return await _send_to_all(contestant, receivers, messages)

    with running_side_by_side(bench.services, Setup(voters=receivers + 1)) as contestants:
        rates = await asyncio.to_thread(_rates, contestants[0], bench.size(MESSAGES))
        ours, theirs = await by_turns(contestants, bench.repetitions, send_to_all)
    single, batched = (statistics.median(rates[name]) for name in ("single", "batched"))
    ratio = statistics.median(
        many / one for one, many in zip(rates["single"], rates["batched"], strict=True)
    )
    goal = f"{ours[0].what}: p50, relative to the Node server"
    return [
        Row("messages into one room, by the group commit", "Tallyroom", batched, "messages/s"),
        Row("messages into one room, a transaction each", "Tallyroom", single, "messages/s"),
        Goal("messages into one room, relative to a transaction each", ratio, 5.0),
        median_of(ours),
        median_of(theirs),
        Goal(goal, ratio_of(ours, theirs, p50), 1.0, is_most=True),
    ]


def _rates(contestant: Contestant, count: int) -> dict[str, list[float]]:
    printed = subprocess.run(
        [sys.executable, "-m", "bench.message_rates", str(count)],
        env=os.environ
        | {
            "DATABASE_URL": contestant.database_url,
            "DJANGO_SETTINGS_MODULE": "polling_site.settings",
            "LOG_LEVEL": "ERROR",
        },
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rates: dict[str, list[float]] = json.loads(printed)
    return rates


class RoomSocket(TallyroomSocket):
    """Follows a room of Tallyroom; ``poll_id`` is the room's id."""

    async def join(self) -> bytes:
        return await self.call(self._command("join-room"))

    async def send_message(self, body: str) -> bytes:
        return await self.call(self._command("send-message", body=body))

    def take(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message"'):
            self.show(text)
        elif text.startswith((b'{"type":"reply"', b'{"type":"error"')):
            self.answer(text)

    def _command(self, name: str, **fields: str) -> bytes:
        return json.dumps({"type": name, "ref": 1, "roomId": self.poll_id, **fields}).encode()


class NodeRoomSocket(SocketIoSocket):
    """Follows a room of the Node server."""

    async def join(self) -> bytes:
        return await self.call(self._event("join-room"))

    async def send_message(self, body: str) -> bytes:
        return await self.call(self._event("send-message", body=body))

    def _event(self, name: str, **fields: str) -> bytes:
        return b"420" + json.dumps([name, {"roomId": self.poll_id, **fields}]).encode()


AnyRoomSocket = RoomSocket | NodeRoomSocket


async def _send_to_all(contestant: Contestant, count: int, messages: int) -> Row:
    """Sends one message after another, and times each until the last receiver has it."""
    sender, *receivers = await _open(contestant, count + 1)
    arrivals = _Arrivals(receivers)
    for receiver in receivers:
        await receiver.join()
    times_s = []
    before = contestant.usage()
    for number in range(messages):
        began_s = time.perf_counter()
        await asyncio.gather(sender.send_message(f"Message {number}"), arrivals.of_a_message())
        times_s.append(time.perf_counter() - began_s)
        await asyncio.sleep(PAUSE_S)
    usage = contestant.usage().since(before)
    close_all([sender, *receivers])
    what = f"a message to {count} receivers, until the last has it"
    return row_of(what, contestant.name, usage, times_s, "messages/s")


class _Arrivals:
    """Waits until each receiver has a message."""

    def __init__(self, receivers: Sequence[AnyRoomSocket]) -> None:
        self._count = len(receivers)
        self._left = 0
        self._done = asyncio.Event()
        for receiver in receivers:
            receiver.on_update = self._note

    async def of_a_message(self) -> None:
        self._left = self._count
        self._done.clear()
        await asyncio.wait_for(self._done.wait(), MOST_S)

    def _note(self, _text: bytes) -> None:
        self._left -= 1
        if not self._left:
            self._done.set()


async def _open(contestant: Contestant, count: int) -> list[AnyRoomSocket]:
    is_ours = contestant.socket_kind is TallyroomSocket
    room_id = await _find_lobby(contestant) if is_ours else NODE_ROOM_ID
    kind: type[AnyRoomSocket] = RoomSocket if is_ours else NodeRoomSocket
    sockets: list[AnyRoomSocket] = []
    for token in contestant.known.tokens[:count]:
        socket = kind(token, room_id)
        await asyncio.get_running_loop().create_connection(
            _factory_of(socket), "127.0.0.1", contestant.port
        )
        await socket.opened
        sockets.append(socket)
    return sockets


def _factory_of(socket: AnyRoomSocket) -> Callable[[], AnyRoomSocket]:
    return lambda: socket


async def _find_lobby(contestant: Contestant) -> str:
    [http] = await contestant.open_http(1)
    await http.get("/api/rooms/lobby")
    close_all([http])
    return str(json.loads(http.body)["room"]["id"])

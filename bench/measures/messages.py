"""Messages: how many go into one room, and a message to 300 receivers.

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
from collections.abc import Sequence
from functools import partial

from bench.bench import Bench
from bench.clients.speech import TallyroomSocket
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.tallyroom import ROOT, running_tallyroom
from bench.figures import Findings, Goal, Row, row_of

MESSAGES = 6_000
RECEIVERS = 300
MESSAGES_TO_ALL = 400
PAUSE_S = 0.01
MOST_S = 10.0


async def run(bench: Bench) -> Findings:
    receivers = bench.size(RECEIVERS)
    setup = Setup(voters=receivers + 1)
    with running_tallyroom(bench.services, setup) as contestant:
        rates = await asyncio.to_thread(_rates, contestant, bench.size(MESSAGES))
        delivered = await _send_to_all(contestant, receivers, bench.size(MESSAGES_TO_ALL))
    single, batched = (statistics.median(rates[name]) for name in ("single", "batched"))
    ratio = statistics.median(
        many / one for one, many in zip(rates["single"], rates["batched"], strict=True)
    )
    return [
        Row("messages into one room, by the group commit", "Tallyroom", batched, "messages/s"),
        Row("messages into one room, a transaction each", "Tallyroom", single, "messages/s"),
        Goal("messages into one room, relative to a transaction each", ratio, 5.0),
        delivered,
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
    """Follows a room; ``poll_id`` is the room's id."""

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
        body = {"type": name, "ref": 1, "roomId": self.poll_id, **fields}
        return json.dumps(body).encode()


async def _send_to_all(contestant: Contestant, count: int, messages: int) -> Row:
    """Sends one message after another, and times each until the last receiver has it."""
    [http] = await contestant.open_http(1)
    await http.get("/api/rooms/lobby")
    room_id = json.loads(http.body)["room"]["id"]
    close_all([http])
    sender, *receivers = await _open(contestant, room_id, count + 1)
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

    def __init__(self, receivers: Sequence[RoomSocket]) -> None:
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


async def _open(contestant: Contestant, room_id: str, count: int) -> list[RoomSocket]:
    loop = asyncio.get_running_loop()
    sockets = []
    for token in contestant.known.tokens[:count]:
        make = partial(RoomSocket, token, room_id)
        _, socket = await loop.create_connection(make, "127.0.0.1", contestant.port)
        await socket.opened
        sockets.append(socket)
    return sockets

"""The server under attack, and how attacks connect to it."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Votes come from 127.0.0.1, so that limits per address apply separately.
ATTACKER_ADDRESS = "127.0.0.2"


@dataclass(frozen=True, slots=True)
class Target:
    """A running server.

    ``poll_id`` is the poll with votes coming in, ``spare_poll_id`` one without;
    ``tokens`` are access tokens of guests, ``emails`` accounts whose password is ``password``.
    """

    port: int
    poll_id: str
    spare_poll_id: str
    tokens: tuple[str, ...]
    emails: tuple[str, ...]
    password: str
    seconds: float

    def as_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, text: str) -> "Target":
        return cls(**json.loads(text))

    async def connect(
        self, address: str = ATTACKER_ADDRESS
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Opens a TCP connection from ``address``, which must be a loopback address."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))


# An attack runs for ``target.seconds`` and counts its outcomes.
Attack = Callable[[Target], Awaitable[Counter[str]]]


async def send_request(
    target: Target,
    head: str,
    body: bytes = b"",
    address: str = ATTACKER_ADDRESS,
) -> tuple[int, bytes]:
    """Sends one request on a new connection; returns status and body.

    ``head`` is the request line and any headers, separated by CRLF, without Host, Content-Length
    and Connection.
    """
    reader, writer = await target.connect(address)
    try:
        lines = [head, "Host: localhost", f"Content-Length: {len(body)}", "Connection: close"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    start, _, content = answer.partition(b"\r\n\r\n")
    parts = start.split(b" ", 2)
    return (int(parts[1]) if len(parts) > 1 else 0), content


async def repeat(
    target: Target, workers: int, step: Callable[[int], Awaitable[str]]
) -> Counter[str]:
    """Runs ``step`` in ``workers`` loops until the time is over; counts its results.

    ``step`` gets the worker's number and returns a label such as a status.
    """
    outcomes: Counter[str] = Counter()

    async def work(number: int) -> None:
        while True:
            try:
                outcomes[await step(number)] += 1
            except (OSError, EOFError) as error:
                outcomes[type(error).__name__] += 1
                await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(work(number)) for number in range(workers)]
    await asyncio.sleep(target.seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes

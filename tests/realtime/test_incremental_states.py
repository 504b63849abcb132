"""States sent as changes: each client ends with the newest, however it reads."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from apikit.actors import visitor
from realtime.backlog import Backlog
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL, Event, IncrementalState
from realtime.fan_out import FanOut, Pace
from realtime.transport import Transport

TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Event):
    name: ClassVar[str] = "added"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(IncrementalState):
    """The numbers up to ``order``; the change is the last one."""

    name: ClassVar[str] = "numbers"
    numbers: list[int]
    has_change: Annotated[bool, Field(exclude=True)] = True

    @property
    def order(self) -> int:
        return len(self.numbers)

    @property
    def base(self) -> int:
        return len(self.numbers) - 1

    @property
    def change(self) -> Event | None:
        return Added(number=self.numbers[-1]) if self.has_change else None


def up_to(last: int, **fields: Any) -> Numbers:
    return Numbers(numbers=list(range(last)), **fields)


class Client:
    """A client that applies what it reads, and can stop reading."""

    def __init__(self, protocol: str = MAIN_PROTOCOL) -> None:
        self.types: list[str] = []
        self.numbers: list[int] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        transport = Transport(self._take, self._take_close, lambda: None)
        self.connection = Connection(Backlog(), transport, visitor(), protocol)

    async def _take(self, text: str) -> None:
        await self.may_read.wait()
        frame = json.loads(text)
        self.types.append(frame["type"])
        if frame["type"] == "numbers":
            self.numbers = frame["numbers"]
        else:
            self.numbers.append(frame["number"])

    async def _take_close(self, _code: CloseCode) -> None: ...


@pytest.fixture
async def client() -> Client:
    return Client()


@pytest.fixture
async def subscribers(client: Client) -> set[Connection]:
    return {client.connection}


@pytest.fixture
async def fan_out(subscribers: set[Connection]) -> FanOut:
    return FanOut(TOPIC, subscribers, asyncio.get_running_loop(), Pace())


async def write(fan_out: FanOut, *states: Numbers) -> None:
    """Writes each state before the next one comes."""
    for state in states:
        fan_out.add(state)
        await fan_out.finished()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_state_is_whole_and_then_changes_follow(
    client: Client, fan_out: FanOut
) -> None:
    await write(fan_out, up_to(1), up_to(2), up_to(3))
    assert (client.types, client.numbers) == (["numbers", "added", "added"], [0, 1, 2])


async def test_a_new_subscriber_gets_the_whole_state(
    client: Client, fan_out: FanOut, subscribers: set[Connection]
) -> None:
    await write(fan_out, up_to(1))
    late = Client()
    subscribers.add(late.connection)
    await write(fan_out, up_to(2))
    assert (client.types, late.types) == (["numbers", "added"], ["numbers"])
    assert client.numbers == late.numbers == [0, 1]


async def test_a_skipped_state_is_followed_by_a_whole_one(client: Client, fan_out: FanOut) -> None:
    await write(fan_out, up_to(1))
    # The second replaces the first before it is written.
    fan_out.add(up_to(2))
    await write(fan_out, up_to(3))
    assert (client.types, client.numbers) == (["numbers", "numbers"], [0, 1, 2])


async def test_a_client_that_reads_slowly_gets_a_whole_state_in_place_of_changes(
    client: Client, fan_out: FanOut
) -> None:
    await write(fan_out, up_to(1))
    client.may_read.clear()
    # The first of them is being written, the second waits, the third replaces the second.
    await write(fan_out, up_to(2), up_to(3), up_to(4))
    client.may_read.set()
    await settle()
    assert (client.types, client.numbers) == (["numbers", "added", "numbers"], [0, 1, 2, 3])
    await write(fan_out, up_to(5))
    assert (client.types[3:], client.numbers) == (["added"], [0, 1, 2, 3, 4])


async def test_a_state_without_a_change_is_whole(client: Client, fan_out: FanOut) -> None:
    await write(fan_out, up_to(1), up_to(2, has_change=False), up_to(3))
    assert client.types == ["numbers", "numbers", "added"]


async def test_an_older_or_known_state_is_not_written(client: Client, fan_out: FanOut) -> None:
    await write(fan_out, up_to(2), up_to(1), up_to(2))
    assert (client.types, client.numbers) == (["numbers"], [0, 1])


async def test_a_protocol_without_the_event_gets_nothing(
    fan_out: FanOut, subscribers: set[Connection]
) -> None:
    legacy = Client("legacy")
    subscribers.add(legacy.connection)
    await write(fan_out, up_to(1), up_to(2))
    assert (legacy.types, legacy.connection.known_orders) == ([], {})

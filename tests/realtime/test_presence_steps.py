"""States sent as changes: each client ends with the newest, however it reads."""

import asyncio
import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from apikit.actors import visitor
from realtime.backlog import Backlog
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL, Event, StateEvent
from realtime.presence.steps import Step
from realtime.transport import Transport

TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Event):
    name: ClassVar[str] = "added"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(StateEvent):
    """The numbers up to ``order``."""

    name: ClassVar[str] = "numbers"
    numbers: list[int]

    @property
    def order(self) -> int:
        return len(self.numbers)


def step_to(count: int, *, has_change: bool = True) -> Step:
    """The step from one number less to ``count`` numbers."""
    change = Added(number=count - 1) if has_change else None
    return Step(Numbers(numbers=list(range(count))), base=count - 1, change=change)


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


async def push(client: Client, *steps: Step) -> None:
    for step in steps:
        step.push(TOPIC, client.connection)
        await asyncio.sleep(0)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_state_is_whole_and_then_changes_follow(client: Client) -> None:
    await push(client, step_to(1), step_to(2), step_to(3))
    assert (client.types, client.numbers) == (["numbers", "added", "added"], [0, 1, 2])


async def test_clients_get_what_they_need_of_one_step(client: Client) -> None:
    await push(client, step_to(1))
    late, step = Client(), step_to(2)
    for each in (client, late):
        await push(each, step)
    assert (client.types, late.types) == (["numbers", "added"], ["numbers"])
    assert client.numbers == late.numbers == [0, 1]


async def test_a_skipped_state_is_followed_by_a_whole_one(client: Client) -> None:
    await push(client, step_to(1), step_to(3))
    assert (client.types, client.numbers) == (["numbers", "numbers"], [0, 1, 2])


async def test_a_client_that_reads_slowly_gets_a_whole_state_in_place_of_changes(
    client: Client,
) -> None:
    await push(client, step_to(1))
    client.may_read.clear()
    # The first of them is being written, the second waits, the third replaces the second.
    await push(client, step_to(2), step_to(3), step_to(4))
    client.may_read.set()
    await settle()
    assert (client.types, client.numbers) == (["numbers", "added", "numbers"], [0, 1, 2, 3])
    await push(client, step_to(5))
    assert (client.types[3:], client.numbers) == (["added"], [0, 1, 2, 3, 4])


async def test_a_state_without_a_change_is_whole(client: Client) -> None:
    await push(client, step_to(1), step_to(2, has_change=False), step_to(3))
    assert client.types == ["numbers", "numbers", "added"]


async def test_an_older_or_known_state_is_not_written(client: Client) -> None:
    await push(client, step_to(2), step_to(1), step_to(2))
    assert (client.types, client.numbers) == (["numbers"], [0, 1])


async def test_a_protocol_without_the_event_gets_nothing() -> None:
    legacy = Client("legacy")
    await push(legacy, step_to(1), step_to(2))
    assert (legacy.types, legacy.connection.known_orders) == ([], {})

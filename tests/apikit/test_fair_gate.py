"""The asyncio gate of the fair queue."""

import asyncio
from typing import Any

import pytest

from apikit.errors import ServerUnavailableError, TooManyRequestsError
from apikit.fair_gate import FairGate, Turn


def make_gate(**options: Any) -> FairGate:
    return FairGate(**{"concurrency": 1, "max_waiting": 10, "max_waiting_per_client": 5, **options})


async def settle() -> None:
    """Lets all tasks run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


class Row:
    """Clients that wait at a gate, and the order in which they passed."""

    def __init__(self, gate: FairGate) -> None:
        self.gate = gate
        self.served: list[str] = []
        self._turns: list[Turn] = []

    async def join(self, client: str) -> "asyncio.Task[None]":
        async def pass_through() -> None:
            self._turns.append(await self.gate.enter(client))
            self.served.append(client)

        task = asyncio.create_task(pass_through())
        await settle()
        return task

    async def end_turn(self) -> None:
        self._turns.pop(0).end()
        await settle()


async def test_requests_pass_one_at_a_time() -> None:
    row = Row(make_gate())
    for client in "ab":
        await row.join(client)
    assert row.served == ["a"]
    await row.end_turn()
    assert row.served == ["a", "b"]
    await row.end_turn()
    await row.join("c")
    assert row.served == ["a", "b", "c"]


async def test_clients_take_turns_however_many_requests_one_has() -> None:
    row = Row(make_gate())
    for client in "aaaabcb":
        await row.join(client)
    for _ in range(6):
        await row.end_turn()
    assert row.served == ["a", "a", "b", "c", "a", "b", "a"]


async def test_the_queue_of_a_client_is_bounded() -> None:
    row = Row(make_gate(max_waiting_per_client=2))
    for client in "aaa":
        await row.join(client)
    with pytest.raises(TooManyRequestsError) as refused:
        await row.gate.enter("a")
    assert refused.value.retry_after_s
    await row.join("b")
    assert row.gate.waiting == 3


async def test_the_whole_queue_is_bounded() -> None:
    row = Row(make_gate(max_waiting=2))
    for client in "abc":
        await row.join(client)
    with pytest.raises(ServerUnavailableError) as refused:
        await row.gate.enter("d")
    assert refused.value.retry_after_s


async def test_a_cancelled_request_leaves_the_queue() -> None:
    row = Row(make_gate(max_waiting=2))
    await row.join("a")
    goes = await row.join("b")
    await row.join("c")
    goes.cancel()
    await settle()
    assert row.gate.waiting == 1
    await row.join("d")
    await row.end_turn()
    await row.end_turn()
    assert row.served == ["a", "c", "d"]


async def test_a_turn_granted_to_a_request_cancelled_at_the_same_moment_is_not_lost() -> None:
    row = Row(make_gate())
    await row.join("a")
    goes = await row.join("b")
    row._turns.pop().end()
    goes.cancel()
    await settle()
    await row.join("c")
    assert row.served == ["a", "c"]


async def test_a_request_cancelled_before_its_turn_is_skipped() -> None:
    row = Row(make_gate())
    await row.join("a")
    goes = await row.join("b")
    await row.join("c")
    goes.cancel()
    row._turns.pop().end()
    with pytest.raises(asyncio.CancelledError):
        await goes
    await settle()
    assert row.served == ["a", "c"]
    assert row.gate.waiting == 0


async def test_a_turn_ends_once() -> None:
    row = Row(make_gate())
    turn = await row.gate.enter("a")
    turn.end()
    turn.end()
    for client in "bc":
        await row.join(client)
    assert row.served == ["b"]


async def test_a_turn_is_followed_by_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    seconds = iter([10.0, 12.0])
    monkeypatch.setattr("apikit.fair_gate.time.perf_counter", lambda: next(seconds))
    turn = await make_gate(rest=1.5).enter("a")
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda pause_s, _: pauses.append(pause_s))
    turn.end()
    assert pauses == [3.0]

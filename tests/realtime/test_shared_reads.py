"""Readings shared by all who ask meanwhile."""

import asyncio
import threading
from collections.abc import Collection

import pytest

from realtime.shared_reads import SharedReads

# A reading's thread lets go of its connection to the database.
pytestmark = pytest.mark.django_db(transaction=True)


class Shelf:
    """What is read, and for whom each time; a reading takes until it is let go on."""

    def __init__(self) -> None:
        self.content = b"old"
        self.readings: list[set[str]] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def read(self, askers: Collection[str]) -> bytes:
        self.readings.append(set(askers))
        content = self.content
        self.begun.set()
        assert self.may_end.wait(10)
        return content


async def test_who_comes_during_a_reading_shares_the_next_one() -> None:
    shelf, shared = Shelf(), SharedReads[str, bytes]()
    asked = asyncio.Semaphore(0)

    async def ask(name: str) -> bytes:
        asked.release()
        return await shared.get("x", name, shelf.read)

    first = asyncio.create_task(ask("ann"))
    await asyncio.to_thread(shelf.begun.wait, 10)
    # Committed while the first reading is under way, which has not seen it.
    shelf.content = b"new"
    others = [asyncio.create_task(ask(name)) for name in ("bob", "cleo", "bob")]
    for _ in (first, *others):
        await asked.acquire()
    shelf.may_end.set()
    assert await first == b"old"
    assert {await each for each in others} == {b"new"}
    assert shelf.readings == [{"ann"}, {"bob", "cleo"}]


async def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    shelf, shared = Shelf(), SharedReads[str, bytes]()
    leaving, staying = (asyncio.create_task(shared.get("x", name, shelf.read)) for name in "ab")
    await asyncio.to_thread(shelf.begun.wait, 10)
    leaving.cancel()
    shelf.may_end.set()
    assert await staying == b"old"


async def test_what_goes_wrong_is_told_to_all_and_forgotten() -> None:
    shared = SharedReads[str, bytes]()

    def fail(_askers: object) -> bytes:
        raise RuntimeError("no")

    answers = await asyncio.gather(
        *(shared.get("x", name, fail) for name in "ab"), return_exceptions=True
    )
    assert [type(each) for each in answers] == [RuntimeError, RuntimeError]
    shelf = Shelf()
    shelf.may_end.set()
    assert await shared.get("x", "a", shelf.read) == b"old"

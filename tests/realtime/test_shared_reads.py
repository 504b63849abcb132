"""Coalescing of concurrent identical reads."""

import asyncio
import threading
from collections.abc import Collection

import pytest

from realtime.shared_reads import SharedReads

# The thread of a read closes its database connection.
pytestmark = pytest.mark.django_db(transaction=True)


class Source:
    """A slow source that records its reads; they end when ``may_end`` is set."""

    def __init__(self) -> None:
        self.content = b"old"
        self.reads: list[set[str]] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def read(self, readers: Collection[str]) -> bytes:
        self.reads.append(set(readers))
        content = self.content
        self.begun.set()
        assert self.may_end.wait(10)
        return content


async def test_requests_during_a_read_share_the_next_one() -> None:
    source, shared = Source(), SharedReads[str, bytes]()
    asked = asyncio.Semaphore(0)

    async def get(name: str) -> bytes:
        asked.release()
        return await shared.get("x", name, source.read)

    first = asyncio.create_task(get("ann"))
    await asyncio.to_thread(source.begun.wait, 10)
    # Committed during the first read, which does not see it.
    source.content = b"new"
    others = [asyncio.create_task(get(name)) for name in ("bob", "cleo", "bob")]
    for _ in (first, *others):
        await asked.acquire()
    source.may_end.set()
    assert await first == b"old"
    assert {await each for each in others} == {b"new"}
    assert source.reads == [{"ann"}, {"bob", "cleo"}]


async def test_a_cancelled_reader_does_not_cancel_the_others() -> None:
    source, shared = Source(), SharedReads[str, bytes]()
    leaving, staying = (asyncio.create_task(shared.get("x", name, source.read)) for name in "ab")
    await asyncio.to_thread(source.begun.wait, 10)
    leaving.cancel()
    source.may_end.set()
    assert await staying == b"old"


async def test_an_error_is_raised_in_all_readers_and_not_kept() -> None:
    shared = SharedReads[str, bytes]()

    def fail(_readers: object) -> bytes:
        raise RuntimeError("no")

    answers = await asyncio.gather(
        *(shared.get("x", name, fail) for name in "ab"), return_exceptions=True
    )
    assert [type(each) for each in answers] == [RuntimeError, RuntimeError]
    source = Source()
    source.may_end.set()
    assert await shared.get("x", "a", source.read) == b"old"

"""Background work: bounded queues, and failures that are logged and counted."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Full

import pytest
from django.db import OperationalError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from apikit import background
from apikit.background import BackgroundQueue, report_failed_task, report_failure

PATIENCE_S = 10


def failures(work: str) -> float:
    labels = {"work": work}
    return REGISTRY.get_sample_value("tallyroom_background_failures_total", labels) or 0.0


class Handler:
    """Handles numbers when released; a number below 0 fails."""

    def __init__(self) -> None:
        self.handled: list[int] = []
        self.failed: list[tuple[int, Exception]] = []
        self.may_go = threading.Event()
        self.opened = 0
        self.has_closed = threading.Event()

    @contextmanager
    def open(self) -> Iterator[Callable[[int], None]]:
        self.opened += 1
        yield self._handle
        self.has_closed.set()

    def _handle(self, number: int) -> None:
        assert self.may_go.wait(PATIENCE_S)
        if number < 0:
            raise ZeroDivisionError
        self.handled.append(number)

    def note(self, number: int, error: Exception) -> None:
        self.failed.append((number, error))


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    monkeypatch.setattr(background, "LINGER_S", 0.01)
    handler = Handler()
    yield handler
    handler.may_go.set()


def queue_of(handler: Handler, maximum: int = 10) -> BackgroundQueue[int]:
    return BackgroundQueue(
        "test_queue", handler.open, handler.note, maximum=maximum, flush_timeout_s=0.01
    )


def test_put_does_not_wait_and_items_are_handled_in_order(handler: Handler) -> None:
    queue = queue_of(handler)
    assert all(queue.put(number) for number in (1, 2, 3))
    assert handler.handled == []
    handler.may_go.set()
    assert queue.flush(PATIENCE_S) == 0
    assert handler.handled == [1, 2, 3]


def test_a_failed_item_is_reported_and_the_next_is_handled(handler: Handler) -> None:
    queue = queue_of(handler)
    handler.may_go.set()
    for number in (-1, 2):
        queue.put(number)
    queue.flush(PATIENCE_S)
    assert handler.handled == [2]
    [(number, error)] = handler.failed
    assert (number, type(error)) == (-1, ZeroDivisionError)


def test_a_full_queue_refuses_items(handler: Handler) -> None:
    queue = queue_of(handler, maximum=2)
    taken = [queue.put(number) for number in range(10)]
    # The handler may already have one.
    assert sum(taken) in {2, 3}
    assert queue.is_full
    assert {type(error) for _, error in handler.failed} == {Full}
    assert len(handler.failed) == taken.count(False)


def test_what_is_left_when_the_process_ends_is_logged_and_counted(handler: Handler) -> None:
    queue = queue_of(handler)
    before = failures("test_queue")
    for number in range(3):
        queue.put(number)
    with capture_logs() as logs:
        queue._flush_at_exit()
    assert [(each["event"], each["count"]) for each in logs] == [
        ("left undone when the process ended", 3)
    ]
    assert failures("test_queue") == before + 3


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(handler: Handler) -> None:
    queue = queue_of(handler)
    handler.may_go.set()
    for number in (1, 2):
        queue.put(number)
        queue.flush(PATIENCE_S)
        assert handler.has_closed.wait(PATIENCE_S)
        handler.has_closed.clear()
    assert handler.handled == [1, 2]
    assert handler.opened == 2


def test_a_failure_is_counted_and_logged_with_its_traceback() -> None:
    before = failures("some_work")
    error = ZeroDivisionError("text")
    with capture_logs() as logs:
        report_failure("some_work", error, "it failed", detail=1)
    assert logs == [
        {
            "event": "it failed",
            "work": "some_work",
            "detail": 1,
            "exc_info": error,
            "log_level": "error",
        }
    ]
    assert failures("some_work") == before + 1


@pytest.mark.parametrize("error", [OperationalError("away"), ConnectionError("away"), Full("away")])
def test_a_failure_of_the_network_or_database_is_one_line(error: Exception) -> None:
    before = failures("some_work")
    with capture_logs() as logs:
        report_failure("some_work", error, "it failed")
    assert [(each["log_level"], each["error"], "exc_info" in each) for each in logs] == [
        ("warning", "away", False)
    ]
    assert failures("some_work") == before + 1


def raise_with_cause() -> None:
    try:
        raise KeyError("ada@example.org")
    except KeyError as error:
        raise ValueError("ada@example.org") from error


def test_a_traceback_without_text_shows_where_and_what_but_no_values() -> None:
    with pytest.raises(ValueError, match="ada") as raised, capture_logs() as logs:
        raise_with_cause()
    with capture_logs() as logs:
        report_failure("some_work", raised.value, "it failed", conceals_text=True)
    [logged] = logs
    assert "raise_with_cause" in logged["traceback"]
    assert "ValueError" in logged["traceback"]
    assert "KeyError" in logged["traceback"]
    assert "ada" not in str(logged).replace('("ada@example.org")', "")


async def test_a_background_task_reports_its_failure() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async def wait() -> None:
        await asyncio.sleep(PATIENCE_S)

    failing, cancelled = asyncio.create_task(fail()), asyncio.create_task(wait())
    for task in (failing, cancelled):
        task.add_done_callback(report_failed_task("some_task", "it failed"))
    cancelled.cancel()
    with capture_logs() as logs:
        await asyncio.wait({failing, cancelled})
        await asyncio.sleep(0)
    assert [(each["event"], each["work"]) for each in logs] == [("it failed", "some_task")]

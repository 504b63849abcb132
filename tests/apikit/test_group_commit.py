"""The group commit: batches, results, retries and stopping, without any app."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from django.db import OperationalError, connection

from apikit.background import FAILURES
from apikit.errors import ApiError, ServerError, ServerUnavailableError, ValidationFailedError
from apikit.group_commit import BatchResult, Committer, DrainLate, GroupCommit

# The thread has a database connection, to which nothing is written.
pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 10
# An item that fails each transaction it is in, and one that is refused.
POISON, INVALID = -1, -2


class QueueFullError(ServerUnavailableError):
    """The queue is full, or the thread is stopping."""


class InDoubtError(ServerUnavailableError):
    """The outcome of a commit is unknown."""


class Texts(Committer[int, str, str]):
    """Turns numbers into texts; each batch waits for ``may_commit``."""

    name = "texts"
    busy_error = QueueFullError
    in_doubt_error = InDoubtError
    max_waiting = 100
    max_batch = 50
    retry_timeout_s = 30.0

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_commit = threading.Event()
        self.batches: list[list[int]] = []
        self.retried: list[int] = []
        self.published: list[str] = []
        self.late_below = 0

    def commit(
        self,
        items: Sequence[int],
        *,
        is_retry: bool = False,
        drain_late: DrainLate[int] | None = None,
    ) -> BatchResult[str, str]:
        self.has_begun.set()
        assert self.may_commit.wait(PATIENCE_S)
        batch = list(items)
        if drain_late is not None:
            batch += drain_late(lambda item: item < self.late_below)
        self.batches.append(batch)
        if is_retry:
            self.retried += batch
        self.write(batch)
        results: list[str | ApiError] = [
            ValidationFailedError() if item == INVALID else str(item) for item in batch
        ]
        return BatchResult(results, [str(item) for item in batch])

    def write(self, batch: Sequence[int]) -> None:
        if POISON in batch:
            raise ZeroDivisionError

    def publish(self, events: Sequence[str]) -> None:
        self.published += events


Group = GroupCommit[int, str, str]


@pytest.fixture
def texts() -> Texts:
    return Texts()


@pytest.fixture
def group(texts: Texts, transactional_db: None) -> Iterator[Group]:
    group = GroupCommit(texts)
    yield group
    texts.may_commit.set()
    group.stop()


def submit_behind_a_batch(group: Group, texts: Texts, items: Sequence[int]) -> list[Future[str]]:
    """Submits ``items`` while the batch of a 0 is committed; they form the next batch."""
    group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    futures = [group.submit(item) for item in items]
    texts.may_commit.set()
    return futures


def errors_of(futures: Sequence[Future[str]]) -> list[type | None]:
    errors = [future.exception(PATIENCE_S) for future in futures]
    return [None if error is None else type(error) for error in errors]


def test_items_queued_during_a_commit_form_the_next_batch(group: Group, texts: Texts) -> None:
    futures = submit_behind_a_batch(group, texts, [1, 2, 3])
    assert [future.result(PATIENCE_S) for future in futures] == ["1", "2", "3"]
    assert texts.batches == [[0], [1, 2, 3]]


def test_a_batch_has_at_most_max_batch_items(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "max_batch", 2)
    texts.late_below = 100
    futures = submit_behind_a_batch(group, texts, [1, 2, 3, 4, 5])
    assert errors_of(futures) == [None] * 5
    assert texts.batches == [[0], [1, 2], [3, 4], [5]]


def test_an_invalid_item_is_refused_without_a_retry(group: Group, texts: Texts) -> None:
    futures = submit_behind_a_batch(group, texts, [1, INVALID])
    assert errors_of(futures) == [None, ValidationFailedError]
    assert texts.retried == []


def test_events_are_published_after_the_commit(group: Group, texts: Texts) -> None:
    errors_of(submit_behind_a_batch(group, texts, [1, 2]))
    group.stop()
    assert texts.published == ["0", "1", "2"]


def test_a_batch_drains_late_items_that_match(group: Group, texts: Texts) -> None:
    """They join the batch that waits for its locks; the others wait for the next one."""
    texts.late_below = 10
    first = [group.submit(0)]
    assert texts.has_begun.wait(PATIENCE_S)
    first += [group.submit(item) for item in (1, 2)]
    # The next batch waits for another event.
    texts.has_begun.clear()
    may_commit_first, texts.may_commit = texts.may_commit, threading.Event()
    may_commit_first.set()
    assert texts.has_begun.wait(PATIENCE_S)
    late = [group.submit(item) for item in (20, 3)]
    texts.may_commit.set()
    assert errors_of(first + late) == [None] * 5
    assert texts.batches == [[0], [1, 2, 3], [20]]


def test_a_single_item_does_not_wait_for_late_ones(group: Group, texts: Texts) -> None:
    texts.late_below = 10
    future = submit_behind_a_batch(group, texts, [1])
    assert errors_of(future) == [None]
    assert texts.batches == [[0], [1]]


def test_a_cancelled_item_is_not_committed(group: Group, texts: Texts) -> None:
    group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    cancelled, kept = group.submit(1), group.submit(2)
    assert cancelled.cancel()
    texts.may_commit.set()
    assert kept.result(PATIENCE_S) == "2"
    assert texts.batches == [[0], [2]]


def test_the_thread_continues_after_a_batch_of_cancelled_items(group: Group, texts: Texts) -> None:
    first = group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    assert group.submit(1).cancel()
    texts.may_commit.set()
    assert first.result(PATIENCE_S) == "0"
    assert group.submit(2).result(PATIENCE_S) == "2"
    assert texts.batches == [[0], [2]]


def test_an_item_cannot_be_cancelled_once_its_commit_has_begun(group: Group, texts: Texts) -> None:
    future = group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    assert not future.cancel()
    texts.may_commit.set()
    assert future.result(PATIENCE_S) == "0"


def test_a_full_queue_refuses_items(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "max_waiting", 2)
    group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    group.submit(1)
    group.submit(2)
    assert group.waiting == 2
    with pytest.raises(QueueFullError):
        group.submit(3)


def test_stopping_commits_what_is_queued_in_several_batches(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "max_batch", 2)
    group.submit(0)
    assert texts.has_begun.wait(PATIENCE_S)
    futures = [group.submit(item) for item in range(1, 6)]
    stopping = threading.Thread(target=group.stop)
    stopping.start()
    texts.may_commit.set()
    stopping.join(PATIENCE_S)
    assert not stopping.is_alive()
    assert errors_of(futures) == [None] * 5
    with pytest.raises(QueueFullError):
        group.submit(6)


def test_a_poisonous_item_fails_alone(group: Group, texts: Texts) -> None:
    futures = submit_behind_a_batch(group, texts, [1, POISON, 2])
    assert errors_of(futures) == [None, ServerError, None]
    assert texts.retried == [1, POISON, 2]


def test_retries_end_after_their_timeout(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "retry_timeout_s", 0)
    futures = submit_behind_a_batch(group, texts, [1, POISON, 2])
    assert errors_of(futures) == [ServerUnavailableError] * 3
    assert texts.retried == []


@pytest.mark.parametrize("is_lost", [False, True])
def test_items_are_in_doubt_only_if_the_connection_was_lost(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch, is_lost: bool
) -> None:
    def fail(batch: Sequence[int]) -> None:
        if is_lost and batch != [0]:
            connection.close()
        if batch != [0]:
            raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(texts, "write", fail)
    futures = submit_behind_a_batch(group, texts, [1, 2])
    assert errors_of(futures) == [InDoubtError if is_lost else ServerUnavailableError] * 2


def test_a_lost_batch_stays_in_doubt_if_its_retries_fail(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(batch: Sequence[int]) -> None:
        if len(batch) > 1:
            connection.close()
        if batch != [0]:
            raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(texts, "write", fail)
    futures = submit_behind_a_batch(group, texts, [1, 2])
    assert errors_of(futures) == [InDoubtError] * 2


def test_a_failure_to_publish_does_not_end_the_thread(
    group: Group, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(events: Sequence[str]) -> None:
        raise LookupError

    failures = FAILURES.labels("texts")._value.get()
    monkeypatch.setattr(texts, "publish", fail)
    texts.may_commit.set()
    assert group.submit(1).result(PATIENCE_S) == "1"
    assert group.submit(2).result(PATIENCE_S) == "2"
    group.stop()
    assert FAILURES.labels("texts")._value.get() == failures + 2


async def test_results_reach_an_event_loop_even_if_a_caller_has_gone(
    group: Group, texts: Texts
) -> None:
    first = group.submit_from_loop(0)
    assert await asyncio.to_thread(texts.has_begun.wait, PATIENCE_S)
    gone, *others = [group.submit_from_loop(item) for item in (1, 2, INVALID)]
    gone.cancel()
    texts.may_commit.set()
    async with asyncio.timeout(PATIENCE_S):
        results = await asyncio.gather(first, *others, return_exceptions=True)
    assert results[:2] == ["0", "2"]
    assert isinstance(results[2], ValidationFailedError)
    assert texts.batches == [[0], [1, 2, INVALID]]


def test_a_closed_event_loop_does_not_end_the_thread(group: Group, texts: Texts) -> None:
    async def leave() -> None:
        group.submit_from_loop(0)
        assert await asyncio.to_thread(texts.has_begun.wait, PATIENCE_S)

    asyncio.run(leave())
    texts.may_commit.set()
    assert group.submit(1).result(PATIENCE_S) == "1"

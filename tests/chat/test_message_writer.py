"""The message writer: batches, its queue, and failures of the database."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection
from prometheus_client import REGISTRY
from pytest_django import Settings

from accounts.models import User
from apikit.errors import ServerError
from chat import ledger, live_messages, services
from chat.drafts import Draft
from chat.errors import MessageInDoubtError, MessageWriterBusyError
from chat.models import Room
from chat.writer import Writer, running_writer, start_writer, stop_writer
from realtime import Hub
from tests.chat.conftest import Say, stored
from tests.conftest import actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


class Gate:
    """Replaces ``ledger.record``: holds batches until ``may_pass``, and records their sizes."""

    def __init__(self, record: Callable[..., ledger.LedgerResult]) -> None:
        self._record = record
        self.arrived = threading.Event()
        self.may_pass = threading.Event()
        self.sizes: list[int] = []

    def __call__(self, drafts: Sequence[Draft], **options: Any) -> ledger.LedgerResult:
        self.sizes.append(len(drafts))
        self.arrived.set()
        assert self.may_pass.wait(10)
        return self._record(drafts, **options)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(ledger.record)
    monkeypatch.setattr(ledger, "record", gate)
    return gate


@pytest.fixture
def writer(transactional_db: None) -> Iterator[Writer]:
    writer = start_writer()
    yield writer
    writer.stop()


def drafts_of(user: User, room: Room, count: int) -> list[Draft]:
    return [Draft(room_id=room.id, author_id=user.id, body=f"m{number}") for number in range(count)]


def waiting() -> float | None:
    async def measure() -> None:
        await live_messages.measure_message_queue(Hub())

    asyncio.run(measure())
    return REGISTRY.get_sample_value("tallyroom_messages_waiting")


def test_messages_queued_during_a_commit_form_the_next_batch(
    writer: Writer, bob: User, room: Room, gate: Gate
) -> None:
    first, *others = drafts_of(bob, room, 6)
    results = [writer.submit(first)]
    assert gate.arrived.wait(10)
    results += [writer.submit(each) for each in others]
    gate.may_pass.set()
    assert [each.result(10).message.seq for each in results] == [1, 2, 3, 4, 5, 6]
    assert gate.sizes == [1, 5]


def test_a_full_queue_refuses_messages_and_is_measured(
    bob: User, room: Room, gate: Gate, settings: Settings
) -> None:
    settings.MESSAGE_QUEUE_MAX = 2
    first, second, third, fourth = drafts_of(bob, room, 4)
    results = [running_writer().submit(first)]
    assert gate.arrived.wait(10)
    results += [running_writer().submit(second), running_writer().submit(third)]
    assert waiting() == 2
    with pytest.raises(MessageWriterBusyError):
        running_writer().submit(fourth)
    gate.may_pass.set()
    for each in results:
        each.result(10)
    assert waiting() == 0


def test_a_stopping_writer_commits_what_is_queued(bob: User, room: Room, gate: Gate) -> None:
    results = [running_writer().submit(each) for each in drafts_of(bob, room, 3)]
    assert gate.arrived.wait(10)
    stopping = threading.Thread(target=stop_writer)
    stopping.start()
    gate.may_pass.set()
    stopping.join(10)
    assert all(each.done() for each in results)
    assert len(stored(room)) == 3


def test_a_message_that_breaks_its_batch_fails_alone(
    writer: Writer, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts, record = drafts_of(bob, room, 5), ledger.record

    def break_down(batch: Sequence[Draft], **options: Any) -> ledger.LedgerResult:
        if drafts[2] in batch:
            raise ZeroDivisionError
        return record(batch, **options)

    monkeypatch.setattr(ledger, "record", break_down)
    results = [writer.submit(each) for each in drafts]
    failures = [each.exception(10) for each in results]
    assert [isinstance(each, ServerError) for each in failures] == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert [seq for seq, _ in stored(room)] == [1, 2, 3, 4]


def test_a_commit_whose_outcome_was_lost_is_not_repeated(
    writer: Writer, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, calls = ledger.record, []

    def lose_the_outcome(batch: Sequence[Draft], **options: Any) -> ledger.LedgerResult:
        result = record(batch, **options)
        calls.append(options)
        if len(calls) == 1:
            connection.close()
            raise OperationalError("the connection broke at the commit")
        return result

    monkeypatch.setattr(ledger, "record", lose_the_outcome)
    results = [writer.submit(each) for each in drafts_of(bob, room, 3)]
    for each in results:
        each.result(10)
    assert [seq for seq, _ in stored(room)] == [1, 2, 3]


def test_a_commit_that_takes_too_long_is_in_doubt(
    bob: User, room: Room, say: Say, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "COMMIT_TIMEOUT_S", 0.05)
    with pytest.raises(MessageInDoubtError):
        say(bob)

    async def post() -> None:
        with pytest.raises(MessageInDoubtError):
            await services.post_message_async(actor=actor_of(bob), room_id=room.id, body="Hello")

    asyncio.run(post())
    gate.may_pass.set()
    stop_writer()
    assert len(stored(room)) == 2

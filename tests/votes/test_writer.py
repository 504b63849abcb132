"""The vote writer: batches, results, and failures of the database."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from prometheus_client import REGISTRY
from pytest_django import Settings

from accounts.models import User
from apikit.errors import ServerError, ServerUnavailableError
from polls.models import Poll
from realtime import Hub
from realtime.convergence import PERIODIC_TASKS
from tests.conftest import CommitGate, MakePoll, actor_of, make_user, option_ids
from tests.votes.conftest import counts
from tests.votes.held_writer import HeldWriter
from votes import ledger, live, services
from votes.ballots import Ballot, Receipt
from votes.errors import VoteInDoubtError, WriterBusyError
from votes.writer import Writer, running_writer, start_writer, stop_writer

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer(transactional_db: None) -> Iterator[Writer]:
    writer = start_writer()
    yield writer
    writer.stop()


@pytest.fixture
def voters(db: None) -> list[User]:
    return [make_user(f"Voter{number}") for number in range(8)]


def ballots_of(voters: Sequence[User], poll: Poll) -> list[Ballot]:
    chosen = (option_ids(poll)[0],)
    return [Ballot(voter_id=each.id, poll_id=poll.id, option_ids=chosen) for each in voters]


def measure_queue() -> float | None:
    """The queue metric after the periodic task has run once."""
    [task] = [task for task in PERIODIC_TASKS.values() if task.run is live.measure_queue]

    async def measure() -> None:
        await task.run(Hub())

    asyncio.run(measure())
    return REGISTRY.get_sample_value("tallyroom_ballots_waiting")


def test_the_queue_metric_is_updated_while_a_transaction_hangs(
    voters: list[User], make_poll: MakePoll, commit_gate: CommitGate
) -> None:
    first, *others = ballots_of(voters, make_poll())
    answers = [running_writer().submit(first)]
    assert commit_gate.arrived.wait(10)
    answers += [running_writer().submit(each) for each in others]
    assert measure_queue() == len(others)
    commit_gate.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert measure_queue() == 0


def test_ballots_queued_during_a_commit_form_the_next_batch(
    writer: Writer, voters: list[User], make_poll: MakePoll, commit_gate: CommitGate
) -> None:
    poll = make_poll()
    first, *others = ballots_of(voters, poll)
    answers = [writer.submit(first)]
    assert commit_gate.arrived.wait(10)
    answers += [writer.submit(each) for each in others]
    commit_gate.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert commit_gate.sizes == [1, len(others)]
    poll.refresh_from_db()
    assert (poll.version, counts(poll)) == (2, [len(voters), 0, 0])


def test_a_full_queue_refuses_ballots(
    writer: Writer,
    voters: list[User],
    make_poll: MakePoll,
    commit_gate: CommitGate,
    settings: Settings,
) -> None:
    settings.VOTE_QUEUE_MAX = 2
    poll = make_poll()
    first, second, third, fourth, *_ = ballots_of(voters, poll)
    answers = [writer.submit(first)]
    assert commit_gate.arrived.wait(10)
    answers += [writer.submit(second), writer.submit(third)]
    with pytest.raises(WriterBusyError) as refusal:
        writer.submit(fourth)
    assert refusal.value.retry_after_s == 1
    commit_gate.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert counts(poll) == [3, 0, 0]


def test_a_stopping_writer_commits_what_is_queued(
    voters: list[User], make_poll: MakePoll, commit_gate: CommitGate
) -> None:
    writer, poll = start_writer(), make_poll()
    answers = [writer.submit(each) for each in ballots_of(voters, poll)]
    assert commit_gate.arrived.wait(10)
    stopping = threading.Thread(target=writer.stop)
    stopping.start()
    commit_gate.may_pass.set()
    stopping.join(10)
    assert all(answer.done() for answer in answers)
    assert counts(poll) == [len(voters), 0, 0]
    with pytest.raises(WriterBusyError):
        writer.submit(ballots_of(voters, poll)[0])


def test_a_failed_batch_is_retried_ballot_by_ballot(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ballot that breaks every transaction it is in fails alone."""
    poll = make_poll()
    ballots = ballots_of(voters, poll)
    poison, record = ballots[3].request_id, ledger.record

    def choke(batch: Sequence[Ballot], **options: Any) -> ledger.LedgerResult:
        result = record(batch, **options) if len(batch) == 1 else None
        if result is None or any(each.request_id == poison for each in batch):
            raise ZeroDivisionError
        return result

    monkeypatch.setattr(ledger, "record", choke)
    answers = write_together(ballots)
    assert isinstance(answers[3], ServerError)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1


def test_a_failing_database_is_reported_as_unavailable(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(batch: Sequence[Ballot], **options: Any) -> ledger.LedgerResult:
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(ledger, "record", be_away)
    answers = write_together(ballots_of(voters[:2], make_poll()))
    assert all(isinstance(answer, ServerUnavailableError) for answer in answers)
    assert "closed the connection" not in str(answers[0])


def test_all_ballots_fail_after_one_try_if_the_database_is_down(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try can take as long as the connection timeout, while the next votes wait."""
    tries = []

    def be_away(*args: Any, **options: Any) -> None:
        tries.append(args)
        raise OperationalError("connection timeout expired")

    ballots = ballots_of(voters, make_poll())
    monkeypatch.setattr(ledger, "record", be_away)
    away = SimpleNamespace(ensure_connection=be_away, close=lambda: None)
    monkeypatch.setattr("apikit.group_commit.retries.connection", away)
    answers = write_together(ballots)
    assert all(isinstance(answer, ServerUnavailableError) for answer in answers)
    assert len(tries) == 1
    assert not any("may or may not" in str(answer) for answer in answers)


@pytest.fixture
def short_lock_timeout(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the lock timeout of the settings and of new connections to one second."""
    settings.DATABASE_LOCK_TIMEOUT_SECONDS = 1
    options = connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"]
    if settings.IS_EMBEDDED:
        monkeypatch.setitem(options, "timeout", 1)
    else:
        monkeypatch.setitem(options, "options", f"{options['options']} -c lock_timeout=1s")


def test_retries_end_if_another_transaction_keeps_the_lock(
    voters: list[User],
    make_poll: MakePoll,
    short_lock_timeout: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll, record, tries = make_poll(), ledger.record, []

    def count(batch: Sequence[Ballot], **options: Any) -> ledger.LedgerResult:
        tries.append(len(batch))
        return record(batch, **options)

    monkeypatch.setattr(ledger, "record", count)
    ballots = ballots_of(voters, poll)
    with transaction.atomic():
        Poll.objects.select_for_update().get(id=poll.id)
        answers = write_together(ballots)
    assert tries == [len(voters), 1]
    assert {type(answer) for answer in answers} == {ServerUnavailableError}
    # Their senders may repeat them.
    assert {type(answer) for answer in write_together(ballots)} == {Receipt}
    assert counts(poll) == [len(voters), 0, 0]


@pytest.mark.parametrize("is_back_for_a_moment", [False, True])
def test_a_vote_in_doubt_is_reported_as_such(
    voters: list[User],
    make_poll: MakePoll,
    monkeypatch: pytest.MonkeyPatch,
    is_back_for_a_moment: bool,
) -> None:
    """The connection breaks at the commit, and the database stays down.

    Django opens another connection at the end of a transaction, if it can.
    """
    record, has_broken = ledger.record, threading.Event()

    def break_at_the_end(batch: Sequence[Ballot], **options: Any) -> ledger.LedgerResult:
        record(batch, **options)
        connection.close()
        if is_back_for_a_moment:
            connection.ensure_connection()
        has_broken.set()
        raise OperationalError("the server closed the connection unexpectedly")

    def connect(self: BaseDatabaseWrapper) -> None:
        if has_broken.is_set():
            raise OperationalError("connection refused")
        open_connection(self)

    poll = make_poll()
    ballots = ballots_of(voters, poll)
    open_connection = BaseDatabaseWrapper.connect
    monkeypatch.setattr(ledger, "record", break_at_the_end)
    monkeypatch.setattr(BaseDatabaseWrapper, "connect", connect)
    answers = write_together(ballots)
    monkeypatch.undo()
    assert all(isinstance(answer, ServerUnavailableError) for answer in answers)
    assert {str(answer) for answer in answers} == {str(VoteInDoubtError())}
    assert counts(poll) == [8, 0, 0]


def test_a_lost_commit_result_counts_no_vote_twice(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks at the commit, which succeeds."""
    poll = make_poll()
    record = ledger.record

    def lose_the_result(
        batch: Sequence[Ballot], *, is_retry: bool = False, **options: Any
    ) -> ledger.LedgerResult:
        result = record(batch, is_retry=is_retry, **options)
        if not is_retry:
            raise OperationalError("the connection was lost")
        return result

    monkeypatch.setattr(ledger, "record", lose_the_result)
    answers = write_together(ballots_of(voters, poll))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (1, 8, [8, 0, 0])


def write_together(ballots: list[Ballot]) -> list[Any]:
    """The receipts or errors of ballots that a new writer commits in one batch."""
    writer = HeldWriter()
    with writer.held():
        answers = [writer.submit(ballot) for ballot in ballots]
    errors = [answer.exception(10) for answer in answers]
    writer.stop()
    return [error or answer.result() for error, answer in zip(errors, answers, strict=True)]


def test_a_vote_that_times_out_is_in_doubt(
    bob: User, make_poll: MakePoll, commit_gate: CommitGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted all the same."""
    poll = make_poll()
    monkeypatch.setattr(services, "COMMIT_TIMEOUT_S", 0.01)
    with pytest.raises(ServerUnavailableError, match="may or may not have been counted"):
        asyncio.run(
            services.cast_vote_async(
                actor=actor_of(bob), poll_id=poll.id, option_ids=option_ids(poll)[:1]
            )
        )
    commit_gate.may_pass.set()
    stop_writer()
    assert counts(poll) == [1, 0, 0]


def test_a_result_that_arrives_at_the_timeout_is_kept() -> None:
    answer: asyncio.Future[Any] = asyncio.Future(loop=asyncio.new_event_loop())
    answer.set_result("counted")
    services._time_out(answer)
    assert answer.result() == "counted"
    answer.get_loop().close()

"""The writer: what queues while it commits goes together, and everybody gets an answer."""

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
from realtime.database import in_database
from tests.conftest import Doorkeeper, MakePoll, actor_of, make_user, option_ids
from tests.votes.conftest import counts
from tests.votes.held_writer import HeldWriter
from votes import ledger, live, services
from votes.ballots import Ballot, Receipt
from votes.errors import VoteInDoubtError, WriterBusyError
from votes.writer import Writer, running_writer, stop_writer

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer(transactional_db: None) -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.stop()


@pytest.fixture
def voters(db: None) -> list[User]:
    return [make_user(f"Voter{number}") for number in range(8)]


def ballots_of(voters: Sequence[User], poll: Poll) -> list[Ballot]:
    chosen = (option_ids(poll)[0],)
    return [Ballot(voter_id=each.id, poll_id=poll.id, option_ids=chosen) for each in voters]


def measure_queue() -> float | None:
    """What operators see of it after the next second, in which each process measures it."""
    [task] = [task for task in PERIODIC_TASKS.values() if task.run is live.measure_queue]

    async def measure() -> None:
        await task.run(Hub())

    asyncio.run(measure())
    return REGISTRY.get_sample_value("tallyroom_ballots_waiting")


def test_what_waits_shows_while_a_transaction_hangs(
    voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    first, *others = ballots_of(voters, make_poll())
    answers = [running_writer().submit(first)]
    assert doorkeeper.arrived.wait(10)
    answers += [running_writer().submit(each) for each in others]
    assert measure_queue() == len(others)
    doorkeeper.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert measure_queue() == 0


def test_what_queues_during_a_commit_goes_into_the_next_one(
    writer: Writer, voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    poll = make_poll()
    first, *others = ballots_of(voters, poll)
    answers = [writer.submit(first)]
    assert doorkeeper.arrived.wait(10)
    answers += [writer.submit(each) for each in others]
    doorkeeper.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert doorkeeper.sizes == [1, len(others)]
    poll.refresh_from_db()
    assert (poll.version, counts(poll)) == (2, [len(voters), 0, 0])


def test_a_ballot_cancelled_while_it_waits_is_not_counted_and_holds_up_no_other(
    writer: Writer, voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    poll = make_poll()
    first, cancelled, *others = ballots_of(voters, poll)
    answers = [writer.submit(first)]
    assert doorkeeper.arrived.wait(10)
    assert writer.submit(cancelled).cancel()
    answers += [writer.submit(each) for each in others]
    doorkeeper.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert counts(poll) == [len(voters) - 1, 0, 0]


def test_a_writer_goes_on_after_a_batch_of_cancelled_ballots(
    writer: Writer, voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    poll = make_poll()
    first, cancelled, last, *_ = ballots_of(voters, poll)
    waiting = writer.submit(first)
    assert doorkeeper.arrived.wait(10)
    assert writer.submit(cancelled).cancel()
    doorkeeper.may_pass.set()
    waiting.result(10)
    writer.submit(last).result(10)
    assert counts(poll) == [2, 0, 0]


async def test_a_voter_who_has_gone_holds_up_no_other_of_the_loop(
    voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    """Whether the answer comes in the same batch before theirs or after."""
    poll = await in_database(make_poll)
    first, gone, *others = await in_database(ballots_of, voters, poll)
    answers = [running_writer().submit_from_loop(first)]
    await asyncio.to_thread(doorkeeper.arrived.wait, 10)
    leaving = running_writer().submit_from_loop(gone)
    answers += [running_writer().submit_from_loop(each) for each in others]
    leaving.cancel()
    doorkeeper.may_pass.set()
    async with asyncio.timeout(10):
        receipts = await asyncio.gather(*answers)
    assert len(receipts) == len(voters) - 1
    await asyncio.to_thread(stop_writer)


def test_too_many_waiting_ballots_are_turned_away(
    writer: Writer,
    voters: list[User],
    make_poll: MakePoll,
    doorkeeper: Doorkeeper,
    settings: Settings,
) -> None:
    settings.VOTE_QUEUE_MAX = 2
    poll = make_poll()
    first, second, third, fourth, *_ = ballots_of(voters, poll)
    answers = [writer.submit(first)]
    assert doorkeeper.arrived.wait(10)
    answers += [writer.submit(second), writer.submit(third)]
    with pytest.raises(WriterBusyError) as refusal:
        writer.submit(fourth)
    assert refusal.value.retry_after_s == 1
    doorkeeper.may_pass.set()
    for answer in answers:
        answer.result(10)
    assert counts(poll) == [3, 0, 0]


def test_a_stopping_writer_writes_what_is_queued(
    voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    writer, poll = Writer(), make_poll()
    answers = [writer.submit(each) for each in ballots_of(voters, poll)]
    assert doorkeeper.arrived.wait(10)
    stopping = threading.Thread(target=writer.stop)
    stopping.start()
    doorkeeper.may_pass.set()
    stopping.join(10)
    assert all(answer.done() for answer in answers)
    assert counts(poll) == [len(voters), 0, 0]
    with pytest.raises(WriterBusyError):
        writer.submit(ballots_of(voters, poll)[0])


def test_whoever_stops_waiting_has_voted_all_the_same(
    writer: Writer, voters: list[User], make_poll: MakePoll, doorkeeper: Doorkeeper
) -> None:
    poll = make_poll()
    answer = writer.submit(ballots_of(voters, poll)[0])
    assert doorkeeper.arrived.wait(10)
    assert not answer.cancel()
    doorkeeper.may_pass.set()
    answer.result(10)
    assert counts(poll) == [1, 0, 0]


def test_a_batch_that_fails_is_tried_ballot_by_ballot(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ballot that breaks whatever transaction it is in spoils only itself."""
    poll = make_poll()
    ballots = ballots_of(voters, poll)
    poison, record = ballots[3].request_id, ledger.record

    def choke(batch: Sequence[Ballot], **options: Any) -> ledger.Entry:
        entry = record(batch, **options) if len(batch) == 1 else None
        if entry is None or any(each.request_id == poison for each in batch):
            raise ZeroDivisionError
        return entry

    monkeypatch.setattr(ledger, "record", choke)
    answers = write_together(ballots)
    assert isinstance(answers[3], ServerError)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1


def test_a_database_that_does_not_answer_is_said_to_be_unavailable(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(batch: Sequence[Ballot], **options: Any) -> ledger.Entry:
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(ledger, "record", be_away)
    answers = write_together(ballots_of(voters[:2], make_poll()))
    assert all(isinstance(answer, ServerUnavailableError) for answer in answers)
    assert "closed the connection" not in str(answers[0])


def test_while_the_database_is_away_all_are_told_after_one_try(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try can take as long as the timeout of a connection, and the next votes wait meanwhile."""
    tries = []

    def be_away(*args: Any, **options: Any) -> None:
        tries.append(args)
        raise OperationalError("connection timeout expired")

    ballots = ballots_of(voters, make_poll())
    monkeypatch.setattr(ledger, "record", be_away)
    away = SimpleNamespace(ensure_connection=be_away, close=lambda: None)
    monkeypatch.setattr("votes.writer.connection", away)
    answers = write_together(ballots)
    assert all(isinstance(answer, ServerUnavailableError) for answer in answers)
    assert len(tries) == 1
    assert not any("may or may not" in str(answer) for answer in answers)


@pytest.fixture
def short_lock_timeout(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections opened from now on wait one second for a lock, as the settings then say."""
    settings.DATABASE_LOCK_TIMEOUT_SECONDS = 1
    options = connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"]
    if settings.IS_EMBEDDED:
        monkeypatch.setitem(options, "timeout", 1)
    else:
        monkeypatch.setitem(options, "options", f"{options['options']} -c lock_timeout=1s")


def test_a_lock_that_somebody_keeps_is_not_waited_for_ballot_by_ballot(
    voters: list[User],
    make_poll: MakePoll,
    short_lock_timeout: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll, record, tries = make_poll(), ledger.record, []

    def count(batch: Sequence[Ballot], **options: Any) -> ledger.Entry:
        tries.append(len(batch))
        return record(batch, **options)

    monkeypatch.setattr(ledger, "record", count)
    ballots = ballots_of(voters, poll)
    with transaction.atomic():
        Poll.objects.select_for_update().get(id=poll.id)
        answers = write_together(ballots)
    assert tries == [len(voters), 1]
    assert {type(answer) for answer in answers} == {ServerUnavailableError}
    # Repeated by those who sent them.
    assert {type(answer) for answer in write_together(ballots)} == {Receipt}
    assert counts(poll) == [len(voters), 0, 0]


@pytest.mark.parametrize("is_back_for_a_moment", [False, True])
def test_who_may_have_been_counted_is_told_so(
    voters: list[User],
    make_poll: MakePoll,
    monkeypatch: pytest.MonkeyPatch,
    is_back_for_a_moment: bool,
) -> None:
    """The connection breaks while committing, and the database is away for good.

    Django opens another one by itself at the end of a transaction, where it can.
    """
    record, has_broken = ledger.record, threading.Event()

    def break_at_the_end(batch: Sequence[Ballot], **options: Any) -> ledger.Entry:
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


def test_a_lost_acknowledgement_counts_nobody_twice(
    voters: list[User], make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks while committing: the commit went through, the news of it didn't."""
    poll = make_poll()
    record = ledger.record

    def lose_the_news(
        batch: Sequence[Ballot], *, is_retry: bool = False, **options: Any
    ) -> ledger.Entry:
        entry = record(batch, is_retry=is_retry, **options)
        if not is_retry:
            raise OperationalError("the connection was lost")
        return entry

    monkeypatch.setattr(ledger, "record", lose_the_news)
    answers = write_together(ballots_of(voters, poll))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (1, 8, [8, 0, 0])


def write_together(ballots: list[Ballot]) -> list[Any]:
    """The answers or errors of ballots that meet in one batch of a writer of their own."""
    writer = HeldWriter()
    with writer.held():
        answers = [writer.submit(ballot) for ballot in ballots]
    errors = [answer.exception(10) for answer in answers]
    writer.stop()
    return [error or answer.result() for error, answer in zip(errors, answers, strict=True)]


def test_who_gets_no_answer_in_time_is_told_to_look(
    bob: User, make_poll: MakePoll, doorkeeper: Doorkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the vote, which is under way, counts all the same."""
    poll = make_poll()
    monkeypatch.setattr(services, "ANSWER_TIMEOUT_S", 0.01)
    with pytest.raises(ServerUnavailableError, match="may or may not have been counted"):
        asyncio.run(
            services.cast_vote_async(
                actor=actor_of(bob), poll_id=poll.id, option_ids=option_ids(poll)[:1]
            )
        )
    doorkeeper.may_pass.set()
    stop_writer()
    assert counts(poll) == [1, 0, 0]


def test_an_answer_that_comes_together_with_the_time_limit_stands() -> None:
    answer: asyncio.Future[Any] = asyncio.Future(loop=asyncio.new_event_loop())
    answer.set_result("counted")
    services._give_up(answer)
    assert answer.result() == "counted"
    answer.get_loop().close()

"""The rounds of a closed instant runoff: counted outside of the transaction that closes it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from polls import rounds
from polls.cells import kind_of, read_cells, read_tally
from polls.deadlines import apply_deadlines
from polls.kinds import runoff
from polls.kinds.ranking import ORDER_GROUP, Ranking
from polls.kinds.runoff import RunoffResult, orders_in_memory, write_order
from polls.live import reload_tallies, remember_counted_rounds
from polls.models import Cell, Poll, PollKind
from polls.services import close_poll, create_poll, reopen_poll
from polls.topics import tally_topic
from tests.conftest import ClientFor, MakePoll, actor_of, make_user, option_ids, vote
from tests.locks import LOCK_PATIENCE_S, threads
from tests.polls.conftest import PublishedEvents
from votes import ledger
from votes.exports import collect_results

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

OPTIONS = 4


@pytest.fixture(autouse=True)
def _counts_end() -> Iterator[None]:
    yield
    wait_for_counts()
    rounds.forget_rounds()


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of orders is too many for a reader to count."""
    monkeypatch.setattr(rounds, "COUNTED_AT_ONCE", 0)


class Gate:
    """Holds ``count_rounds`` until ``may_pass``; records what it returned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count = rounds.count_rounds
        self.may_pass = threading.Event()
        self.results: list[RunoffResult | None] = []
        monkeypatch.setattr(rounds, "count_rounds", self)

    def __call__(self, poll_id: UUID, **options: Any) -> RunoffResult | None:
        assert self.may_pass.wait(LOCK_PATIENCE_S)
        self.results.append(self._count(poll_id, **options))
        return self.results[-1]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, many: None) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate
    gate.may_pass.set()
    wait_for_counts()


def wait_for_counts() -> None:
    assert rounds._counts().flush(LOCK_PATIENCE_S) == 0


@pytest.fixture
def poll(alice: User) -> Poll:
    """The first preferences are 2, 2, 1, 0; the third option's go to the second, which wins."""
    poll = create_poll(
        actor=actor_of(alice),
        question="What first?",
        options=[f"Option {number}" for number in range(OPTIONS)],
        kind=PollKind.RANKING,
        settings={"method": "instant_runoff", "places": OPTIONS},
        is_published=True,
    )
    for number, order in enumerate(((0, 1), (0,), (1, 0), (1, 3), (2, 1))):
        vote(make_user(f"Voter{number}"), poll, *order)
    return poll


def close(poll: Poll) -> None:
    close_poll(actor=actor_of(poll.creator), poll_id=poll.id)


def results_of(client_for: ClientFor, poll: Poll) -> tuple[int, int | None]:
    """The version of the results, and the position of the winner in their rounds, if any."""
    shown = client_for(None).get(f"/api/polls/{poll.id}/results").json()["poll"]
    counted = shown["tally"]["runoff"]
    winner = None if counted is None else option_ids(poll).index(UUID(counted["winnerId"]))
    return shown["version"], winner


def test_closing_counts_no_rounds_and_they_follow_as_a_newer_tally(
    poll: Poll, many: None, events: PublishedEvents, client_for: ClientFor
) -> None:
    version, _ = results_of(client_for, poll)
    with CaptureQueriesContext(connection) as queries:
        close(poll)
    # At most as many as a read may count itself, and one more.
    assert all("LIMIT 1" in each["sql"] for each in queries if "'order'" in each["sql"])
    wait_for_counts()
    assert events.changes() == ["closed"]
    [update] = events.tallies()
    assert update.version == version + 1
    assert update.poll.tally.runoff.winner_id == option_ids(poll)[1]  # type: ignore[union-attr]
    assert results_of(client_for, poll) == (version + 1, 1)


def test_while_many_orders_are_counted_the_tally_is_that_of_before(
    poll: Poll, make_poll: MakePoll, bob: User, gate: Gate, client_for: ClientFor
) -> None:
    version, _ = results_of(client_for, poll)
    close(poll)
    for _ in range(5):
        assert results_of(client_for, poll) == (version, None)
    # Votes go on, and what is closed is closed.
    vote(bob, make_poll(), 0)
    ids = [str(each) for each in option_ids(poll)]
    answer = client_for(bob).post(f"/api/polls/{poll.id}/vote", {"pollOptionIds": ids})
    assert answer.json()["code"] == "poll.closed"
    gate.may_pass.set()
    wait_for_counts()
    assert results_of(client_for, poll) == (version + 1, 1)
    # All readers shared one count.
    assert len(gate.results) == 1


def test_after_a_restart_any_read_counts_again(
    poll: Poll, many: None, client_for: ClientFor
) -> None:
    close(poll)
    wait_for_counts()
    version, _ = results_of(client_for, poll)
    rounds.forget_rounds()
    assert results_of(client_for, poll) == (version - 1, None)
    wait_for_counts()
    assert results_of(client_for, poll) == (version, 1)


def test_a_deadline_counts_rounds_once_it_is_recorded(
    poll: Poll, events: PublishedEvents, client_for: ClientFor
) -> None:
    version, _ = results_of(client_for, poll)
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    assert results_of(client_for, poll) == (version, None)
    apply_deadlines()
    wait_for_counts()
    assert [each.version for each in events.tallies()] == [version + 1]
    assert results_of(client_for, poll) == (version + 1, 1)


def test_a_reopened_poll_has_no_rounds_and_counts_new_ones_later(
    poll: Poll, bob: User, events: PublishedEvents, client_for: ClientFor
) -> None:
    close(poll)
    wait_for_counts()
    reopen_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    version, winner = results_of(client_for, poll)
    assert winner is None
    for number in range(2):
        vote(make_user(f"Late{number}"), poll, 3)
    close(poll)
    wait_for_counts()
    assert results_of(client_for, poll) == (version + 3, 1)
    versions = [each.version for each in events.tallies()]
    assert versions == sorted(set(versions))


def test_a_ballot_withdrawn_from_a_closed_poll_changes_its_rounds(
    poll: Poll, many: None, client_for: ClientFor
) -> None:
    close(poll)
    wait_for_counts()
    version, _ = results_of(client_for, poll)
    for name in ("Voter2", "Voter3"):
        ledger.withdraw(User.objects.get(name=name).id, poll.id)
    assert results_of(client_for, poll) == (version + 1, None)
    wait_for_counts()
    assert results_of(client_for, poll) == (version + 2, 0)


def test_the_rounds_of_a_version_that_is_rolled_back_are_not_kept(
    poll: Poll, client_for: ClientFor
) -> None:
    close(poll)
    wait_for_counts()
    version, _ = results_of(client_for, poll)
    with transaction.atomic():
        Cell.objects.filter(poll=poll, group=ORDER_GROUP).exclude(key="cb").delete()
        poll.refresh_from_db()
        poll.version += 1
        read_tally(poll, poll.options.order_by("position"))
        transaction.set_rollback(True)
    Poll.objects.filter(id=poll.id).update(version=version + 1)
    assert results_of(client_for, poll) == (version + 1, 1)


def test_other_processes_read_the_rounds_or_are_told_them(
    poll: Poll, many: None, events: PublishedEvents
) -> None:
    topic = tally_topic(poll.id)
    poll.refresh_from_db()
    version = poll.version
    close(poll)
    wait_for_counts()
    [told] = events.tallies()
    # A process that was not told, and has counted nothing.
    rounds.forget_rounds()
    [(_, pending)] = reload_tallies({topic: version})
    assert (pending.order, pending.poll.tally.runoff) == (version, None)  # type: ignore[attr-defined]
    wait_for_counts()
    assert reload_tallies({topic: version}) == [(topic, told)]
    assert reload_tallies({topic: version + 1}) == []
    # A process that was told.
    rounds.forget_rounds()
    remember_counted_rounds(None, topic, told)  # type: ignore[arg-type]
    assert reload_tallies({topic: version}) == [(topic, told)]


def test_exports_wait_for_the_rounds(poll: Poll, gate: Gate) -> None:
    close(poll)
    gate.may_pass.set()
    poll.refresh_from_db()
    export = collect_results(poll, timezone.now(), points=0)
    assert export.results.version == poll.version
    assert export.results.tally.runoff.winner_id == option_ids(poll)[1]  # type: ignore[union-attr]


def test_a_count_that_fails_is_tried_again_by_the_next_read(
    poll: Poll, many: None, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "count_rounds", lambda _id: 1 / 0)
        close(poll)
        wait_for_counts()
    version, winner = results_of(client_for, poll)
    assert winner is None
    wait_for_counts()
    assert results_of(client_for, poll) == (version + 1, 1)


def test_only_the_latest_results_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MAX_KEPT", 2)
    nothing = RunoffResult(winner_id=None, rounds=(), order=())
    polls = [Poll(version=1) for _ in range(3)]
    for each in polls:
        rounds.remember_rounds(each.id, 1, nothing)
    assert [rounds._find(each) for each in polls] == [None, nothing, nothing]


@pytest.mark.parametrize("max_orders", [12, 60])
def test_the_database_cuts_orders_so_that_memory_is_bounded(
    alice: User, monkeypatch: pytest.MonkeyPatch, max_orders: int
) -> None:
    """With the same rounds as all orders in memory."""
    poll, orders = runoff_with_many_orders(alice)
    kind = kind_of(poll, poll.options.order_by("position"))
    assert isinstance(kind, Ranking)
    expected = kind.count_rounds(orders_in_memory(orders))
    monkeypatch.setattr(runoff, "MAX_ORDERS", max_orders)
    reads: list[int] = []
    read = rounds._orders_of(poll.id)

    def read_and_note(eliminated: str, length: int) -> runoff.Orders:
        found = read(eliminated, length)
        reads.append(len(found))
        return found

    assert kind.count_rounds(read_and_note) == expected
    assert len(expected.rounds) > 4
    assert len(reads) > 1
    assert max(reads) <= max_orders
    assert ORDER_GROUP not in {cell.group for cell in read_cells(poll.id, kind)}


def runoff_with_many_orders(alice: User) -> tuple[Poll, dict[str, int]]:
    """Three hundred different orders of nine options, of which it eliminates one after another."""
    options, chance = 9, Random("orders")
    poll = create_poll(
        actor=actor_of(alice),
        question="What first?",
        options=[f"Option {number}" for number in range(options)],
        kind=PollKind.RANKING,
        settings={"method": "instant_runoff", "places": options},
    )
    orders = {
        write_order(chance.sample(range(options), chance.randint(1, options))): chance.randint(1, 9)
        for _ in range(300)
    }
    cells = [Cell(poll=poll, group=ORDER_GROUP, key=key, count=n) for key, n in orders.items()]
    Cell.objects.bulk_create(cells)
    return poll, orders


@pytest.mark.services
def test_one_process_at_a_time_counts_a_poll(poll: Poll, many: None) -> None:
    close(poll)
    wait_for_counts()
    rounds.forget_rounds()
    with rounds._snapshot(poll.id, waits=False) as is_free, threads() as run:
        assert is_free
        assert run(rounds.count_rounds, poll.id).result(LOCK_PATIENCE_S) is None
    assert rounds.count_rounds(poll.id) is not None

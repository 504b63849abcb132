"""Pruning in batches, one process at a time, continuing from the last run."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from prometheus_client import REGISTRY

from apikit import pruning
from apikit.models import IdempotencyRecord, PruningState
from apikit.pruning import BATCH_ROWS, PRUNERS, Batch, begin_run, delete_batch
from realtime.database import in_database
from realtime.live import prune
from tests.accounts.conftest import at_once

pytestmark = pytest.mark.django_db

KIND = "test_rows"


class Rows:
    """A pruner with batches of one row, and the positions it was called with."""

    def __init__(self, batches: int) -> None:
        self.left = batches
        self.positions: list[str] = []

    def __call__(self, position: str) -> Batch:
        self.positions.append(position)
        self.left -= 1
        return Batch(1, str(self.left) if self.left else None)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """Replaces all registered pruners."""
    monkeypatch.setattr(pruning, "PRUNERS", PRUNERS)
    for kind in list(PRUNERS):
        monkeypatch.delitem(PRUNERS, kind)
    rows = Rows(3)
    monkeypatch.setitem(PRUNERS, KIND, pruning.Pruner(KIND, timedelta(hours=1), rows))
    return rows


def finish(run: pruning.Run | None) -> int:
    assert run is not None
    while run.step():
        pass
    return run.deleted


def expire(**fields: Any) -> None:
    PruningState.objects.filter(kind=KIND).update(**fields)


def test_a_pass_continues_from_its_position_and_is_due_again_later(rows: Rows) -> None:
    assert finish(begin_run(KIND)) == 3
    assert rows.positions == ["", "2", "1"]
    assert begin_run(KIND) is None
    rows.left = 1
    expire(next_run_at=timezone.now())
    assert finish(begin_run(KIND)) == 1
    assert rows.positions[-1] == ""


def test_a_pruner_that_is_not_due_can_be_run(rows: Rows) -> None:
    finish(begin_run(KIND))
    rows.left = 2
    assert finish(begin_run(KIND, is_due_only=False)) == 2


def test_a_lease_excludes_other_processes(rows: Rows) -> None:
    run = begin_run(KIND)
    assert begin_run(KIND) is None
    assert begin_run(KIND, is_due_only=False) is None
    assert run is not None
    assert run.step()
    assert begin_run(KIND, is_due_only=False) is None
    finish(run)
    assert begin_run(KIND, is_due_only=False) is not None


def test_another_process_continues_after_the_lease_expires(rows: Rows) -> None:
    dead = begin_run(KIND)
    assert dead is not None
    dead.step()
    expire(leased_until=timezone.now())
    other = begin_run(KIND)
    assert other is not None
    other.step()
    assert rows.positions == ["", "2"]
    rows.left = 5
    # It was only slow: it has lost the lease, and the state of the other process stays.
    assert not dead.step()
    assert PruningState.objects.get(kind=KIND).position == "1"


def test_a_run_that_is_interrupted_is_continued(rows: Rows) -> None:
    run = begin_run(KIND)
    assert run is not None
    run.step()
    run.interrupt()
    assert begin_run(KIND) is None
    expire(next_run_at=timezone.now())
    assert finish(begin_run(KIND)) == 2
    assert rows.positions == ["", "2", "1"]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_runs_one_gets_the_lease(rows: Rows) -> None:
    PruningState.objects.create(kind=KIND, leased_until=timezone.now(), next_run_at=timezone.now())
    runs = at_once(lambda _: begin_run(KIND), 4)
    assert sum(run is not None for run in runs) == 1


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.live.PRUNING_PAUSE_FACTOR", 0)


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.django_db(transaction=True)
async def test_servers_prune_what_is_due(rows: Rows) -> None:
    hub: Any = None
    await prune(hub)
    assert rows.positions == ["", "2", "1"]
    await prune(hub)
    assert len(rows.positions) == 3


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.django_db(transaction=True)
async def test_a_run_of_a_server_ends_in_time(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "RUN_S", -1)
    hub: Any = None
    await prune(hub)
    assert rows.positions == [""]
    await in_database(expire, next_run_at=timezone.now())
    await prune(hub)
    assert rows.positions == ["", "2"]


def test_the_command_prunes_and_prints_the_counts(rows: Rows) -> None:
    finish(begin_run(KIND))
    rows.left = 3
    out = StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue() == "test rows: 3 deleted\n"


def test_the_command_skips_what_a_server_is_pruning(rows: Rows) -> None:
    begin_run(KIND)
    out = StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue() == "test rows: another process is pruning these\n"
    assert rows.positions == []


def test_what_was_deleted_is_counted(rows: Rows) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("tallyroom_pruned_rows_total", {"kind": KIND}) or 0.0

    before = count()
    finish(begin_run(KIND))
    assert count() == before + 3


def test_a_batch_is_small_whatever_there_is(django_assert_num_queries: Any) -> None:
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(
            scope="s", key=str(number), fingerprint="", response=b"", created_at=timezone.now()
        )
        for number in range(BATCH_ROWS + 1)
    )
    rows = IdempotencyRecord.objects.order_by("created_at")
    with django_assert_num_queries(2):
        assert delete_batch(rows) == Batch(BATCH_ROWS, "")
    with django_assert_num_queries(2):
        assert delete_batch(rows) == Batch(1, None)
    with django_assert_num_queries(1):
        assert delete_batch(rows) == Batch(0, None)


def test_everything_that_outlives_its_use_is_pruned() -> None:
    assert set(PRUNERS) == {
        "activity",
        "activity_of_deleted_projects",
        "deleted_rooms",
        "email_changes",
        "guests",
        "idempotency_keys",
        "invitations",
        "jobs",
        "lobby_identities",
        "pictures",
        "removals",
        "sessions",
        "sign_ins",
        "uploads",
        "webhook_deliveries",
    }

"""Schedules create one job each time, late rather than never."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from jobs import schedules, states
from jobs.models import Job, JobState, Schedule
from jobs.schedules import SCHEDULES, ScheduledTask, enqueue_due
from tests.jobs.conftest import MakeTask, ProbePayload, returns, run_due

pytestmark = pytest.mark.django_db

HOURLY = ScheduledTask("hourly", "probe", ProbePayload(), timedelta(hours=1), timedelta(minutes=5))


@pytest.fixture(autouse=True)
def _hourly(make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_task(returns(), is_internal=True)
    for name in list(SCHEDULES):
        monkeypatch.delitem(SCHEDULES, name)
    monkeypatch.setitem(SCHEDULES, "hourly", HOURLY)
    enqueue_due()


def make_due(ago: timedelta = timedelta(seconds=1)) -> None:
    Schedule.objects.update(next_run_at=timezone.now() - ago)


def test_times_are_multiples_of_the_interval_after_the_offset() -> None:
    moment = datetime(2026, 5, 4, 9, 5, tzinfo=UTC)
    assert HOURLY.next_after(moment - timedelta(seconds=1)) == moment
    assert HOURLY.next_after(moment) == moment + timedelta(hours=1)


def test_a_new_schedule_waits_for_its_time() -> None:
    [row] = Schedule.objects.all()
    assert row.next_run_at > timezone.now()
    assert (row.last_run_at, row.last_job) == (None, None)
    assert enqueue_due() == []


def test_missed_times_are_made_up_for_once() -> None:
    make_due(timedelta(hours=5))
    [job] = enqueue_due()
    assert enqueue_due() == []
    row = Schedule.objects.get()
    assert row.last_job == job
    assert row.next_run_at > timezone.now()
    assert (job.owner_id, job.type) == (None, "probe")
    assert run_due() == 1


def test_a_job_is_not_created_while_the_last_one_runs() -> None:
    make_due()
    [job] = enqueue_due()
    make_due()
    assert enqueue_due() == []
    states.cancel(job.id)
    assert len(enqueue_due()) == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_several_schedulers_one_creates_the_job() -> None:
    make_due()
    barrier = threading.Barrier(4)

    def run(number: int) -> int:
        barrier.wait(10)
        try:
            return len(enqueue_due())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 1
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1


def test_a_scheduler_that_read_the_row_too_early_creates_nothing() -> None:
    make_due()
    row, now = Schedule.objects.get(), timezone.now()
    assert schedules._enqueue(HOURLY, row, now) is not None
    assert schedules._enqueue(HOURLY, row, now) is None
    assert Job.objects.count() == 1

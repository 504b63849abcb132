"""A worker with its threads: what it takes, stops, renews and gives back."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from apikit.pruning import PRUNERS
from jobs import messenger, states
from jobs.models import Job, JobFile, JobState
from jobs.run import Run
from jobs.schedules import enqueue_due
from jobs.services import cancel_job, enqueue
from jobs.worker import Worker
from tests.conftest import actor_of
from tests.jobs.conftest import MakeTask, ProbePayload, enqueue_probe, returns, take

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 20.0


def wait_for(is_true: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < end_s, what
        time.sleep(0.01)


def state_of(job: Job) -> str:
    job.refresh_from_db()
    return job.state


@pytest.fixture
def running() -> Iterator[Worker]:
    running = Worker(threads=2)
    running.start()
    messenger.set_local_worker(running.wake)
    yield running
    messenger.set_local_worker(None)
    running.stop(timeout_s=5)


class Endless:
    """A handler that goes on until it is stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()

    def __call__(self, run: Run, payload: ProbePayload) -> None:
        self.begun.set()
        try:
            while True:
                run.check()
                time.sleep(0.01)
        finally:
            self.ended.set()


def test_a_job_runs_as_soon_as_it_is_created(
    running: Worker, make_task: MakeTask, alice: User
) -> None:
    make_task(returns({"answer": 42}))
    jobs = [enqueue_probe(alice) for _ in range(5)]
    wait_for(lambda: all(state_of(job) == JobState.SUCCEEDED for job in jobs), "all succeed")


def test_a_running_job_is_stopped_when_it_is_cancelled(
    running: Worker, make_task: MakeTask, alice: User
) -> None:
    endless = Endless()
    make_task(endless)
    job = enqueue_probe(alice)
    assert endless.begun.wait(PATIENCE_S)
    cancel_job(actor=actor_of(alice), job_id=job.id)
    assert endless.ended.wait(PATIENCE_S)
    assert state_of(job) == JobState.CANCELLED


def test_a_job_that_takes_too_long_fails(running: Worker, make_task: MakeTask, alice: User) -> None:
    endless = Endless()
    make_task(endless, timeout_s=0.1)
    job = enqueue_probe(alice)
    assert endless.ended.wait(PATIENCE_S)
    assert (state_of(job), job.error_code) == (JobState.FAILED, "job.timed_out")


def test_leases_are_renewed_while_a_job_runs(
    running: Worker, make_task: MakeTask, alice: User
) -> None:
    endless = Endless()
    make_task(endless)
    job = enqueue_probe(alice)
    assert endless.begun.wait(PATIENCE_S)
    job.refresh_from_db()
    first = job.leased_until

    def is_renewed() -> bool:
        job.refresh_from_db()
        return first is not None and job.leased_until is not None and job.leased_until > first

    wait_for(is_renewed, "the lease is renewed")
    states.cancel(job.id)


def test_a_worker_runs_no_more_jobs_than_it_has_threads(
    running: Worker, make_task: MakeTask, alice: User, bob: User
) -> None:
    make_task(Endless())
    jobs = [enqueue_probe(owner) for owner in (alice, alice, bob)]
    wait_for(
        lambda: Job.objects.filter(state=JobState.RUNNING).count() == 2, "two of them are running"
    )
    running.tick()
    assert sorted(map(state_of, jobs)) == ["queued", "running", "running"]
    for job in jobs:
        states.cancel(job.id)


def test_a_stopping_worker_finishes_or_gives_back_its_jobs(
    running: Worker, make_task: MakeTask, alice: User
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def short(run: Run, payload: ProbePayload) -> None:
        begun.set()
        may_end.wait(PATIENCE_S)

    endless = Endless()
    make_task(short)
    make_task(endless, name="endless")
    finished = enqueue_probe(alice)
    given_back = enqueue(actor=actor_of(alice), type_="endless", payload={})
    assert begun.wait(PATIENCE_S)
    assert endless.begun.wait(PATIENCE_S)
    threading.Timer(0.1, may_end.set).start()
    running.stop(timeout_s=0.5)
    assert endless.ended.wait(PATIENCE_S)
    assert state_of(finished) == JobState.SUCCEEDED
    assert (state_of(given_back), given_back.attempts) == (JobState.QUEUED, 0)


def test_jobs_of_a_lost_worker_are_run_by_this_one(
    make_task: MakeTask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_task(returns())
    job = enqueue_probe(alice)
    monkeypatch.setattr(states, "LEASE_S", 0.0)
    assert take(job, "lost") is not None
    monkeypatch.undo()
    make_task(returns())
    other = Worker(threads=1)
    other.start()
    try:
        wait_for(lambda: state_of(job) == JobState.SUCCEEDED, "it is run")
        assert job.attempts == 2
    finally:
        other.stop(timeout_s=1)


def test_a_worker_goes_on_when_its_connection_broke(
    running: Worker, make_task: MakeTask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_task(returns())
    failures: list[object] = []

    def fail_once() -> object:
        if not failures:
            failures.append(1)
            connection.ensure_connection()
            connection.connection.close()
        return enqueue_due()

    monkeypatch.setattr("jobs.worker.enqueue_due", fail_once)
    wait_for(lambda: failures, "the connection is closed")
    job = enqueue_probe(alice)
    wait_for(lambda: state_of(job) == JobState.SUCCEEDED, "it is run")


def test_finished_jobs_are_pruned_with_their_files(
    make_task: MakeTask, alice: User, settings: Settings
) -> None:
    make_task(returns())
    old, new, queued = (enqueue_probe(alice) for _ in range(3))
    settings.JOBS_KEPT_DAYS = 1
    for job in (old, new):
        states.cancel(job.id)
    Job.objects.filter(id=old.id).update(finished_at=timezone.now() - timedelta(hours=25))
    JobFile.objects.create(job=old, name="x", media_type="text/plain", size_bytes=0)
    PRUNERS["jobs"].prune_batch("")
    assert set(Job.objects.values_list("id", flat=True)) == {new.id, queued.id}
    assert not JobFile.objects.exists()


def test_a_type_uses_its_share_of_the_threads(
    running: Worker, make_task: MakeTask, alice: User
) -> None:
    slow = Endless()
    make_task(slow, name="slow", max_thread_share=0.5)
    make_task(returns(), name="quick")
    first, second = (enqueue(actor=actor_of(alice), type_="slow", payload={}) for _ in range(2))
    assert slow.begun.wait(PATIENCE_S)
    quick = enqueue(actor=actor_of(alice), type_="quick", payload={})
    wait_for(lambda: state_of(quick) == JobState.SUCCEEDED, "the other thread is free")
    assert sorted([state_of(first), state_of(second)]) == [JobState.QUEUED, JobState.RUNNING]
    for job in (first, second):
        cancel_job(actor=actor_of(alice), job_id=job.id)

"""Who runs which job: leases, limits and lost workers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connections, transaction
from prometheus_client import REGISTRY
from pytest_django import Settings

from accounts.models import User
from apikit.errors import GuestRefusedError, IdempotencyKeyReusedError
from jobs import queue, services, states
from jobs.errors import TooManyJobsError
from jobs.execution import execute
from jobs.models import Job, JobState
from jobs.registry import RetryPolicy
from jobs.services import enqueue, enqueue_for_site
from tests.conftest import actor_of, make_user
from tests.jobs.conftest import (
    MakeTask,
    ProbePayload,
    enqueue_probe,
    expire,
    hurry,
    returns,
    run_due,
    take,
    take_next,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _probe(make_task: MakeTask) -> None:
    make_task(returns())


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_takes_a_job(alice: User) -> None:
    job = enqueue_probe(alice)
    barrier = threading.Barrier(4)

    def take_at_once(number: int) -> bool:
        barrier.wait(10)
        try:
            return take(job, f"worker-{number}") is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take_at_once, range(4))) == 1
    job.refresh_from_db()
    assert job.attempts == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_many_requests_with_one_key_one_creates_a_job(alice: User) -> None:
    barrier = threading.Barrier(4)

    def create(number: int) -> str:
        barrier.wait(10)
        try:
            return str(enqueue_probe(alice, key="once").id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(create, range(4)))
    assert len(ids) == Job.objects.count() == 1


def test_a_key_belongs_to_an_owner_and_to_one_job(alice: User, bob: User) -> None:
    first = enqueue_probe(alice, key="k")
    assert enqueue_probe(bob, key="k") != first
    with pytest.raises(IdempotencyKeyReusedError):
        enqueue_probe(alice, {"number": 2}, key="k")


def test_jobs_of_the_site_have_keys_too() -> None:
    jobs = [enqueue_for_site(type_="probe", payload=ProbePayload(), key="k") for _ in range(2)]
    assert jobs[0] == jobs[1]
    with pytest.raises(IdempotencyKeyReusedError):
        enqueue_for_site(type_="probe", payload=ProbePayload(number=2), key="k")


# On SQLite, the first to look holds the lock for writing.
@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_many_processes_with_one_key_one_creates_a_job_of_the_site(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each looks for the job before any of them has created it."""
    barrier = threading.Barrier(4)
    find_same = services._find_same
    has_looked = threading.local()

    def find_together(wanted: Job) -> Job | None:
        found = find_same(wanted)
        if not hasattr(has_looked, "once"):
            has_looked.once = True
            barrier.wait(10)
        return found

    def create(_number: int) -> UUID:
        try:
            return enqueue_for_site(type_="probe", payload=ProbePayload(), key="once").id
        finally:
            connections.close_all()

    monkeypatch.setattr(services, "_find_same", find_together)
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(create, range(4)))
    assert len(ids) == Job.objects.count() == 1


def test_a_job_is_announced_after_the_commit_only(
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    announced: list[object] = []
    monkeypatch.setattr("jobs.services.announce", announced.append)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        job = enqueue_probe(alice)
        assert announced == []
    assert announced == [job.id]


def test_guests_create_no_jobs(guest: User) -> None:
    with pytest.raises(GuestRefusedError):
        enqueue_probe(guest)


def test_an_owner_has_a_bounded_number_of_waiting_jobs(
    alice: User, bob: User, settings: Settings
) -> None:
    settings.JOBS_QUEUED_PER_OWNER = 2
    job = enqueue_probe(alice, key="k")
    enqueue_probe(alice)
    with pytest.raises(TooManyJobsError):
        enqueue_probe(alice)
    assert enqueue_probe(alice, key="k") == job
    enqueue_probe(bob)


def test_an_owner_has_a_bounded_number_of_running_jobs(
    alice: User, bob: User, settings: Settings
) -> None:
    settings.JOBS_RUNNING_PER_OWNER = 2
    for owner in (alice, alice, alice, bob):
        enqueue_probe(owner)
    runs = [take_next() for _ in range(4)]
    owners = [run.job.owner_id for run in runs if run is not None]
    assert owners == [alice.id, alice.id, bob.id]
    [waiting] = Job.objects.filter(state=JobState.QUEUED)
    # Not even a worker that does not look first gets it.
    assert take(waiting, "w") is None
    assert runs[0] is not None
    states.succeed(runs[0].id, runs[0].worker, None)
    assert take_next() is not None


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limited", ["owner", "type"])
def test_workers_that_take_jobs_at_once_keep_the_limits(
    alice: User, settings: Settings, make_task: MakeTask, limited: str
) -> None:
    settings.JOBS_RUNNING_PER_OWNER = 1
    if limited == "type":
        make_task(returns(), max_running=lambda: 1)
    owners = [alice if limited == "owner" else make_user(f"Owner {n}") for n in range(4)]
    jobs = [enqueue_probe(owner) for owner in owners]
    barrier = threading.Barrier(4)

    def take_at_once(job: Job) -> bool:
        barrier.wait(10)
        try:
            return take(job, f"worker of {job.id}") is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take_at_once, jobs)) == 1


def test_jobs_of_a_limited_type_leave_workers_to_others(make_task: MakeTask) -> None:
    make_task(returns(), name="heavy", max_running=lambda: 2)
    heavy = [
        enqueue(actor=actor_of(make_user(f"Owner {n}")), type_="heavy", payload={})
        for n in range(3)
    ]
    probe = enqueue_probe(make_user("Other"))
    runs = [take_next() for _ in range(4)]
    taken = [run.id for run in runs if run is not None]
    assert taken == [heavy[0].id, heavy[1].id, probe.id]
    # Not even a worker that does not look first gets it.
    assert take(heavy[2], "w") is None
    first = runs[0]
    assert first is not None
    states.succeed(first.id, first.worker, None)
    assert Job.objects.get(id=first.id).type_slot is None
    next_run = take_next()
    assert next_run is not None
    assert next_run.id == heavy[2].id


def test_many_jobs_of_one_owner_do_not_delay_those_of_others(settings: Settings) -> None:
    settings.JOBS_RUNNING_PER_OWNER = 1
    busy, other = make_user("Busy"), make_user("Other")
    for _ in range(30):
        enqueue_probe(busy)
    job = enqueue_probe(other)
    assert take_next() is not None
    assert queue.due_jobs(4) == [(job.id, other.id, "probe")]
    site_job = enqueue_for_site(type_="probe", payload=ProbePayload())
    assert (site_job.id, None, "probe") in queue.due_jobs(4)


def test_a_lost_job_is_run_by_another_worker(alice: User) -> None:
    job = enqueue_probe(alice)
    run = take_next()
    assert run is not None
    assert states.reclaim_lost() == []
    expire(job)
    assert states.reclaim_lost() == [job.id]
    other = take_next()
    assert other is not None
    assert states.renew({run.id: run.worker}) == {run.id}
    assert states.renew({other.id: other.worker}) == set()
    execute(other)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    # The first worker comes back.
    assert not states.succeed(run.id, run.worker, {"late": True})
    assert not states.fail(run.id, run.worker, TooManyJobsError())
    assert states.renew({run.id: run.worker}) == {run.id}
    job.refresh_from_db()
    assert job.result is None


def test_a_job_that_kills_its_workers_fails_in_the_end(make_task: MakeTask, alice: User) -> None:
    make_task(returns(), retries=RetryPolicy(max_attempts=2))
    job = enqueue_probe(alice)
    for _ in range(2):
        hurry(job)
        assert take_next() is not None
        expire(job)
        states.reclaim_lost()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "job.worker_lost")


def test_renewing_keeps_a_job(alice: User) -> None:
    job = enqueue_probe(alice)
    run = take_next()
    assert run is not None
    expire(job)
    assert states.renew({run.id: run.worker}) == set()
    assert states.reclaim_lost() == []


def test_a_job_that_is_given_back_has_not_used_an_attempt(alice: User) -> None:
    job = enqueue_probe(alice)
    run = take_next()
    assert run is not None
    assert states.give_back(run.id, run.worker)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.worker) == (JobState.QUEUED, 0, "")
    assert run_due() == 1


def test_a_job_of_a_rolled_back_transaction_does_not_exist(alice: User) -> None:
    with transaction.atomic():
        enqueue_probe(alice)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_the_length_of_the_queue(alice: User) -> None:
    for _ in range(3):
        enqueue_probe(alice)
    take_next()
    state = queue.read_queue()
    assert (state.queued, state.running) == (2, 1)
    assert 0 <= state.oldest_s < 30
    queue.measure_queue()
    assert REGISTRY.get_sample_value("tallyroom_jobs", {"state": "queued"}) == 2
    assert REGISTRY.get_sample_value("tallyroom_jobs", {"state": "running"}) == 1

"""Types of jobs for tests, and a worker without threads."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import User
from apikit.wire import Wire
from jobs import queue, states
from jobs.execution import execute
from jobs.models import Job, seconds_from_now
from jobs.registry import TASKS, Handler, RetryPolicy, Task
from jobs.results import Result
from jobs.run import Run
from jobs.services import enqueue
from tests.conftest import actor_of
from tests.realtime.conftest import connect, hub  # noqa: F401 - fixtures


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePayload(Wire):
    number: int = 1
    words: list[str] = field(default_factory=list)


MakeTask = Callable[..., Task]


@pytest.fixture
def make_task(monkeypatch: pytest.MonkeyPatch) -> MakeTask:
    """Registers a type of jobs for one test."""

    def make(handler: Handler, name: str = "probe", **options: Any) -> Task:
        defaults: dict[str, Any] = {"retries": RetryPolicy(max_attempts=3), "payload": ProbePayload}
        task = Task(name=name, handler=handler, **(defaults | options))
        monkeypatch.setitem(TASKS, name, task)
        return task

    return make


def returns(result: Result = None) -> Handler:
    """A handler that does nothing."""

    def handler(run: Run, payload: ProbePayload) -> Result:
        return result

    return handler


def enqueue_probe(owner: User, payload: Mapping[str, Any] | None = None, **options: Any) -> Job:
    return enqueue(actor=actor_of(owner), type_="probe", payload=payload or {}, **options)


_workers = itertools.count(1)


def take_next(worker: str | None = None) -> Run | None:
    """Takes the job that is due longest."""
    name = worker or f"worker-{next(_workers)}"
    for due in queue.due_jobs(10):
        job = states.take(due, name)
        if job is not None:
            return Run(job)
    return None


def take(job: Job, worker: str) -> Job | None:
    """Makes a worker take this job."""
    return states.take(queue.DueJob(job.id, job.owner_id, job.type), worker)


def run_due() -> int:
    """Runs all jobs that are due; returns how many attempts there were."""
    for count in itertools.count():
        run = take_next()
        if run is None:
            return count
        execute(run)
    raise AssertionError


def hurry(job: Job) -> None:
    """Makes a job due that waits for another attempt."""
    Job.objects.filter(id=job.id).update(run_at=seconds_from_now(-1))


def expire(job: Job) -> None:
    """Makes the lease of a running job expire, as if its worker was lost."""
    Job.objects.filter(id=job.id).update(leased_until=seconds_from_now(-1))

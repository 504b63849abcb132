"""Runs the handler of a job that a worker has taken, and records the outcome."""

import time

import structlog
from django.db import InterfaceError, OperationalError

from apikit.background import report_failure
from apikit.errors import (
    ApiError,
    ServerUnavailableError,
    TooManyRequestsError,
)
from jobs import states
from jobs.errors import JobFailedError, OwnerGoneError, StoppedError
from jobs.hooks import check_project, read_actor
from jobs.live_updates import publish_on_commit
from jobs.metrics import DURATION
from jobs.registry import TASKS, Task
from jobs.run import Run

log = structlog.get_logger(__name__)

# Errors that pass by themselves.
_TEMPORARY = (ServerUnavailableError, TooManyRequestsError)
WORK = "job"


def execute(run: Run) -> None:
    """Run an attempt to its end.

    :raises OperationalError, InterfaceError: if the database does not answer. The lease expires
        then, and the job is tried again.
    """
    task = TASKS[run.job.type]
    started_s = time.perf_counter()
    try:
        _call(task, run)
        outcome = "succeeded"
    except StoppedError:
        outcome = "stopped"
    except _TEMPORARY as error:
        outcome = _try_again(task, run, error)
    except ApiError as error:
        outcome = _fail(run, error)
    except Exception as error:  # noqa: BLE001 - outermost
        job_id, attempt = str(run.id), run.attempt
        report_failure(
            WORK, error, "job attempt failed", type=task.name, job_id=job_id, attempt=attempt
        )
        lost = isinstance(error, OperationalError | InterfaceError)
        outcome = _try_again(task, run, ServerUnavailableError() if lost else JobFailedError())
    duration_s = time.perf_counter() - started_s
    DURATION.labels(task.name, outcome).observe(duration_s)
    log.info("job ran", type=task.name, job_id=str(run.id), outcome=outcome)


def _call(task: Task, run: Run) -> None:
    task.check_enabled()
    payload = task.read_payload(run.job.payload)
    if run.job.owner_id is not None:
        run.actor = read_actor(run.job.owner_id)
        if run.actor is None:
            raise OwnerGoneError
        if run.project_id is not None:
            check_project(run.actor, run.project_id, "run")
        task.authorize(run.actor, payload)
    run.check()
    result = task.handler(run, payload)
    if not run.is_succeeded:
        run.succeed(result)


def _try_again(task: Task, run: Run, error: ApiError) -> str:
    if run.attempt >= task.retries.max_attempts:
        return _fail(run, error)
    pause_s = max(task.retries.pause_s(run.attempt), error.retry_after_s or 0)
    if states.requeue(run.id, run.worker, pause_s, error):
        publish_on_commit(run.id)
    return "retried"


def _fail(run: Run, error: ApiError) -> str:
    if states.fail(run.id, run.worker, error):
        publish_on_commit(run.id)
    return "failed"

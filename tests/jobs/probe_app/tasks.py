"""A type of jobs for workers that are killed."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Literal

from django.db import connection, transaction

from apikit.wire import Wire
from jobs.registry import RetryPolicy, task
from jobs.run import Run

# Enough for what a test breaks; with short pauses, so that it does not wait long.
RETRIES = RetryPolicy(max_attempts=10, first_pause_s=0.1, max_pause_s=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Wire):
    """Where the worker of the first attempt kills itself, and how long the job takes."""

    killed: Literal["", "at_work", "in_transaction", "after_commit"] = ""
    work_s: float = 0.1


@task("effect", payload=Effect, retries=RETRIES)
def cause_effect(run: Run, payload: Effect) -> None:
    """Inserts a row that nothing keeps from being inserted twice."""
    end_s = time.monotonic() + payload.work_s
    while time.monotonic() < end_s:
        run.report(50, "Working")
        time.sleep(0.02)
    _die_at(run, payload, "at_work")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO effects (job_id) VALUES (%s)", [run.id])
        time.sleep(0.02)
        _die_at(run, payload, "in_transaction")
        run.succeed({"attempt": run.attempt})
        transaction.on_commit(lambda: _die_at(run, payload, "after_commit"))


def _die_at(run: Run, payload: Effect, stage: str) -> None:
    if payload.killed == stage and run.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)

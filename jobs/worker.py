"""A worker: takes due jobs from the database and runs them, each in a thread.

One thread, the keeper, takes jobs, renews their leases, stops those that were cancelled or take too
long, and reclaims the jobs of workers that were lost. Nothing depends on messages: they only wake
the keeper up.
"""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from apikit.background import report_failure
from apikit.ids import new_id
from jobs import queue, states
from jobs.errors import JobTimedOutError
from jobs.execution import execute
from jobs.live_updates import publish_on_commit
from jobs.metrics import RECLAIMED
from jobs.models import Job
from jobs.registry import TASKS
from jobs.run import Run
from jobs.schedules import enqueue_due

log = structlog.get_logger(__name__)

SWEEP_INTERVAL_S = 2.0
# While jobs run: how soon a cancelled one is noticed.
RENEW_INTERVAL_S = 0.5
WORK = "job_worker"


class Worker:
    """Runs at most ``threads`` jobs at a time."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = settings.JOBS_PER_WORKER if threads is None else threads
        # Unique also after a restart with the same process id.
        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}-{str(new_id())[-12:]}"
        self._attempts = count(1)
        self._runs: dict[UUID, Run] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_stopping = False
        self._renewed_s = time.monotonic()
        self._swept_s = 0.0
        self._keeper = threading.Thread(target=self._keep, name="jobs", daemon=True)

    # Lifecycle

    def start(self) -> None:
        self._keeper.start()

    def wake(self) -> None:
        """Look for due jobs now; from any thread."""
        self._wake.set()

    def stop(self, timeout_s: float) -> None:
        """Take no more jobs, let the running ones finish, and give back the rest."""
        self._is_stopping = True
        end_s = time.monotonic() + timeout_s
        while self._runs and time.monotonic() < end_s:
            time.sleep(0.02)
        for run in self._current():
            run.stop()
            self._attempt(partial(self._give_back, run))
        self.wake()
        if self._keeper.is_alive():
            self._keeper.join(timeout=SWEEP_INTERVAL_S)

    def _give_back(self, run: Run) -> None:
        if states.give_back(run.id, run.worker):
            log.info("job given back", job_id=str(run.id))
            publish_on_commit(run.id)

    # The keeper

    def _keep(self) -> None:
        while not self._is_stopping or self._runs:
            self._wake.clear()
            self._attempt(self.tick)
            self._wake.wait(RENEW_INTERVAL_S if self._runs else SWEEP_INTERVAL_S)
            if self._is_stopping and self._runs:
                # Awake all the time, the keeper would not sleep.
                time.sleep(0.02)
        connections.close_all()

    def _attempt(self, step: Callable[[], None]) -> None:
        """Run a step of the keeper; while the database is away, it fails and is repeated."""
        try:
            # Drops a connection that broke, for instance when the database restarted.
            close_old_connections()
            step()
        except Exception as error:  # noqa: BLE001 - outermost
            report_failure(WORK, error, "job worker failed, trying again")
        finally:
            close_old_connections()

    def tick(self) -> None:
        """Do everything that is due."""
        self._keep_leases()
        now_s = time.monotonic()
        if now_s - self._swept_s >= SWEEP_INTERVAL_S and not self._is_stopping:
            self._swept_s = now_s
            for job_id in states.reclaim_lost():
                RECLAIMED.inc()
                publish_on_commit(job_id)
            enqueue_due()
        self._take_due()

    def _keep_leases(self) -> None:
        runs = self._current()
        self._stop_overdue(runs)
        if not runs:
            self._renewed_s = time.monotonic()
            return
        try:
            lost = states.renew({run.id: run.worker for run in runs})
        except DatabaseError:
            if time.monotonic() - self._renewed_s > states.LEASE_S:
                for run in runs:
                    run.stop()
            raise
        self._renewed_s = time.monotonic()
        for run in runs:
            if run.id in lost:
                run.stop()

    def _stop_overdue(self, runs: list[Run]) -> None:
        for run in runs:
            if run.elapsed_s > TASKS[run.job.type].timeout_s and not run.is_stopped:
                if states.fail(run.id, run.worker, JobTimedOutError()):
                    publish_on_commit(run.id)
                run.stop()

    def _take_due(self) -> None:
        free = self.threads - len(self._runs)
        if free <= 0 or self._is_stopping:
            return
        for due in queue.due_jobs(4 * free, self._full_types()):
            if len(self._runs) >= self.threads or self._is_stopping:
                return
            if due.type in self._full_types():
                continue
            job = states.take(due, f"{self.name}/{next(self._attempts)}")
            if job is not None:
                publish_on_commit(job.id)
                self._begin(job)

    def _full_types(self) -> set[str]:
        """Return the types of which no more jobs may run in this worker."""
        running = Counter(run.job.type for run in self._current())
        return {
            name
            for name, count in running.items()
            if count >= TASKS[name].max_threads(self.threads)
        }

    def _begin(self, job: Job) -> None:
        run = Run(job)
        with self._lock:
            self._runs[run.id] = run
        threading.Thread(target=self._run, args=(run,), name=f"job {job.id}", daemon=True).start()

    def _run(self, run: Run) -> None:
        try:
            execute(run)
        except Exception as error:  # noqa: BLE001 - outermost
            # The lease expires, and the job is tried again.
            report_failure(WORK, error, "job left to its lease", job_id=str(run.id))
        finally:
            connections.close_all()
            with self._lock:
                if self._runs.get(run.id) is run:
                    del self._runs[run.id]
            self.wake()

    def _current(self) -> list[Run]:
        with self._lock:
            return list(self._runs.values())

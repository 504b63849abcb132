"""Workers, Redis and PostgreSQL are killed under a hundred jobs: each has its effect once."""

import os
from pathlib import Path

import pytest

from tests.faults.job_workers import WorkerCluster
from tools.services import PostgresServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

JOBS = 100
KILLED = ("at_work:2", "in_transaction:2", "after_commit:2")


def test_each_job_has_its_effect_once_whatever_is_killed(tmp_path: Path) -> None:
    # Durable: without fsync, committed jobs may be lost.
    postgres = PostgresServer(is_durable=True)
    postgres.start()
    cluster = WorkerCluster(tmp_path, workers=2, postgres_url=postgres.url())
    try:
        cluster.enqueue(*KILLED, str(JOBS - 6))
        cluster.wait_for("succeeded", 20)
        cluster.workers[0].kill()
        cluster.wait_for("succeeded", 35)
        cluster.redis.kill()
        cluster.redis.start()
        cluster.wait_for("succeeded", 50)
        postgres.kill()
        postgres.start()
        cluster.wait_for("succeeded", JOBS)
        cluster.assert_done_once(JOBS)
        # Three kinds of jobs kill their worker, and the test kills one.
        assert sum(worker.deaths for worker in cluster.workers) >= 3
    finally:
        cluster.stop()
        postgres.stop()


def test_a_worker_that_is_stopped_gives_its_jobs_back(tmp_path: Path) -> None:
    cluster = WorkerCluster(tmp_path, workers=1, postgres_url=os.environ["DATABASE_URL"])
    try:
        cluster.enqueue("--work=60", "2")
        cluster.wait_for("running", 2)
        assert cluster.workers[0].stop() == 0
        assert cluster.states() == {"queued": 2}
        assert cluster.query("SELECT DISTINCT attempts FROM jobs_job") == [(0,)]
    finally:
        cluster.stop()

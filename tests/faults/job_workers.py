"""Worker processes that are killed, and what has to be true of their jobs in the end."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from tests.processes import MANAGE, PATIENCE_S, ROOT, SECRETS, create_migrated_database, run_manage
from tools.services import RedisServer, wait_until


class WorkerProcess:
    """``manage.py work``, started again whenever it was killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.deaths = 0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*MANAGE, "work"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def restart_if_dead(self) -> None:
        if self._process is None or self._process.poll() is not None:
            self.deaths += self._process is not None
            self.start()

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Stops it with SIGTERM, if it runs; returns its status."""
        assert self._process is not None
        if self._process.poll() is not None:
            return self._process.returncode
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)

    def cpu_s(self) -> float:
        """The processor time it has used."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class WorkerCluster:
    """Workers on a database and a Redis of their own."""

    def __init__(
        self, directory: Path, *, workers: int, postgres_url: str, **settings: str
    ) -> None:
        self.redis = RedisServer()
        self.redis.start()
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
        } | {
            "ENVIRONMENT": "production",
            "DJANGO_SETTINGS_MODULE": "tests.jobs.worker_settings",
            "REDIS_URL": self.redis.url,
            **SECRETS,
            "VAR_DIR": str(directory),
            "SHUTDOWN_SECONDS": "1",
            **settings,
        }
        self.database_url = create_migrated_database(
            postgres_url, f"jobs_{directory.name}", self.environment
        )
        self.environment["DATABASE_URL"] = self.database_url
        self.workers = [
            WorkerProcess(self.environment, directory / f"worker-{number}.log")
            for number in range(workers)
        ]

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def enqueue(self, *counts: str) -> None:
        done = run_manage(self.environment, "enqueue_effects", *counts)
        assert done.returncode == 0, done.stderr

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql).fetchall()

    def states(self) -> dict[str, int]:
        return dict(self.query("SELECT state, count(*) FROM jobs_job GROUP BY state"))

    def wait_for(self, state: str, count: int) -> None:
        """Waits for so many jobs in a state; workers that died meanwhile are started again."""

        def is_reached() -> bool:
            for worker in self.workers:
                worker.restart_if_dead()
            return self.states().get(state, 0) >= count

        try:
            wait_until(is_reached, f"{count} jobs that are {state}", 2 * PATIENCE_S)
        except TimeoutError as error:
            logs = "".join(worker.log.read_text()[-2000:] for worker in self.workers)
            raise TimeoutError(f"{error}: {self.states()} {logs}") from error

    def assert_done_once(self, count: int) -> None:
        """Asserts that each job has succeeded, and that its effect is there once."""
        assert self.states() == {"succeeded": count}
        effects = self.query("SELECT job_id FROM effects")
        assert len(effects) == len(set(effects)) == count

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.redis.stop()

"""``make test``: runs the tests in two halves: embedded, then on PostgreSQL and Redis.

A test runs once, embedded, by default. If the database or the channel layer can change its outcome,
it is marked ``both`` and runs in both halves. Tests marked ``services`` run in the second only.

Uses the servers at DATABASE_URL and REDIS_URL, or starts its own. Missing programs are installed
with apt if possible, and a missing Node with pip. Tests that cannot run are reported in one line,
and are a failure under CI=true. Arguments go to pytest.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tools.node import install_node
from tools.services import MissingBinaryError, PostgresServer, RedisServer, find_binary

# The programs that tests use, and their Debian packages.
PROGRAMS = {
    "initdb": "postgresql",
    "redis-server": "redis-server",
    "nginx": "nginx",
    "curl": "curl",
    "chromium": "chromium",
    "xgettext": "gettext",
}
EMBEDDED = "embedded: SQLite, one process, in memory"
# Workers run whole files in parallel, in the order of collection: slow ones first (tests/browser).
# One worker more than there are cores, because many tests wait for timers, servers and pages.
WORKERS = (
    f"--numprocesses={(os.cpu_count() or 1) + 1}",
    "--dist=loadfile",
    "--no-loadscope-reorder",
)
IS_CI = os.environ.get("CI", "").lower() == "true"


def main() -> int:
    arguments = sys.argv[1:]
    # Turns SIGTERM into an exit, so that the servers started here are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    missing = install_missing()
    try:
        install_node()
    except MissingBinaryError as error:
        missing.append(str(error))
    statuses = []
    with ExitStack() as stack:
        try:
            services = stack.enter_context(running_services())
        except MissingBinaryError as error:
            missing = [*missing, str(error)]
            services = None
        statuses.append(run_pytest(EMBEDDED, {}, arguments))
        if services is not None:
            on_services = ["-m", "services or both", *arguments]
            statuses.append(run_pytest("services: PostgreSQL, Redis", services, on_services))
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        print(f"Tests that need {names} were left out: not found, and could not be installed.")
    # 5: no test matched the arguments. That is a failure only if it happens in both halves.
    failed = any(status not in {0, 5} for status in statuses) or all(s == 5 for s in statuses)
    return 1 if failed or (missing and IS_CI) else 0


def install_missing() -> list[str]:
    """Installs missing programs if possible; returns those still missing."""
    missing = [name for name in PROGRAMS if not is_installed(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [PROGRAMS[name] for name in missing]
        print(f"Installing {', '.join(packages)} ...", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(
                ["apt-get", "-qq", *command],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
    return [name for name in missing if not is_installed(name)]


def is_installed(name: str) -> bool:
    try:
        find_binary(name)
    except MissingBinaryError:
        return False
    return True


@contextmanager
def running_services() -> Iterator[dict[str, str]]:
    """Yields the URLs of PostgreSQL and Redis, which are started if the environment has none."""
    with ExitStack() as stack:
        database_url = os.environ.get("DATABASE_URL", "")
        if not database_url.startswith("postgres"):
            postgres = PostgresServer()
            stack.callback(postgres.stop)
            postgres.start()
            database_url = postgres.url()
        redis_url = os.environ.get("REDIS_URL", "")
        if not redis_url:
            redis = RedisServer()
            stack.callback(redis.stop)
            redis.start()
            redis_url = redis.url
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


def run_pytest(title: str, services: dict[str, str], arguments: list[str]) -> int:
    print(f"\n=== Tests, {title} ===", flush=True)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    command = [sys.executable, "-m", "pytest", *WORKERS, *arguments]
    return subprocess.run(command, env=environment | services, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

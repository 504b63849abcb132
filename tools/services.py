"""PostgreSQL and Redis servers of our own, for tests and benchmarks, on free local ports.

They are found among the installed binaries, run until told to stop, and leave nothing behind.
PostgreSQL refuses to run as root, so there it runs as the user its package has made.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import redis

START_TIMEOUT_S = 30.0
POSTGRES_USER = "postgres"
# Where programs lie that people don't start themselves.
SERVERS_PATH = "/usr/local/sbin:/usr/sbin"
# Not seeded, so that processes that run side by side choose differently.
_CHOICE = random.SystemRandom()


class MissingBinaryError(Exception):
    """A program that is needed is not installed; the text is its name."""


def find_binary(name: str) -> Path:
    """A program on the PATH, or where Debian keeps servers: they aren't on everybody's.

    :raises MissingBinaryError: when there is none.
    """
    found = shutil.which(name) or shutil.which(name, path=SERVERS_PATH)
    candidates = [found] if found else sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not candidates:
        raise MissingBinaryError(name)
    return Path(candidates[-1])


def free_port() -> int:
    """Returns a port on which nothing listens.

    The kernel hands out ports above these for outgoing connections. One of them could be in use
    again by the time a server has started.
    """
    for _ in range(100):
        port = _CHOICE.randrange(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise RuntimeError("No free port between 15,000 and 32,000.")


def wait_until(is_true: Callable[[], bool], what: str, timeout_s: float = START_TIMEOUT_S) -> None:
    """Returns as soon as ``is_true``.

    :raises TimeoutError: when that takes too long.
    """
    deadline_s = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.02)


class _Server:
    """A server process that can be stopped, killed and started again on the same port."""

    def __init__(self, directory: Path | None = None) -> None:
        self.port = free_port()
        self.directory = directory or Path(tempfile.mkdtemp(prefix="tallyroom-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, user=self._user()
            )
        wait_until(self._answers, type(self).__name__)

    @property
    def is_running(self) -> bool:
        """Whether it has been started, and has not ended, by itself or otherwise."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As if the machine had lost it: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it, and removes its data."""
        self._end(signal.SIGINT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def hang(self, *, is_hanging: bool = True) -> None:
        """Suspends it, or resumes it. Its kernel goes on to accept connections and data."""
        os.kill(self.pid, signal.SIGSTOP if is_hanging else signal.SIGCONT)

    def _end(self, signal_number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal_number)
            self._process.wait(START_TIMEOUT_S)
            self._process = None

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _user(self) -> str | None:
        return None


class RedisServer(_Server):
    """Keeps nothing on disk."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> Sequence[str]:
        binary = find_binary("redis-server")
        return [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


class PostgresServer(_Server):
    """A cluster of its own; ``is_durable`` keeps the settings a real one has.

    ``directory`` is an empty one to put it in.
    """

    def __init__(self, *, is_durable: bool = False, directory: Path | None = None) -> None:
        super().__init__(directory)
        self._is_durable = is_durable
        owner = self._user()
        if owner:
            shutil.chown(self.directory, owner)
        subprocess.run(
            [
                str(find_binary("initdb")),
                f"--pgdata={self.directory / 'data'}",
                f"--username={POSTGRES_USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                *([] if is_durable else ["--no-sync"]),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=owner,
            cwd=self.directory,
        )

    def kill(self) -> None:
        """As if the machine had lost it: SIGKILL for it and for its children.

        Those would go by themselves, but until they have no other server may start.
        """
        # Meanwhile it makes no more of them.
        os.kill(self.pid, signal.SIGSTOP)
        children = self._children()
        super().kill()
        _signal_all(children, signal.SIGKILL)
        wait_until(lambda: not any(map(_is_alive, children)), "the end of PostgreSQL's children")

    def hang(self, *, is_hanging: bool = True) -> None:
        super().hang(is_hanging=is_hanging)
        _signal_all(self._children(), signal.SIGSTOP if is_hanging else signal.SIGCONT)

    def url(self, database: str = "postgres") -> str:
        return f"postgres://{POSTGRES_USER}@127.0.0.1:{self.port}/{database}"

    def _command(self) -> Sequence[str]:
        careless = [] if self._is_durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        return [
            str(find_binary("postgres")),
            *("-D", str(self.directory / "data")),
            *("-p", str(self.port)),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", f"unix_socket_directories={self.directory}"),
            *("-c", "max_connections=200"),
            *careless,
        ]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _children(self) -> list[str]:
        """Process ids; complete while it is stopped."""
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()

    def _user(self) -> str | None:
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(POSTGRES_USER).pw_name
        except KeyError as error:
            raise MissingBinaryError("a user named postgres") from error


def _signal_all(pids: Sequence[str], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(int(pid), number)


def _is_alive(pid: str) -> bool:
    """Whether there is such a process, and not only what is left of it until its parent asks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def create_database(server_url: str, name: str, *, template: str = "template1") -> str:
    """A copy of ``template`` on the server behind ``server_url``; returns its address."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server_url.rpartition("/")[0] + "/" + name

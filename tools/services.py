"""Temporary PostgreSQL and Redis servers for tests and benchmarks, on free local ports.

They run from the installed binaries and remove their data when stopped. PostgreSQL refuses to run
as root, so for root it runs as the user that its package creates.
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
# Directories with server programs, which may be missing from PATH.
SERVERS_PATH = "/usr/local/sbin:/usr/sbin"
# Not seeded, so that parallel processes choose different ports.
_CHOICE = random.SystemRandom()


class MissingBinaryError(Exception):
    """A required program is not installed; the message is its name."""


def find_binary(name: str) -> Path:
    """Returns the path of a program, searching PATH and the directories of Debian's servers.

    :raises MissingBinaryError: if it is not found.
    """
    found = shutil.which(name) or shutil.which(name, path=SERVERS_PATH)
    candidates = [found] if found else sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not candidates:
        raise MissingBinaryError(name)
    return Path(candidates[-1])


def free_port() -> int:
    """Returns a port on which nothing listens.

    Ports above 32,000 are avoided: the kernel uses them for outgoing connections, so one could be
    in use again by the time a server starts.
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
    """Waits until ``is_true()`` returns true.

    :raises TimeoutError: if that takes too long.
    """
    deadline_s = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.02)


class _Server:
    """A server process that can be stopped, killed and restarted on the same port."""

    def __init__(self, directory: Path | None = None) -> None:
        self.port = free_port()
        self.directory = directory or Path(tempfile.mkdtemp(prefix="tallyroom-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and waits until it responds; kills it if it does not in time."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, user=self._user()
            )
        try:
            wait_until(self._answers, type(self).__name__)
        except TimeoutError:
            self.kill()
            raise

    @property
    def is_running(self) -> bool:
        """Whether the server was started and has not been stopped or killed."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Kills the server with SIGKILL, like a crash."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stops the server and removes its data."""
        self._end(signal.SIGINT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def hang(self, *, is_hanging: bool = True) -> None:
        """Suspends or resumes the server. The kernel still accepts connections and data for it."""
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
    """A Redis server that stores nothing on disk."""

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
    """A new PostgreSQL cluster; ``is_durable`` keeps the default settings of durability and vacuum.

    ``directory`` must be empty, if given.
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
        """Kills the server and its child processes with SIGKILL, like a crash.

        The children would exit by themselves, but no new server can start until then.
        """
        # Suspended, so that it starts no more children meanwhile.
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
        careless = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off"]
        return [
            str(find_binary("postgres")),
            *("-D", str(self.directory / "data")),
            *("-p", str(self.port)),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", f"unix_socket_directories={self.directory}"),
            *("-c", "max_connections=200"),
            *([] if self._is_durable else careless),
        ]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _children(self) -> list[str]:
        """Returns the ids of the child processes; complete only while the server is suspended."""
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
    """Whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def create_database(server_url: str, name: str, *, template: str = "template1") -> str:
    """Creates a copy of ``template`` on the server at ``server_url``; returns its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server_url.rpartition("/")[0] + "/" + name

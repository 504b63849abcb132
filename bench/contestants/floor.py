"""The lower bounds of the machine."""

import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from bench.clients.websocket import Socket
from bench.contestants.base import Contestant, Known, PollHandle, Setup
from bench.processes import running
from bench.services import Services
from tools.services import find_binary, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PGBENCH_CLIENTS = 16
TABLE = """CREATE TABLE floor (
    id bigserial PRIMARY KEY, voter uuid, option uuid, at timestamptz DEFAULT now()
)"""
INSERT = "INSERT INTO floor (voter, option) VALUES (gen_random_uuid(), gen_random_uuid());\n"


class FloorSocket(Socket):
    """Each message makes the server write one frame to all sockets."""

    def address(self) -> str:
        return "/"

    def greet(self) -> None:
        self.opened.set_result(None)

    async def join(self) -> bytes:
        return b""

    async def vote(self, poll_id: str, option_id: str) -> bool:
        return bool(await self.call(b"go"))

    def take(self, text: bytes) -> None:
        if text.startswith(b'{"type":"reply"'):
            self.answer(text)
        else:
            self.show(text)


@contextmanager
def running_floor(services: Services, setup: Setup) -> Iterator[Contestant]:
    """Runs a bare uvloop server that writes one prepared frame to each socket."""
    port = free_port()
    with running(
        [sys.executable, "-m", "bench.baselines.floor", str(port)],
        directory=ROOT,
        is_ready=lambda: _listens(port),
    ) as pid:
        poll = PollHandle("floor", ("floor",))
        yield Contestant(
            name="the floor",
            port=port,
            pid=pid,
            known=Known([str(number) for number in range(setup.voters)], [poll], poll),
            socket_kind=FloorSocket,
            services=services,
            database_url="",
            count_sql="",
        )


def single_row_inserts(services: Services, for_s: int) -> float:
    """Returns how many single-row transactions PostgreSQL commits per second, by pgbench."""

    def create_tables(database_url: str) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(TABLE)

    with (
        services.database("floor", create_tables) as database_url,
        tempfile.NamedTemporaryFile("w", suffix=".sql") as script,
    ):
        script.write(INSERT)
        script.flush()
        command = [str(find_binary("pgbench")), "--no-vacuum", f"--client={PGBENCH_CLIENTS}", "-j2"]
        command += [f"--time={for_s}", f"--file={script.name}", database_url]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^tps = ([\d.]+)", printed, re.MULTILINE)
    assert found is not None, printed
    return float(found[1])


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Starts the measured processes, and measures their CPU time and memory."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchError
from tools.services import wait_until

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
# The part of a server's log that is printed after an error.
LOG_BYTES = 4_000
# For 5,000 sockets on both sides; servers inherit the limit.
FILES_NEEDED = 12_000


class _Stat(NamedTuple):
    parent: int
    ticks: int
    pages: int


def raise_file_limit() -> None:
    """Raises the limit of open files for this process and its children.

    :raises BenchError: if the hard limit is too low.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_NEEDED:
        raise BenchError(f"The bench needs {FILES_NEEDED} open files; the hard limit is {hard}.")
    wanted = FILES_NEEDED if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def running(
    command: Sequence[str],
    *,
    is_ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Iterator[int]:
    """Runs a server for the duration of the block; yields its process id once it is ready.

    Prints the end of its output after an error.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=environment, cwd=directory, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_until(
                lambda: process.poll() is not None or is_ready(), command[0], START_TIMEOUT_S
            )
            if process.returncode is not None:
                raise BenchError(f"{' '.join(command)} did not start.")
            yield process.pid
        except BaseException:
            log.seek(0)
            print(log.read()[-LOG_BYTES:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def cpu_seconds(pid: int) -> float:
    """Returns the CPU time of a process and its descendants, including ended ones."""
    return sum(stat.ticks for stat in _family(pid)) / TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    """Returns the resident memory of a process and its descendants."""
    return sum(stat.pages for stat in _family(pid)) * PAGE_BYTES


def _family(pid: int) -> list[_Stat]:
    stats = {int(path.name): stat for path in Path("/proc").glob("[0-9]*") if (stat := _read(path))}
    family = [pid]
    for member in family:
        family += [child for child, stat in stats.items() if stat.parent == member]
    return [stats[member] for member in family if member in stats]


def _read(process: Path) -> _Stat | None:
    try:
        # The fields after the name, which may contain spaces. The first of them is number 3 in
        # proc(5).
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # the process has ended
        return None
    return _Stat(int(fields[1]), sum(map(int, fields[11:15])), int(fields[21]))

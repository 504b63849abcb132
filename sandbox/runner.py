"""Runs programs: the package's entry."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import structlog

from sandbox.confinement import explain_unavailable
from sandbox.errors import ProgramStoppedError, SandboxFailedError, SandboxUnavailableError
from sandbox.limits import CODE_MAX_BYTES, INPUT_MAX_BYTES, Limits
from sandbox.metrics import RUNNING, SECONDS
from sandbox.outcomes import OUT_OF_MEMORY, OUT_OF_TIME, Collector, Outcome
from sandbox.process import ConfinedProcess, compiled_guest

log = structlog.get_logger(__name__)

# Programs that run at a time in each process of the server; more would compete with votes.
CONCURRENCY = 2
# How long the process may take to start and confine itself. On a calm machine 0.1 s.
START_TIMEOUT_S = 30.0
# The process stops programs itself, with their output; after this it is killed.
GRACE_S = 1.0
# How often a waiting caller is asked whether to stop.
POLL_S = 0.1

_places = threading.BoundedSemaphore(CONCURRENCY)

ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


def run_program(
    code: str,
    *,
    input_value: Any = None,
    limits: Limits | None = None,
    should_stop: ShouldStop = _never,
) -> Outcome:
    """Run a JavaScript program in a confined process, with ``input_value`` (JSON) as ``input``.

    Blocks for up to ``limits.wall_s`` and the time until a place is free. ``should_stop`` is called
    every tenth of a second.

    :raises ValueError: if the code or the input is too large, or the code is no valid text.
    :raises SandboxUnavailableError: if this machine cannot confine programs.
    :raises SandboxFailedError: if the process fails for another reason than the program.
    :raises ProgramStoppedError: if ``should_stop`` returned true.
    """
    limits = limits or Limits()
    request = _encode_request(code, input_value, limits)
    if (reason := explain_unavailable()) is not None:
        raise SandboxUnavailableError(reason)
    with _place(should_stop):
        guest = compiled_guest()
        statements = f"from sandbox.child import main; main({guest})"
        with RUNNING.track_inprogress(), ConfinedProcess(statements, request, (guest,)) as process:
            run = _Run(process, limits, should_stop)
            return run.follow()


def _encode_request(code: str, input_value: Any, limits: Limits) -> bytes:
    try:
        size_bytes = len(code.encode())
    except UnicodeEncodeError:
        raise ValueError("The code has an unpaired surrogate.") from None
    if size_bytes > CODE_MAX_BYTES:
        raise ValueError(f"The code has {size_bytes:,} bytes; {CODE_MAX_BYTES:,} are allowed.")
    input_json = json.dumps(input_value)
    if len(input_json) > INPUT_MAX_BYTES:
        raise ValueError("The input is too large.")
    return json.dumps({"code": code, "input": input_json, "limits": asdict(limits)}).encode()


@contextmanager
def _place(should_stop: ShouldStop) -> Iterator[None]:
    while not _places.acquire(timeout=POLL_S):
        if should_stop():
            raise ProgramStoppedError
    try:
        yield
    finally:
        _places.release()


class _Run:
    """Follows one process from its start to its end."""

    def __init__(self, process: ConfinedProcess, limits: Limits, should_stop: ShouldStop) -> None:
        self._process = process
        self._limits = limits
        self._should_stop = should_stop
        self._collector = Collector(limits)

    def follow(self) -> Outcome:
        self._read_until(START_TIMEOUT_S, lambda: self._collector.is_ready)
        if self._collector.refusal is not None:
            raise SandboxUnavailableError(self._collector.refusal)
        if not self._collector.is_ready:
            log.error("sandbox did not start", stderr=self._process.read_stderr())
            raise SandboxFailedError("The sandbox did not start.")
        started_s = time.perf_counter()
        self._read_until(self._limits.wall_s + GRACE_S, lambda: self._collector.end is not None)
        if self._collector.end is not None:
            stop, duration_s = None, self._collector.duration_s
        else:
            stop, duration_s = self._explain_end(), time.perf_counter() - started_s
        outcome = self._collector.outcome(duration_s, stop)
        SECONDS.labels("ended" if outcome.error is None else "failed").observe(duration_s)
        return outcome

    def _read_until(self, timeout_s: float, is_done: Callable[[], bool]) -> None:
        """Read reports until ``is_done``, the process has ended, or the time is over."""
        end_s = time.monotonic() + timeout_s
        while not is_done() and not self._process.has_ended and time.monotonic() < end_s:
            if self._should_stop():
                raise ProgramStoppedError
            for line in self._process.read_lines(min(POLL_S, end_s - time.monotonic())):
                self._collector.add(line)

    def _explain_end(self) -> tuple[str, str]:
        """Return why a process ended, or had to be, without a report of the end."""
        if not self._process.has_ended:
            return OUT_OF_TIME
        code = self._process.wait(GRACE_S)
        log.info("sandbox process ended early", code=code)
        return OUT_OF_TIME if code == -signal.SIGXCPU else OUT_OF_MEMORY

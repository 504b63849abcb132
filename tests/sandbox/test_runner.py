"""What the server does with programs: sizes, places, stopping, and processes that misbehave."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from sandbox import process, runner
from sandbox.errors import ProgramStoppedError, SandboxFailedError, SandboxUnavailableError
from sandbox.limits import CODE_MAX_BYTES, INPUT_MAX_BYTES, Limits
from sandbox.outcomes import Collector
from sandbox.process import ConfinedProcess
from sandbox.runner import run_program
from tests.sandbox.conftest import Run

# Never ends by itself, and uses no processor.
WAITS = "setInterval(() => {}, 50)"


def wait_for(is_true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "input_value", "message"),
    [
        ("1" * (CODE_MAX_BYTES + 1), None, "The code has 65,537 bytes"),
        ("'\ud800'", None, "unpaired surrogate"),
        ("1", "x" * INPUT_MAX_BYTES, "input is too large"),
    ],
    ids=["code", "surrogate", "input"],
)
def test_what_is_too_large_is_refused_before_anything_starts(
    code: str, input_value: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run_program(code, input_value=input_value)


def test_the_largest_program_and_input_run(run: Run) -> None:
    code = "input.length".ljust(CODE_MAX_BYTES)
    assert run(code, input_value="x" * (INPUT_MAX_BYTES - 2)).value == INPUT_MAX_BYTES - 2


def test_a_stopped_program_leaves_no_process_or_descriptor(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("1")  # compiles the engine
    gc.collect()
    before = set(Path("/proc/self/fd").iterdir())
    pids: list[int] = []
    enter = ConfinedProcess.__enter__

    def remember(self: ConfinedProcess) -> ConfinedProcess:
        pids.append(self.pid)
        return enter(self)

    monkeypatch.setattr(ConfinedProcess, "__enter__", remember)
    started_s = time.monotonic()
    with pytest.raises(ProgramStoppedError):
        run(WAITS, should_stop=lambda: time.monotonic() > started_s + 0.5)
    assert set(Path("/proc/self/fd").iterdir()) == before
    [pid] = pids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_programs_wait_for_a_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_places", threading.BoundedSemaphore(1))
    is_over = threading.Event()
    is_started = threading.Event()

    def should_stop() -> bool:
        is_started.set()
        return is_over.is_set()

    def run_first() -> None:
        with pytest.raises(ProgramStoppedError):
            run(WAITS, should_stop=should_stop)

    first = threading.Thread(target=run_first)
    first.start()
    assert is_started.wait(30)
    with pytest.raises(ProgramStoppedError):
        run("1", should_stop=lambda: True)
    is_over.set()
    first.join()
    assert run("1").value == 1


def as_child(monkeypatch: pytest.MonkeyPatch, statements: str) -> None:
    """Makes other statements run in place of the confined process's."""
    real = process._python
    monkeypatch.setattr(process, "_python", lambda _: real(f"import os, time; {statements}"))


READY = "os.write(1, b'{\"ready\": true}\\n'); "


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ("os._exit(3)", "did not start"),
        (READY + "os.write(1, b'nonsense\\n')", "malformed report"),
        (READY + "os.write(1, b'[' * 100_000 + b'\\n')", "malformed report"),
        (READY + 'os.write(1, b\'{"stream": 3, "text": "x"}\\n\')', "malformed report"),
        (
            READY + 'os.write(1, b\'{"end": {"outcome": "1", "duration_s": 1}}\\n\')',
            "malformed value",
        ),
        (READY + 'os.write(1, b\'{"end": {"error": {}, "duration_s": 1}}\\n\')', "malformed error"),
        (READY + "os.write(1, b'{\"end\": {}}\\n')", "malformed report"),
        (READY + 'os.write(1, b\'{"end": {"duration_s": NaN}}\\n\')', "malformed report"),
        (READY + 'os.write(1, b\'{"end": {"duration_s": 1}}\\n\')', "malformed value"),
        (
            READY + "[os.write(1, b'{\"ready\": true}\\n' * 1000) for _ in range(10_000)]",
            "too much",
        ),
    ],
)
def test_a_process_that_misbehaves_is_an_error_of_ours(
    run: Run, monkeypatch: pytest.MonkeyPatch, statements: str, message: str
) -> None:
    process.compiled_guest()
    as_child(monkeypatch, statements)
    with pytest.raises(SandboxFailedError, match=message):
        run("1")


def test_a_process_that_refuses_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    process.compiled_guest()
    as_child(monkeypatch, 'os.write(1, b\'{"refused": "no Landlock"}\\n\')')
    with pytest.raises(SandboxUnavailableError, match="no Landlock"):
        run("1")


@pytest.mark.parametrize(
    ("statements", "error"),
    [
        ("time.sleep(60)", "TimeLimitError"),
        (f"os.kill(os.getpid(), {signal.SIGXCPU:d})", "TimeLimitError"),
        ("os.abort()", "MemoryLimitError"),
        ("os._exit(1)", "MemoryLimitError"),
    ],
)
def test_a_process_without_a_last_report_is_explained(
    run: Run, monkeypatch: pytest.MonkeyPatch, statements: str, error: str
) -> None:
    process.compiled_guest()
    monkeypatch.setattr(runner, "GRACE_S", 0.1)
    as_child(monkeypatch, READY + 'os.write(1, b\'{"stream": 1, "text": "x"}\\n\'); ' + statements)
    outcome = run("1", limits=Limits(wall_s=0.2))
    assert outcome.error
    assert (outcome.error.name, outcome.stdout) == (error, "x")


def test_output_is_bounded_here_too() -> None:
    collector = Collector(Limits(output_max_chars=10))
    for _ in range(100):
        collector.add(b'{"stream": 1, "text": "0123456789"}')
    assert len(collector.outcome(0.0, ("X", "x")).stdout) == 110


def test_the_compiled_engine_cannot_be_changed(confinement: None) -> None:
    descriptor = process.compiled_guest()
    for change in (
        lambda: os.pwrite(descriptor, b"x", 0),
        lambda: os.ftruncate(descriptor, 0),
    ):
        with pytest.raises(PermissionError):
            change()


def test_programs_are_measured(run: Run, measured: Callable[[str], float]) -> None:
    run("1")
    run("throw 1")
    assert (measured("ended"), measured("failed")) == (1, 1)
    assert REGISTRY.get_sample_value("tallyroom_programs_running") == 0


@pytest.fixture
def measured() -> Callable[[str], float]:
    def count(outcome: str) -> float:
        name = "tallyroom_program_seconds_count"
        return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0

    before = {outcome: count(outcome) for outcome in ("ended", "failed")}
    return lambda outcome: count(outcome) - before[outcome]


def test_a_program_dies_with_its_server(confinement: None) -> None:
    statements = f"""
import sys
sys.path.insert(0, {str(Path(runner.__file__).parent.parent)!r})
from sandbox.process import ConfinedProcess
from sandbox.runner import run_program
enter = ConfinedProcess.__enter__
ConfinedProcess.__enter__ = lambda self: print(self.pid, flush=True) or enter(self)
run_program({WAITS!r})
"""
    with subprocess.Popen([sys.executable, "-c", statements], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        status = Path(f"/proc/{int(server.stdout.readline())}/status")
        # Confined, which is the state after it has asked for the signal.
        wait_for(lambda: "Seccomp:\t2" in status.read_text())
        server.kill()
    wait_for(lambda: not status.exists())

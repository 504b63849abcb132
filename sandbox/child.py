"""The process that runs one program: ``child.main()``, started by :mod:`sandbox.runner`.

Reads the request from standard input and writes reports to standard output, one JSON object in each
line: ``{"ready": true}`` when confined or ``{"refused": reason}``, ``{"stream": 1, "text": …}`` for
output, ``{"end": …}``.
"""

import contextlib
import json
import os
import sys
import time
from typing import Any

from sandbox.confinement import CannotConfineError, confine
from sandbox.engine import Guest, OutOfTimeError, ProgramFailedError, load_guest
from sandbox.limits import Limits


class Reports:
    """Writes reports, with a bound on the text of each stream."""

    def __init__(self) -> None:
        # Away from the standard descriptors, which the WebAssembly instance could write to.
        self._descriptor = os.dup(1)
        nothing = os.open("/dev/null", os.O_RDWR)
        os.dup2(nothing, 1)
        os.close(nothing)
        self._rest = {1: 0, 2: 0}
        self._dropped = {1: 0, 2: 0}

    def bound(self, max_chars: int) -> None:
        self._rest = {1: max_chars, 2: max_chars}

    def send(self, **report: Any) -> None:
        content = memoryview(json.dumps(report).encode() + b"\n")
        while content:
            content = content[os.write(self._descriptor, content) :]

    def print(self, stream: int, text: str) -> None:
        size = count_chars(text)
        if size <= self._rest[stream]:
            self._rest[stream] -= size
            self.send(stream=stream, text=text)
            return
        kept = _cut(text, self._rest[stream])
        self._dropped[stream] += len(text) - len(kept)
        self._rest[stream] = 0
        if kept:
            self.send(stream=stream, text=kept)

    def print_notes(self) -> None:
        """Say how much was left out."""
        for stream, dropped in self._dropped.items():
            if dropped:
                note = f"\n[{dropped:,} more characters were left out]\n"
                self.send(stream=stream, text=note)


def count_chars(text: str) -> int:
    """Count UTF-16 units, as JavaScript does."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, max_chars: int) -> str:
    """Return the beginning of ``text``, without half a character at its end."""
    return text.encode("utf-16-le")[: 2 * max_chars].decode("utf-16-le", "ignore")


def main(guest: int) -> None:
    """Run the program that standard input describes; ``guest`` is the descriptor of the engine."""
    reports = Reports()
    load_guest(f"/proc/self/fd/{guest}")
    os.close(guest)
    request = json.loads(sys.stdin.buffer.read())
    limits = Limits(**request["limits"])
    _warm_up(limits)
    reports.bound(limits.output_max_chars)
    try:
        confine(limits)
    except CannotConfineError as error:
        reports.send(refused=str(error))
        return
    reports.send(ready=True)
    started_s = time.perf_counter()
    end = _run(request["code"], request["input"], limits, reports)
    end["duration_s"] = time.perf_counter() - started_s
    reports.print_notes()
    reports.send(end=end)
    # Without Python's cleaning up, which needs more system calls.
    os._exit(0)


def _warm_up(limits: Limits) -> None:
    """Run programs of our own, so that Python has loaded all modules before it is confined."""
    for code in ("console.log('x'); await 1", "throw new Error('x')", "let let"):
        with contextlib.suppress(ProgramFailedError):
            Guest(limits, _discard).run(code, "null")


def _discard(_stream: int, text: str) -> None:
    _cut(text, count_chars(text))


def _run(code: str, input_json: str, limits: Limits, reports: Reports) -> dict[str, Any]:
    try:
        return {"outcome": Guest(limits, reports.print).run(code, input_json)}
    except ProgramFailedError as error:
        return {"error": {"name": error.name, "message": error.message, "stack": error.stack}}
    except OutOfTimeError:
        return {"is_out_of_time": True}
    except MemoryError:
        return {"is_out_of_memory": True}

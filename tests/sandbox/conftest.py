"""Runs programs with tight limits, and statements of Python in the confined process."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.confinement import explain_unavailable
from sandbox.errors import SandboxUnavailableError
from sandbox.limits import Limits
from sandbox.outcomes import Outcome
from sandbox.process import ConfinedProcess
from sandbox.runner import run_program

# Enough for every program that ends by itself, also on a busy machine.
LIMITS = Limits(cpu_s=1.0, wall_s=30.0)

Run = Callable[..., Outcome]
Probe = Callable[..., Any]


@pytest.fixture
def confinement() -> None:
    """Where the machine cannot confine programs, checks that none runs, and says so.

    Under CI=true that is a failure, as nothing may be left out there.
    """
    reason = explain_unavailable()
    if reason is None:
        return
    with pytest.raises(SandboxUnavailableError, match=reason[:20]):
        run_program("1")
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"this machine cannot confine programs: {reason}")
    pytest.skip(f"checked only that programs are refused on this machine: {reason}")


@pytest.fixture
def run(confinement: None) -> Run:
    def run(code: str, **options: Any) -> Outcome:
        return run_program(code, **{"limits": LIMITS, **options})

    return run


@pytest.fixture
def probe(confinement: None) -> Probe:
    """Runs ``first``, confines the process, runs statements that set ``result``, returns that."""

    def probe(statements: str, *, first: str = "", limits: Limits = LIMITS) -> Any:
        confined = f"""
import ctypes, errno, json, os, resource, signal, socket, sys, threading, time
from sandbox import confinement
from sandbox.limits import Limits
{first}
confinement.confine(Limits(memory_bytes={limits.memory_bytes}))
{statements}
os.write(1, (json.dumps(result) + chr(10)).encode())
os._exit(0)
"""
        with ConfinedProcess(confined, b"") as process:
            lines: list[bytes] = []
            while not process.has_ended:
                lines += process.read_lines(10)
            assert lines, (process.wait(1), process.read_stderr())
        return json.loads(lines[0])

    return probe

"""Failures in the hub's tasks are logged and counted, and the tasks continue."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest
from django.db import OperationalError, ProgrammingError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from apikit.actors import visitor
from realtime import convergence
from realtime.backlog import Backlog
from realtime.connection import Connection
from realtime.convergence import PeriodicTask, _run_periodically, converge
from realtime.events import MAIN_PROTOCOL
from realtime.fan_out import FanOut, Pace
from realtime.frames import Frame
from realtime.hub import Hub
from realtime.transport import Transport
from tests.realtime.conftest import eventually
from tests.realtime.test_connection import Client
from tests.realtime.test_fan_out import Remark


def failures(work: str) -> float:
    labels = {"work": work}
    return REGISTRY.get_sample_value("tallyroom_background_failures_total", labels) or 0.0


class Failing:
    """Fails the first time it is called."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def __call__(self, *_: Any) -> None:
        self.calls += 1
        if self.calls == 1:
            raise self.error


@pytest.mark.parametrize(
    ("error", "has_traceback"),
    [
        (ZeroDivisionError(), True),
        (ProgrammingError("no such column"), True),
        (OperationalError("away"), False),
    ],
)
async def test_a_periodic_task_that_fails_is_reported_and_runs_again(
    error: Exception, has_traceback: bool
) -> None:
    failing = Failing(error)

    async def some_task(_: Hub) -> None:
        failing()

    name = some_task.__qualname__
    before = failures(name)
    with capture_logs() as logs:
        hub: Any = None
        task = asyncio.create_task(_run_periodically(hub, PeriodicTask(0.001, some_task)))
        await eventually(lambda: failing.calls > 1, "a second run")
        task.cancel()
    [logged] = logs
    assert (logged["event"], logged["work"]) == ("put off", name)
    assert ("exc_info" in logged) == has_traceback
    assert failures(name) == before + 1


@pytest.mark.parametrize("step", ["repeat", "measure"])
async def test_convergence_survives_a_failing_step(
    monkeypatch: pytest.MonkeyPatch, step: str, settings: Any
) -> None:
    settings.WS_REPEAT_SECONDS = 0
    monkeypatch.setattr(convergence, "INTERVAL_S", 0.001)
    failing = Failing(ZeroDivisionError())
    calls: dict[str, Callable[..., None]] = {"repeat": lambda: None, "measure": lambda _: None}
    calls[step] = failing

    class StandIn:
        connections = (_Idle(),)
        topics: dict[str, Any] = {}
        backlog = type("Backlog", (), {"measure": staticmethod(calls["measure"])})
        logs = SimpleNamespace(read_heads=AsyncMock())
        repeat = staticmethod(calls["repeat"])
        now_s = staticmethod(asyncio.get_running_loop().time)

    hub: Any = StandIn()
    with capture_logs() as logs:
        task = asyncio.create_task(converge(hub))
        await eventually(lambda: failing.calls > 1, "a second pass")
        task.cancel()
    assert [each["event"] for each in logs] == ["put off"]


async def test_a_failing_socket_writer_is_reported() -> None:
    class Broken(Client):
        async def take_text(self, text: str) -> None:
            await asyncio.sleep(0)
            raise ZeroDivisionError

    client = Broken()
    transport = Transport(client.take_text, client.take_close, client.abort)
    before = failures("socket_writer")
    with capture_logs() as logs:
        connection = Connection(Backlog(), transport, visitor(), MAIN_PROTOCOL)
        connection.push(Frame("text"))
        await eventually(lambda: failures("socket_writer") > before, "a report")
    assert [each["event"] for each in logs] == ["frames not written to a socket"]


async def test_a_failing_fan_out_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a bug in writing; a socket that fails is dropped, see test_fan_out."""
    before = failures("fan_out")
    monkeypatch.setattr(FanOut, "_write", Failing(ZeroDivisionError()))
    subscribers = {cast(Connection, object())}
    with capture_logs() as logs:
        FanOut("topic", subscribers, asyncio.get_running_loop(), Pace()).add(Remark(number=1))
        await eventually(lambda: failures("fan_out") > before, "a report")
    assert [each["event"] for each in logs] == ["events not written to sockets"]


class _Idle:
    def abort_if_stalled(self, now_s: float) -> None: ...
    def close_if_idle(self, now_s: float) -> None: ...

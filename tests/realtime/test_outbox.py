"""Publishing without a hub does not wait for the channel layer."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from apikit.background import BackgroundQueue
from realtime import outbox, running
from realtime.events import ProcessEvent
from tests.sockets import PATIENCE_S

pytestmark = pytest.mark.both


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(ProcessEvent):
    name: ClassVar[str] = "remark"
    number: int


class Layer:
    """A channel layer that answers when ``may_answer`` is set."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.may_answer = threading.Event()
        self.failures: list[Exception] = []

    async def group_send(self, _group: str, message: dict[str, Any]) -> None:
        self.may_answer.wait(PATIENCE_S)
        if self.failures:
            raise self.failures.pop()
        self.sent.append(message["fields"]["number"])


Outbox = BackgroundQueue[Any]


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Layer]:
    layer = Layer()
    monkeypatch.setattr(outbox, "get_layer", lambda: layer)
    yield layer
    layer.may_answer.set()


@pytest.fixture
def own_outbox(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    own = outbox.make_outbox()
    monkeypatch.setattr(outbox, "_outbox", lambda: own)
    monkeypatch.setattr(running, "_running", None)
    return own


def test_publishing_without_a_hub_does_not_wait_for_the_layer(
    own_outbox: Outbox, layer: Layer
) -> None:
    for number in (1, 2, 3):
        running.publish("topic", Remark(number=number))
    # publish() returned although the layer has not answered.
    assert layer.sent == []
    layer.may_answer.set()
    own_outbox.flush(PATIENCE_S)
    assert layer.sent == [1, 2, 3]


async def test_publishing_without_a_hub_works_on_an_event_loop(
    own_outbox: Outbox, layer: Layer
) -> None:
    running.publish("topic", Remark(number=1))
    layer.may_answer.set()
    own_outbox.flush(PATIENCE_S)
    assert layer.sent == [1]


@pytest.mark.parametrize("failure", [RedisConnectionError("away"), ZeroDivisionError()])
def test_a_failed_send_is_logged_and_the_next_event_is_sent(
    own_outbox: Outbox, layer: Layer, failure: Exception
) -> None:
    layer.failures.append(failure)
    layer.may_answer.set()
    with capture_logs() as logs:
        for number in (1, 2):
            own_outbox.put(("topic", Remark(number=number)))
        own_outbox.flush(PATIENCE_S)
    assert layer.sent == [2]
    assert len(logs) == 1


def test_events_beyond_the_bound_are_dropped(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_QUEUED", 2)
    own = outbox.make_outbox()
    with capture_logs() as logs:
        for number in range(10):
            own.put(("topic", Remark(number=number)))
    # The layer may already have one.
    assert len(logs) in {7, 8}
    layer.may_answer.set()
    own.flush(PATIENCE_S)

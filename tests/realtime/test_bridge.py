"""The channel layer bridge, on a layer that can be made to fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from realtime import bridge
from realtime.bridge import ChannelLayerBridge
from realtime.events import ProcessEvent, StateEvent
from tests.realtime.conftest import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(StateEvent):
    name: ClassVar[str] = "level"
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(ProcessEvent):
    name: ClassVar[str] = "remark"
    number: int


class Layer:
    """Records what is sent. While it is down, calls that need an answer of its server fail."""

    def __init__(self) -> None:
        self.is_up = True
        self.groups: set[str] = set()
        self.sent: list[tuple[str, int]] = []
        self.attempts = 0

    async def new_channel(self) -> str:
        return "channel"

    async def group_add(self, group: str, _channel: str) -> None:
        self._answer()
        self.groups.add(group)

    async def group_discard(self, group: str, _channel: str) -> None:
        self._answer()
        self.groups.discard(group)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._answer()
        if message["type"] == "hub.event":
            [number] = message["fields"].values()
            self.sent.append((message["name"], number))

    async def receive(self, _channel: str) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    def _answer(self) -> None:
        self.attempts += 1
        if not self.is_up:
            raise RedisConnectionError("away")


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    layer = Layer()
    monkeypatch.setattr(bridge, "get_layer", lambda: layer)
    monkeypatch.setattr(bridge, "RETRY_AFTER_S", 0.01)
    return layer


@pytest.fixture
async def idle_bridge(layer: Layer) -> ChannelLayerBridge:
    """A bridge whose background tasks do not run."""
    return ChannelLayerBridge("here", lambda _topic, _event: None)


@pytest.fixture
async def running_bridge(idle_bridge: ChannelLayerBridge) -> AsyncIterator[ChannelLayerBridge]:
    tasks = [asyncio.create_task(task()) for task in idle_bridge.background_tasks()]
    yield idle_bridge
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


# Sending


async def test_states_of_a_slot_are_throttled(
    running_bridge: ChannelLayerBridge, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is sent at once, the newest after the interval, and none in between."""
    ends: list[Callable[[], None]] = []

    def keep(_seconds: float, end_throttle: Callable[..., None], *key: Any) -> None:
        ends.append(partial(end_throttle, *key))

    monkeypatch.setattr(running_bridge, "_loop", SimpleNamespace(call_later=keep))
    for order in (1, 2, 3, 4):
        running_bridge.send("topic", Level(order=order))
        # Other events are not throttled; this one shows that the state before it is.
        running_bridge.send("topic", Remark(number=order))
        await settle()
    assert layer.sent == [
        ("remark", 1), ("level", 1), ("remark", 2), ("remark", 3), ("remark", 4),
    ]  # fmt: skip
    [end_throttle] = ends
    end_throttle()
    await settle()
    assert layer.sent[5:] == [("level", 4)]


async def test_an_older_state_does_not_replace_a_newer_one(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    for order in (2, 3, 1):
        running_bridge.send("topic", Level(order=order))
    await settle()
    assert layer.sent == [("level", 3)]


async def test_a_state_that_could_not_be_sent_does_not_replace_a_newer_one(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    layer.is_up = False
    running_bridge.send("topic", Level(order=1))
    await eventually(lambda: layer.attempts > 0)
    running_bridge.send("topic", Level(order=2))
    await eventually(lambda: layer.attempts > 2)
    layer.is_up = True
    await eventually(lambda: bool(layer.sent))
    assert layer.sent == [("level", 2)]


async def test_unsent_events_are_sent_later_in_order(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    layer.is_up = False
    for number in (1, 2):
        running_bridge.send("topic", Remark(number=number))
    await eventually(lambda: layer.attempts > 2)
    layer.is_up = True
    await eventually(lambda: len(layer.sent) == 2)
    assert layer.sent == [("remark", 1), ("remark", 2)]


# Groups


async def test_a_failed_join_is_retried_until_the_layer_is_back(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    layer.is_up = False
    running_bridge.subscribe("topic")
    await eventually(lambda: layer.attempts > 0)
    layer.is_up = True
    await eventually(lambda: layer.groups == {"topic"}, "the topic is joined")


async def test_a_topic_whose_leave_failed_is_no_longer_joined(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    running_bridge.subscribe("topic")
    await eventually(lambda: layer.groups == {"topic"})
    layer.is_up = False
    running_bridge.unsubscribe("topic")
    await eventually(lambda: layer.attempts > 1)
    assert not running_bridge._joined


# Logs


async def test_recovery_is_logged_only_after_the_layer_answers(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    with capture_logs() as logs:
        layer.is_up = False
        running_bridge.send("topic", Remark(number=1))
        await eventually(lambda: bool(logs))
        # Each pair cancels out, so the layer is not called.
        for _ in range(3):
            running_bridge.subscribe("topic")
            running_bridge.unsubscribe("topic")
            await asyncio.sleep(0.03)
        assert [each["event"] for each in logs] == ["channel layer does not answer"]
        layer.is_up = True
        await eventually(lambda: len(logs) == 2)
    assert logs[1]["event"] == "channel layer answers again"


async def test_joining_a_group_does_not_count_as_recovery(
    running_bridge: ChannelLayerBridge, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joining writes to a connection that may be dead, and does not wait for an answer."""

    async def write(group: str, _channel: str) -> None:
        layer.groups.add(group)

    monkeypatch.setattr(layer, "group_add", write)
    with capture_logs() as logs:
        layer.is_up = False
        running_bridge.send("topic", Remark(number=1))
        await eventually(lambda: bool(logs))
        running_bridge.subscribe("topic")
        await eventually(lambda: layer.groups == {"topic"})
        await asyncio.sleep(0.05)
        assert [each["event"] for each in logs] == ["channel layer does not answer"]


async def test_recovery_is_noticed_without_events_to_send(
    running_bridge: ChannelLayerBridge, layer: Layer
) -> None:
    with capture_logs() as logs:
        layer.is_up = False
        running_bridge.subscribe("topic")
        await eventually(lambda: bool(logs))
        layer.is_up = True
        await eventually(lambda: len(logs) == 2)
    assert logs[1]["event"] == "channel layer answers again"

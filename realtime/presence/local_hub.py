"""What presence needs of the hub."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Protocol
from uuid import UUID

from realtime.connection import Connection
from realtime.events import Event
from realtime.fan_out import Topic


class Bridge(Protocol):
    """See :class:`realtime.bridge.ChannelLayerBridge`."""

    @property
    def is_up(self) -> bool: ...

    async def send_last(self, topic: str, event: Event) -> None: ...


class LocalHub(Protocol):
    """See :class:`realtime.hub.Hub`."""

    @property
    def id(self) -> str: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def bridge(self) -> Bridge: ...

    @property
    def topics(self) -> Mapping[str, Topic]: ...

    @property
    def now_s(self) -> Callable[[], float]: ...

    def deliver(self, topic: str, event: Event) -> None: ...

    def send_to_others(self, topic: str, event: Event) -> None: ...

    def connections_of(self, user_id: UUID) -> Collection[Connection]: ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...

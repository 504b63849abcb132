"""States that are written as the change from the state before, where the client has that."""

from typing import Protocol

from realtime.events import Event, StateEvent
from realtime.frames import EncodedEvent, Frame


class StateReceiver(Protocol):
    """See :class:`realtime.connection.Connection`.

    ``known_orders`` holds, by topic and slot, the order of the last state that was pushed.
    """

    @property
    def protocol(self) -> str: ...

    @property
    def known_orders(self) -> dict[tuple[str, str], int]: ...

    def has_waiting_state(self, topic: str, slot: str) -> bool: ...

    def push_state(self, topic: str, slot: str, frame: Frame) -> None: ...


class Step:
    """A state of a topic, and the ``change`` that leads to it from the state of order ``base``.

    Both are encoded once for all clients, if any needs them.
    """

    __slots__ = ("_base", "_change", "_slot", "_whole", "order")

    def __init__(self, state: StateEvent, *, base: int | None, change: Event | None) -> None:
        self.order = state.order
        self._slot = state.slot
        self._base = base
        self._whole = EncodedEvent(state)
        self._change = None if change is None else EncodedEvent(change)

    def push(self, topic: str, connection: StateReceiver) -> None:
        """Writes the change to a client that has been written the state before.

        All others are written the whole state, which replaces one that still waits for them. So
        each client ends with the newest state, however slowly it reads.
        """
        key = (topic, self._slot)
        known = connection.known_orders.get(key)
        if known is not None and known >= self.order:
            return
        has_base = known == self._base and not connection.has_waiting_state(*key)
        encoded = self._change if self._change is not None and has_base else self._whole
        frame = encoded.frame(connection.protocol)
        if frame is not None:
            connection.known_orders[key] = self.order
            connection.push_state(topic, self._slot, frame)

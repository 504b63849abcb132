"""Bounds the bytes that the sockets of a process send and keep waiting, per address and in total.

What waits in the queues of connections is counted as it comes and goes. What waits in the
buffers of the server is read once a second (:meth:`Backlog.measure`). Above a bound the sockets
that hold the most are dropped.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from realtime.metrics import BACKLOG

if TYPE_CHECKING:
    from realtime.connection import Connection

log = structlog.get_logger(__name__)

# Dropping goes on down to this share of the bound, so that it is rarely necessary.
RELIEF = 0.75
# Frames up to this size are free; those of our own clients are.
SMALL_FRAME_BYTES = 1024
# How much of its budget an address that was quiet may use at once.
BURST_S = 2.0


class _Address:
    """The sockets of one client address, and the bytes that wait for them."""

    __slots__ = ("connections", "paid_until_s", "waiting_bytes")

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.waiting_bytes = 0
        # Until when its large frames have used up what it may send.
        self.paid_until_s = 0.0


class Backlog:
    """All attached connections by address. Lives on the hub's event loop."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self._addresses: dict[str, _Address] = {}

    def count(self, address: str) -> int:
        """How many sockets ``address`` has open in this process."""
        known = self._addresses.get(address)
        return len(known.connections) if known else 0

    def has_room(self, address: str) -> bool:
        """Whether ``address`` may open one more socket, and leave room for others."""
        share = settings.WS_MAX_SOCKETS * settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT // 100
        # Without an address nobody knows how many clients these are.
        return not address or self.count(address) < max(1, share)

    def attach(self, connection: "Connection") -> None:
        """Begins to count what waits for ``connection``."""
        self._addresses.setdefault(connection.address, _Address()).connections.add(connection)
        self._count(connection, connection.held_bytes)

    def detach(self, connection: "Connection") -> None:
        """Stops counting it."""
        known = self._addresses.get(connection.address)
        if known is None or connection not in known.connections:
            return
        self._count(connection, -connection.held_bytes)
        known.connections.discard(connection)
        if not known.connections:
            del self._addresses[connection.address]

    def change(self, connection: "Connection", difference: int) -> None:
        """Counts ``difference`` bytes more or less for ``connection``; may drop some sockets."""
        known = self._addresses.get(connection.address)
        if known is None or connection not in known.connections:
            return
        self._count(connection, difference)
        if difference > 0:
            self._enforce(connection.address)

    def input_delay_s(self, connection: "Connection", size_bytes: int, now_s: float) -> float:
        """How long a received frame has to wait before it is handled; 0 for small ones.

        The large frames of one address share a budget, with bursts of twice its rate. Small ones,
        as votes and joins are, never wait: a whole hall may share one address.
        """
        known = self._addresses.get(connection.address)
        if size_bytes <= SMALL_FRAME_BYTES or known is None or not connection.address:
            return 0.0
        cost_s = size_bytes / settings.WS_MAX_BYTES_PER_SECOND_PER_ADDRESS
        known.paid_until_s = max(known.paid_until_s, now_s - BURST_S) + cost_s
        return max(0.0, known.paid_until_s - now_s)

    def measure(self, connections: "Collection[Connection]") -> None:
        """Counts anew what the server's own buffers hold for ``connections``."""
        for connection in connections:
            difference = connection.measure_buffers()
            if difference:
                self.change(connection, difference)
        BACKLOG.set(self.total_bytes)

    def _count(self, connection: "Connection", difference: int) -> None:
        self._addresses[connection.address].waiting_bytes += difference
        self.total_bytes += difference

    def _enforce(self, address: str) -> None:
        known = self._addresses[address]
        bound = settings.WS_MAX_QUEUED_BYTES_PER_ADDRESS
        if address and known.waiting_bytes > bound:
            _shed(known.connections, known.waiting_bytes - int(bound * RELIEF), address)
        bound = settings.WS_MAX_QUEUED_BYTES_PER_PROCESS
        if self.total_bytes > bound:
            everybody = [each for some in self._addresses.values() for each in some.connections]
            _shed(everybody, self.total_bytes - int(bound * RELIEF), "")


def _shed(connections: "Collection[Connection]", excess_bytes: int, address: str) -> None:
    """Drops those that hold the most until ``excess_bytes`` are free."""
    dropped = 0
    for connection in sorted(connections, key=lambda each: each.held_bytes, reverse=True):
        if excess_bytes <= 0 or not connection.held_bytes:
            break
        excess_bytes -= connection.held_bytes
        connection.drop("backlog")
        dropped += 1
    log.warning("sockets dropped: too many bytes wait for them", count=dropped, address=address)

"""Bounds the bytes that sockets send and leave waiting, per client address and per process.

Frames queued for a connection are counted as they come and go; the server's own buffers are read
once a second (:meth:`Backlog.measure`). Above a bound, the sockets that hold the most are dropped.
"""

from collections.abc import Collection, Hashable
from typing import Protocol

import structlog
from django.conf import settings

from realtime.metrics import BACKLOG

log = structlog.get_logger(__name__)

# Sockets are dropped until this share of the bound is left, so that it rarely happens.
TARGET_SHARE = 0.75
# Frames up to this size are not limited. Our own clients send no larger ones.
SMALL_FRAME_BYTES = 1024
# Large replies of a socket that are not charged to its address: enough to join many polls, so that
# a room behind one address can join at the same time.
FREE_REPLY_BYTES = 65_536
# How many seconds of its budget an address may use at once after a quiet time.
BURST_S = 2.0


class BufferedSocket(Hashable, Protocol):
    """What the backlog needs of a connection."""

    @property
    def address(self) -> str: ...

    @property
    def held_bytes(self) -> int: ...

    def take_unpaid_bytes(self) -> int: ...

    def measure_buffers(self) -> int: ...

    def drop(self, reason: str) -> None: ...


class _Address:
    """The sockets of one client address, and the bytes waiting for them."""

    __slots__ = ("connections", "paid_until_s", "waiting_bytes")

    def __init__(self) -> None:
        self.connections: set[BufferedSocket] = set()
        self.waiting_bytes = 0
        # Until when its large frames have used up its budget.
        self.paid_until_s = 0.0


class Backlog:
    """All attached connections, by address. Lives on the hub's event loop."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self._addresses: dict[str, _Address] = {}

    def count(self, address: str) -> int:
        """Returns the number of open sockets of ``address`` in this process."""
        known = self._addresses.get(address)
        return len(known.connections) if known else 0

    def has_room(self, address: str) -> bool:
        """Whether ``address`` may open one more socket, so that others have room too."""
        share = settings.WS_MAX_SOCKETS * settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT // 100
        # Sockets without an address may belong to any number of clients.
        return not address or self.count(address) < max(1, share)

    def attach(self, connection: BufferedSocket) -> None:
        """Starts counting the bytes that wait for ``connection``."""
        self._addresses.setdefault(connection.address, _Address()).connections.add(connection)
        self._count(connection, connection.held_bytes)

    def detach(self, connection: BufferedSocket) -> None:
        """Stops counting them."""
        known = self._addresses.get(connection.address)
        if known is None or connection not in known.connections:
            return
        self._count(connection, -connection.held_bytes)
        known.connections.discard(connection)
        if not known.connections:
            del self._addresses[connection.address]

    def change(self, connection: BufferedSocket, difference: int) -> None:
        """Adds ``difference`` bytes for ``connection``; may drop sockets."""
        known = self._addresses.get(connection.address)
        if known is None or connection not in known.connections:
            return
        self._count(connection, difference)
        if difference > 0:
            self._enforce(connection.address)

    def input_delay_s(self, connection: BufferedSocket, size_bytes: int, now_s: float) -> float:
        """Returns how long a received frame must wait before it is handled.

        The large frames of one address share a budget, with bursts of twice its rate, and so do
        the large replies to sockets that ask for many. Small frames, such as votes and joins,
        never wait: everyone in a room may share one address.
        """
        known = self._addresses.get(connection.address)
        cost_bytes = connection.take_unpaid_bytes()
        if size_bytes > SMALL_FRAME_BYTES:
            cost_bytes += size_bytes
        if not cost_bytes or known is None or not connection.address:
            return 0.0
        cost_s = cost_bytes / settings.WS_MAX_BYTES_PER_SECOND_PER_ADDRESS
        known.paid_until_s = max(known.paid_until_s, now_s - BURST_S) + cost_s
        return max(0.0, known.paid_until_s - now_s)

    def measure(self, connections: Collection[BufferedSocket]) -> None:
        """Updates the counts with the server's own buffers for ``connections``."""
        for connection in connections:
            difference = connection.measure_buffers()
            if difference:
                self.change(connection, difference)
        BACKLOG.set(self.total_bytes)

    def _count(self, connection: BufferedSocket, difference: int) -> None:
        self._addresses[connection.address].waiting_bytes += difference
        self.total_bytes += difference

    def _enforce(self, address: str) -> None:
        known = self._addresses[address]
        bound = settings.WS_MAX_QUEUED_BYTES_PER_ADDRESS
        if address and known.waiting_bytes > bound:
            _shed(known.connections, known.waiting_bytes - int(bound * TARGET_SHARE), address)
        bound = settings.WS_MAX_QUEUED_BYTES_PER_PROCESS
        if self.total_bytes > bound:
            everybody = [each for some in self._addresses.values() for each in some.connections]
            _shed(everybody, self.total_bytes - int(bound * TARGET_SHARE), "")


def _shed(connections: Collection[BufferedSocket], excess_bytes: int, address: str) -> None:
    """Drops the sockets that hold the most until ``excess_bytes`` are free."""
    dropped = 0
    for connection in sorted(connections, key=lambda each: each.held_bytes, reverse=True):
        if excess_bytes <= 0 or not connection.held_bytes:
            break
        excess_bytes -= connection.held_bytes
        connection.drop("backlog")
        dropped += 1
    log.warning("sockets dropped: too many bytes waiting", count=dropped, address=address)

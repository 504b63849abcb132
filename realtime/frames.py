"""WebSocket text frames, encoded once for all sockets that get them."""

from apikit.background import report_failure
from apikit.wire import encode
from realtime.events import Event, SequencedEvent, StateEvent

# Memory of a queued frame besides its bytes: an entry in a queue or dictionary.
OVERHEAD_BYTES = 256


class Frame:
    """A complete text frame.

    ``cost_bytes`` is the memory that one more socket takes by queueing it: the whole frame, or
    only the overhead if the frame ``is_shared`` by all sockets of the process.
    """

    __slots__ = ("_start", "cost_bytes", "data")

    def __init__(self, text: str, *, is_shared: bool = False) -> None:
        payload = text.encode()
        header = _frame_header(len(payload))
        self._start = len(header)
        self.data = header + payload
        self.cost_bytes = OVERHEAD_BYTES + (0 if is_shared else len(self.data))

    @property
    def text(self) -> str:
        """The payload, for servers that build frames themselves."""
        return self.data[self._start :].decode()


def _frame_header(size: int) -> bytes:
    """The header of a final, unmasked text frame (RFC 6455, section 5.2)."""
    if size < 126:
        return bytes((0x81, size))
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


class EncodedEvent:
    """An event, encoded once per protocol.

    ``slot`` is the slot of a state event, ``position`` that of an entry of a stored log; None for
    other events.
    """

    __slots__ = ("_frames", "_is_shared", "event", "position", "slot")

    def __init__(self, event: Event, *, is_shared: bool = True) -> None:
        self.event = event
        self.slot = event.slot if isinstance(event, StateEvent) else None
        self.position = event.position if isinstance(event, SequencedEvent) else None
        self._is_shared = is_shared
        self._frames: dict[str, Frame | None] = {}

    def frame(self, protocol: str) -> Frame | None:
        """Returns the frame for clients of ``protocol``; None if they get none.

        An event that cannot be encoded is logged once and skipped, so that later events are still
        written.
        """
        try:
            return self._frames[protocol]
        except KeyError:
            pass
        try:
            body = self.event.body(protocol)
            frame = None if body is None else Frame(encode(body), is_shared=self._is_shared)
        except Exception as error:  # noqa: BLE001 - outermost
            name = self.event.name
            report_failure(
                "encoding", error, "event not encoded", event_name=name, protocol=protocol
            )
            frame = None
        self._frames[protocol] = frame
        return frame

"""What is written to sockets: texts, each made into a WebSocket frame once."""

from apikit.background import report_failure
from apikit.wire import encode
from realtime.events import Event, StateEvent

# What a waiting frame takes besides its bytes: its place in a queue or a dictionary.
OVERHEAD_BYTES = 256


class Message:
    """A text as a finished frame.

    ``cost_bytes`` is the memory that one more socket takes by waiting for it: the whole frame, or
    next to nothing where the frame ``is_shared`` by all sockets of the process.
    """

    __slots__ = ("_start", "cost_bytes", "frame")

    def __init__(self, text: str, *, is_shared: bool = False) -> None:
        payload = text.encode()
        head = _frame_head(len(payload))
        self._start = len(head)
        self.frame = head + payload
        self.cost_bytes = OVERHEAD_BYTES + (0 if is_shared else len(self.frame))

    @property
    def text(self) -> str:
        """The text, for servers that make frames themselves."""
        return self.frame[self._start :].decode()


def _frame_head(size: int) -> bytes:
    """The head of a final, unmasked text frame (RFC 6455, section 5.2)."""
    if size < 126:
        return bytes((0x81, size))
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


class Frame:
    """An event, encoded once for each dialect that a socket of this process uses.

    ``slot`` is where a newer state replaces an older one; None for events that are no state.
    """

    __slots__ = ("_is_shared", "_messages", "event", "slot")

    def __init__(self, event: Event, *, is_shared: bool = True) -> None:
        self.event = event
        self.slot = event.slot if isinstance(event, StateEvent) else None
        self._is_shared = is_shared
        self._messages: dict[str, Message | None] = {}

    def message(self, dialect: str) -> Message | None:
        """What is written to a client of ``dialect``, if anything.

        An outermost place: an event that cannot be encoded is logged once and skipped, and the
        events after it are written.
        """
        try:
            return self._messages[dialect]
        except KeyError:
            pass
        try:
            body = self.event.body(dialect)
            message = None if body is None else Message(encode(body), is_shared=self._is_shared)
        except Exception as error:  # noqa: BLE001
            report_failure(
                "encoding", error, "event not encoded", event_name=self.event.name, dialect=dialect
            )
            message = None
        self._messages[dialect] = message
        return message

"""WebSocket text frames, encoded once for all sockets that get them."""

from apikit.background import report_failure
from apikit.wire import encode
from realtime.events import Event, SequencedEvent, StateEvent, is_socketio

# Memory of a queued frame besides its bytes: an entry in a queue or dictionary.
OVERHEAD_BYTES = 256
# Between the packets of a long-polling payload (Engine.IO, version 4). JSON text never contains it.
PACKET_SEPARATOR = "\x1e"


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


class PacketFrame(Frame):
    """Engine.IO packets that belong together, each of them a WebSocket text frame.

    ``text`` holds them as in a long-polling payload.
    """

    __slots__ = ("_packets",)

    def __init__(self, *packets: str, is_shared: bool = False) -> None:
        frames = [Frame(packet) for packet in packets]
        self._packets = PACKET_SEPARATOR.join(packets)
        self.data = b"".join(frame.data for frame in frames)
        self.cost_bytes = OVERHEAD_BYTES + (0 if is_shared else 2 * len(self.data))

    @property
    def text(self) -> str:
        return self._packets


def event_packet(name: str, payload: str) -> str:
    """Returns the Engine.IO packet of a Socket.IO event; ``payload`` is JSON."""
    return f'42["{name}",{payload}]'


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
            frame = self._encode(protocol)
        except Exception as error:  # noqa: BLE001 - outermost
            name = self.event.name
            report_failure(
                "encoding", error, "event not encoded", event_name=name, protocol=protocol
            )
            frame = None
        self._frames[protocol] = frame
        return frame

    def _encode(self, protocol: str) -> Frame | None:
        body = self.event.body(protocol)
        if body is None:
            return None
        text = encode(body)
        if not is_socketio(protocol):
            return Frame(text, is_shared=self._is_shared)
        packets = (event_packet(name, text) for name in self.event.names_in_socketio())
        return PacketFrame(*packets, is_shared=self._is_shared)

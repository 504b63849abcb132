"""Socket.IO packets: text only, and in the JSON of the other protocols."""

from collections.abc import Sequence
from typing import Any

import pydantic_core
import socketio.packet
from django.conf import settings

from apikit.errors import InvalidRequestError, RequestTooLargeError
from apikit.json_names import RepeatedNameError, check_names
from apikit.wire import encode
from realtime.frames import PACKET_SEPARATOR

# A client sends all that waits in one POST, so about as many packets as may wait on a WebSocket.
MIN_PACKETS_OF_POST = 64


class UnreadEventName(str):
    """The name of an event whose JSON was not read: a sentence that says why."""

    __slots__ = ()


class InvalidPacketError(InvalidRequestError):
    """A client sent something that is no packet, or not one that this server takes."""

    message = (
        "This address takes Socket.IO packets. Use a Socket.IO client (4.x), or send plain JSON "
        "to /ws."
    )


class UnreadableJsonError(ValueError):
    """The data of a packet is not JSON that is read; the message says why."""


class Json:
    """The functions that the library needs of a JSON module."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return pydantic_core.to_json(value).decode()

    @staticmethod
    def loads(text: str) -> Any:
        try:
            value = pydantic_core.from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise UnreadableJsonError("The event is not valid JSON in Unicode.") from error
        try:
            check_names(text, value)
        except RepeatedNameError as error:
            raise UnreadableJsonError(str(error)) from error
        return value


class TextPacket(socketio.packet.Packet):
    """A packet without attachments, which the library collects without a bound."""

    uses_binary_events = False
    json = Json

    def decode(self, encoded_packet: str) -> int:
        """Parses a packet; events whose JSON is not read get an ``UnreadEventName``.

        Texts that were cut within an emoji are an example: half a surrogate pair is not Unicode.

        :raises InvalidPacketError: for anything but a text packet.
        """
        try:
            attachments: int = super().decode(encoded_packet)
        except ValueError as error:
            is_event = self.packet_type == socketio.packet.EVENT
            if not (is_event and isinstance(error, UnreadableJsonError)):
                raise InvalidPacketError("The packet could not be parsed.") from error
            self.data, attachments = [UnreadEventName(error)], 0
        is_binary = self.packet_type in {
            socketio.packet.BINARY_EVENT,
            socketio.packet.BINARY_ACK,
        }
        if attachments or is_binary:
            raise InvalidPacketError("Binary data is not supported: send JSON.")
        return 0


def open_packet(
    sid: str, upgrades: Sequence[str], ping_interval_s: float, ping_timeout_s: float
) -> str:
    """Returns the Engine.IO packet that answers a handshake."""
    body = {
        "sid": sid,
        "upgrades": list(upgrades),
        "pingInterval": int(ping_interval_s * 1000),
        "pingTimeout": int(ping_timeout_s * 1000),
        "maxPayload": settings.WS_MAX_MESSAGE_BYTES,
    }
    return f"0{encode(body)}"


def split_payload(body: bytes) -> list[str]:
    """Returns the Engine.IO packets of a POST.

    The library would answer 200 to more than 16 packets, and drop them.

    :raises ApiError: if they are too large, too many or not text.
    """
    if len(body) > settings.WS_MAX_MESSAGE_BYTES:
        raise RequestTooLargeError
    try:
        packets = body.decode().split(PACKET_SEPARATOR)
    except UnicodeDecodeError as error:
        raise InvalidPacketError from error
    max_packets = max(MIN_PACKETS_OF_POST, 4 * settings.WS_MAX_COMMANDS_PER_SECOND)
    if len(packets) > max_packets:
        raise InvalidPacketError(f"A request may hold at most {max_packets} packets.")
    return packets

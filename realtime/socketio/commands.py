"""Commands as Socket.IO events, their replies as acknowledgements."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic.alias_generators import to_camel

from apikit.errors import ApiError, InvalidRequestError
from apikit.wire import encode
from realtime.close_codes import CloseCode
from realtime.commands import COMMANDS, Envelope
from realtime.execution import CommandRunner
from realtime.frames import PacketFrame, event_packet
from realtime.socketio.packets import UnreadEventName


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a client emitted. ``ack_id`` is None if it asks for no acknowledgement."""

    name: str
    arguments: list[Any]
    ack_id: int | None


class SocketIoCommands(CommandRunner):
    """The commands of a Socket.IO client.

    An acknowledgement is ``{status: "ok", ...}`` or ``{status: "error", code, message}``. Without
    one, errors are sent as the event ``error``.
    """

    _ack_id: int | None = None

    def read(self, frame: Emitted) -> Envelope:
        """Converts an event to a command; its name may also be in camelCase."""
        self._ack_id = frame.ack_id
        if isinstance(frame.name, UnreadEventName):
            raise InvalidRequestError(str(frame.name))
        name = command_names().get(frame.name, frame.name)
        if len(frame.arguments) > 1:
            raise InvalidRequestError("An event takes one argument: an object with the fields.")
        argument = frame.arguments[0] if frame.arguments else None
        if argument is None:
            return Envelope(name)
        if isinstance(argument, dict):
            return Envelope(name, body=argument)
        bare_field = COMMANDS[name].bare_field if name in COMMANDS else ""
        if isinstance(argument, str) and bare_field:
            return Envelope(name, body={bare_field: argument})
        raise InvalidRequestError("The argument of an event must be an object with the fields.")

    def reply(self, envelope: Envelope, fields: dict[str, Any]) -> None:
        packets = []
        known = COMMANDS.get(envelope.type)
        if known is not None and known.reply_event:
            packets.append(event_packet(known.reply_event, encode(fields)))
        if self._ack_id is not None:
            packets.append(self._ack({"status": "ok", **fields}))
        if packets:
            self.connection.reply(PacketFrame(*packets))

    def refuse(self, envelope: Envelope, error: ApiError) -> None:
        if self._ack_id is None:
            self.connection.push(error_event(error))
        else:
            self.connection.push(PacketFrame(self._ack({"status": "error", **error.details()})))

    def _ack(self, body: dict[str, Any]) -> str:
        return f"43{self._ack_id}[{encode(body)}]"


def error_event(error: ApiError) -> PacketFrame:
    """Returns an error as an event."""
    return PacketFrame(event_packet("error", encode(error.details())))


def close_event(code: CloseCode) -> str:
    """Returns the packet of the event ``error`` that tells why the server closes a session."""
    return event_packet("error", encode({"code": code.name.lower(), "message": code.reason}))


@cache
def command_names() -> dict[str, str]:
    """Returns the names of commands, by the camelCase that some clients write them in."""
    return {to_camel(name.replace("-", "_")): name for name in COMMANDS}

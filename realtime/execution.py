"""Runs the commands of one client, one at a time and within its limits, for every protocol."""

import asyncio
from typing import Any

from django.conf import settings

from apikit.errors import ApiError, TooManyRequestsError
from apikit.exception_handler import as_api_error
from apikit.wire import to_wire
from realtime.close_codes import CloseCode
from realtime.commands import Envelope, TokenBucket, find_command, read_body
from realtime.connection import Connection
from realtime.field_errors import name_as_sent
from realtime.hub import Hub
from realtime.metrics import COMMANDS_SEEN


class CommandRunner:
    """Runs commands for a connection. Subclasses read and write the frames of a protocol."""

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self.hub = hub
        self.connection = connection
        self.bucket = TokenBucket(settings.WS_MAX_COMMANDS_PER_SECOND)

    def read(self, frame: Any) -> Envelope:
        """Parses a frame.

        :raises InvalidRequestError: if it is not a command.
        """
        raise NotImplementedError

    def reply(self, envelope: Envelope, fields: dict[str, Any]) -> None:
        """Writes the reply to a command that succeeded."""
        raise NotImplementedError

    def refuse(self, envelope: Envelope, error: ApiError) -> None:
        """Writes the error of a command that failed."""
        raise NotImplementedError

    async def admits(self, text: str | None) -> bool:
        """Whether a received frame may be handled; closes the socket if it breaks a limit.

        Delays frames of an address that sends or asks for too much. ``text`` is None for a binary
        frame.
        """
        connection = self.connection
        delay_s = self.hub.backlog.input_delay_s(connection, len(text or ""), self.hub.now_s())
        if delay_s:
            await asyncio.sleep(delay_s)
        if text is None:
            connection.close(CloseCode.BAD_FRAME)
        elif len(text.encode()) > settings.WS_MAX_MESSAGE_BYTES:
            connection.close(CloseCode.TOO_LARGE)
        elif self.bucket.is_abused:
            connection.close(CloseCode.TOO_MANY_COMMANDS)
        else:
            return True
        return False

    async def run(self, frame: Any) -> None:
        """Runs the command of a frame and replies; every exception becomes an error frame."""
        envelope = Envelope()
        connection = self.connection
        connection.last_command_s = self.hub.now_s()
        is_admitted = self.bucket.take(connection.last_command_s)
        connection.is_busy = True
        try:
            envelope = self.read(frame)
            if not is_admitted:
                raise TooManyRequestsError(retry_after_s=1)
            command = find_command(envelope, connection)
            reply = await command.handler(self.hub, connection, read_body(command, envelope))
            if envelope.ref is not None or not command.is_quiet:
                self.reply(envelope, {} if reply is None else to_wire(reply))
            COMMANDS_SEEN.labels(command.name, "ok").inc()
        except Exception as error:  # noqa: BLE001 - outermost
            refusal = as_api_error(error)
            refusal.errors = name_as_sent(refusal.errors, envelope.body)
            self.refuse(envelope, refusal)
            COMMANDS_SEEN.labels(envelope.known_type, refusal.code).inc()
        finally:
            connection.is_busy = False

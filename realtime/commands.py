"""Commands: registering them, and reading them from frames, strictly and with bounds."""

import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from apikit.errors import ApiError, InvalidRequestError, ValidationFailedError
from apikit.json_names import RepeatedNameError, check_names
from apikit.registries import Hook, Registry
from apikit.wire import Wire, adapter_of
from realtime.connection import Connection
from realtime.errors import UnknownCommandError
from realtime.events import is_socketio
from realtime.field_errors import explain
from realtime.hub import Hub

MAX_REF_CHARS = 256
# JSON takes six characters at most for each, as in \u0000, and two quotation marks.
_ALWAYS_FITS_CHARS = (MAX_REF_CHARS - 2) // 6

CommandHandler = Callable[[Hub, Connection, Any], Awaitable[Wire | None]]
AnyCommandHandler = TypeVar("AnyCommandHandler", bound=CommandHandler)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that clients send. Descriptions and examples are for the AsyncAPI document.

    Over Socket.IO, a bare string as argument stands for ``bare_field``, and the reply is also sent
    as the event ``reply_event``, for clients that do not ask for an acknowledgement. Native sockets
    do not have commands that are ``only_socketio``. One that is ``is_quiet`` has no reply without a
    ``ref``, only errors.
    """

    name: str
    handler: CommandHandler
    body: TypeAdapter[Any]
    reply: TypeAdapter[Any] | None
    description: str = ""
    refusals: tuple[type[ApiError], ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    reply_example: Mapping[str, Any] = field(default_factory=dict)
    further_examples: tuple[Mapping[str, Any], ...] = ()
    bare_field: str = ""
    reply_event: str = ""
    only_socketio: bool = False
    is_quiet: bool = False


COMMANDS: Registry[str, Command] = Registry("command")
# Functions that return a command for a frame whose type is not registered, or None. Its name is one
# that is registered, so that clients cannot create metrics.
FURTHER_COMMANDS: Hook[[Connection, str], Command | None] = Hook()


def command(
    name: str,
    *,
    refusals: Iterable[type[ApiError]] = (),
    example: Mapping[str, Any] | None = None,
    reply_example: Mapping[str, Any] | None = None,
    further_examples: Iterable[Mapping[str, Any]] = (),
    bare_field: str = "",
    reply_event: str = "",
    only_socketio: bool = False,
) -> Callable[[AnyCommandHandler], AnyCommandHandler]:
    """Registers a coroutine function ``(hub, connection, body) -> reply`` for a command.

    Its annotations are the schemas: ``body`` is a frozen dataclass that input is validated
    against, the reply another one or None. The AsyncAPI document shows its docstring, the errors
    of this command (``refusals``), and example fields of bodies and a reply. ``bare_field``,
    ``reply_event`` and ``only_socketio`` are those of :class:`Command`.
    """

    def register(handler: AnyCommandHandler) -> AnyCommandHandler:
        hints = inspect.get_annotations(handler, eval_str=True)
        reply = hints["return"]
        has_reply = isinstance(reply, type) and reply is not type(None)
        entry = Command(
            name=name,
            handler=handler,
            body=adapter_of(hints["body"]),
            reply=adapter_of(reply) if has_reply else None,
            description=inspect.getdoc(handler) or "",
            refusals=tuple(refusals),
            example=example or {},
            reply_example=reply_example or {},
            further_examples=tuple(further_examples),
            bare_field=bare_field,
            reply_event=reply_event,
            only_socketio=only_socketio,
        )
        COMMANDS.register(name, entry)
        return handler

    return register


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts that all commands share, and the rest of the frame."""

    type: str = ""
    ref: Any = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def known_type(self) -> str:
        """The command's name if it exists, so that clients cannot create metrics."""
        return self.type if self.type in COMMANDS else "unknown"


class TokenBucket:
    """Allows ``rate`` commands a second, and twice as many at once after a quiet time."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._tokens = 2.0 * rate
        self._at_s = 0.0
        self._refused = 0

    def take(self, now_s: float, count: int = 1) -> bool:
        """Takes ``count`` tokens; returns whether there were enough."""
        if self._at_s:
            gained = (now_s - self._at_s) * self._rate
            self._tokens = min(2.0 * self._rate, self._tokens + gained)
        self._at_s = now_s
        if self._tokens >= count:
            self._tokens -= count
            self._refused = 0
            return True
        self._refused += 1
        return False

    @property
    def is_abused(self) -> bool:
        """Whether the client keeps sending although it was refused."""
        return self._refused > 2 * self._rate


def read_envelope(text: str) -> Envelope:
    """Parses a frame.

    :raises InvalidRequestError: unless it is a JSON object with a type and an acceptable ref.
    """
    try:
        body = pydantic_core.from_json(text, allow_inf_nan=False)
        check_names(text, body)
    except RepeatedNameError as error:
        raise InvalidRequestError(str(error)) from error
    except ValueError as error:
        raise InvalidRequestError("The frame is not valid JSON in Unicode.") from error
    if not isinstance(body, dict):
        raise InvalidRequestError("A frame must be a JSON object.")
    command_type, ref = body.pop("type", None), body.pop("ref", None)
    if not isinstance(command_type, str):
        raise InvalidRequestError("A frame must have a type, as a string.")
    if not _fits(ref):
        raise InvalidRequestError(f"A ref must be at most {MAX_REF_CHARS} characters of JSON.")
    return Envelope(command_type, ref, body)


def _fits(ref: Any) -> bool:
    """Whether a ref is JSON of a bounded size, because it is kept until the reply is read.

    1e999 is read as infinity, which JSON cannot represent.
    """
    if ref is None or (isinstance(ref, str) and len(ref) <= _ALWAYS_FITS_CHARS):
        return True
    if isinstance(ref, int) and abs(ref) < 1 << 64:
        return True
    try:
        text = json.dumps(ref, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return False
    return len(text) <= MAX_REF_CHARS


def find_command(envelope: Envelope, connection: Connection) -> Command:
    """Returns the command of a frame.

    :raises UnknownCommandError: if the protocol has no command with that name.
    """
    known = COMMANDS.get(envelope.type) or _find_further(envelope.type, connection)
    if known is None or (known.only_socketio and not is_socketio(connection.protocol)):
        raise UnknownCommandError
    return known


def _find_further(name: str, connection: Connection) -> Command | None:
    found = (find(connection, name) for find in FURTHER_COMMANDS)
    return next((command for command in found if command is not None), None)


def read_body(command: Command, envelope: Envelope) -> Any:
    """Validates the frame's fields; returns the dataclass of the command.

    :raises ValidationFailedError: if they do not match.
    """
    try:
        return command.body.validate_python(envelope.body)
    except ValidationError as error:
        raise ValidationFailedError(errors=explain(error, envelope.body)) from error

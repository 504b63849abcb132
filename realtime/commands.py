"""Reading what clients send: strictly, and not too much of it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pydantic_core
from pydantic import ValidationError

from apikit.errors import InvalidRequestError, NotFoundError, ValidationFailedError
from realtime.field_errors import explain
from realtime.handlers import COMMANDS, Command

MAX_REF_CHARS = 256
# Each character is six at most, as in \u0000, between two quotation marks.
_ALWAYS_FITS_CHARS = (MAX_REF_CHARS - 2) // 6


class UnknownCommandError(NotFoundError):
    code = "socket.unknown_command"
    message = "There is no such command."


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame, read as far as every command's frame is alike."""

    type: str = ""
    ref: Any = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def known_type(self) -> str:
        """The command's name if it is one; strangers must not invent metrics."""
        return self.type if self.type in COMMANDS else "unknown"


class TokenBucket:
    """``rate`` commands a second, and twice as many at once after a quiet time."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._tokens = 2.0 * rate
        self._at_s = 0.0
        self._refused = 0

    def take(self, now_s: float, count: int = 1) -> bool:
        """Whether ``count`` more commands are within the bound."""
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
        """Whether the client goes on and on though it was told."""
        return self._refused > 2 * self._rate


def read_envelope(text: str) -> Envelope:
    """The frame's type and ref, and the rest.

    :raises InvalidRequestError: unless it is a JSON object with a type.
    """
    try:
        body = pydantic_core.from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequestError("A frame must be a JSON object.") from error
    if not isinstance(body, dict):
        raise InvalidRequestError("A frame must be a JSON object.")
    command_type, ref = body.pop("type", None), body.pop("ref", None)
    if not isinstance(command_type, str):
        raise InvalidRequestError("A frame must have a type, which is a text.")
    if not _fits(ref):
        raise InvalidRequestError(f"A ref may be {MAX_REF_CHARS} characters of JSON at most.")
    return Envelope(command_type, ref, body)


def _fits(ref: Any) -> bool:
    """Whether the ref is JSON of a bounded size: it is kept until the reply is read.

    1e999 is read as infinity, which JSON has no number for.
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


def find_command(envelope: Envelope) -> Command:
    """:raises UnknownCommandError: when nothing goes by that name."""
    command = COMMANDS.get(envelope.type)
    if command is None:
        raise UnknownCommandError
    return command


def read_body(command: Command, envelope: Envelope) -> Any:
    """The command's own dataclass, filled with what the client sent.

    :raises ValidationFailedError: when it doesn't fit.
    """
    try:
        return command.body.validate_python(envelope.body)
    except ValidationError as error:
        raise ValidationFailedError(errors=explain(error, envelope.body)) from error

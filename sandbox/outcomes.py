"""The outcome of a program, read from the reports of an untrusted process."""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxFailedError
from sandbox.limits import Limits

# As many levels of arrays and objects as a value may have.
VALUE_MAX_DEPTH = 32
_TEXT_MAX_CHARS = 2000
DURATION_MAX_S = 3600.0

# How QuickJS names the program in stacks.
_PROGRAM = "eval_script"
_POSITION = re.compile(rf"{_PROGRAM}:(\d{{1,9}})(?::(\d{{1,9}}))?")

OUT_OF_TIME = ("TimeLimitError", "The program took too long and was stopped.")
OUT_OF_MEMORY = (
    "MemoryLimitError",
    "The program used too much memory, or the engine could not go on.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramError:
    """Why a program did not reach its end; ``line`` and ``column`` count from 1."""

    name: str
    message: str
    line: int | None = None
    column: int | None = None
    stack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a program printed, the value of its last expression as JSON, and how long it ran."""

    stdout: str
    stderr: str
    value: Any
    error: ProgramError | None
    duration_s: float


class Collector:
    """Collects the reports of one run.

    Texts have no NUL and no unpaired surrogates afterwards, so that databases accept them.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._texts: dict[int, list[str]] = {1: [], 2: []}
        self.refusal: str | None = None
        self.is_ready = False
        self.end: dict[str, Any] | None = None
        # Measured by the process: the server may read its first and last report at once.
        self.duration_s = 0.0

    def add(self, line: bytes) -> None:
        """Read a report.

        :raises SandboxFailedError: for one that no process of ours writes.
        """
        try:
            report = json.loads(line)
            if "text" in report:
                self._texts[report["stream"]].append(_cleaned(report["text"]))
            elif "refused" in report:
                self.refusal = str(report["refused"])
            elif "end" in report:
                self.end = dict(report["end"])
                self.duration_s = float(self.end["duration_s"])
                if not 0 <= self.duration_s <= DURATION_MAX_S:
                    raise ValueError("not a duration")
            else:
                self.is_ready = bool(report["ready"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SandboxFailedError("The sandbox sent a malformed report.") from error

    def outcome(self, duration_s: float, stop: tuple[str, str] | None = None) -> Outcome:
        """Return the outcome; ``stop`` says why the process was ended from outside."""
        end = self.end or {}
        value, notes, error = None, "", None
        if stop is not None:
            error = _stopped(stop)
        elif end.get("is_out_of_time"):
            error = _stopped(OUT_OF_TIME)
        elif end.get("is_out_of_memory"):
            error = _stopped(OUT_OF_MEMORY)
        elif "error" in end:
            error = _read_error(end["error"])
        else:
            value, notes = self._read_value(end.get("outcome"))
        return Outcome(
            stdout=self._text(1),
            stderr=self._text(2) + notes,
            value=value,
            error=error,
            duration_s=duration_s,
        )

    def _text(self, stream: int) -> str:
        # The process counts too, and adds a note; this holds if it does not.
        return "".join(self._texts[stream])[: self._limits.output_max_chars + 100]

    def _read_value(self, text: Any) -> tuple[Any, str]:
        """Return the value, and a line for stderr if it could not be kept."""
        try:
            described = json.loads(text)
            if "reason" in described:
                reason = _cleaned(described["reason"])
                return None, f"[the value cannot be written as JSON: {reason}]\n"
            value = _bounded(described["value"])
            size_bytes = len(json.dumps(value, allow_nan=False))
        except _TooDeepError:
            return None, "[the value was left out: it has too many levels]\n"
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SandboxFailedError("The sandbox sent a malformed value.") from error
        if size_bytes > self._limits.value_max_bytes:
            return None, f"[the value was left out: it has {size_bytes:,} bytes of JSON]\n"
        return value, ""


def _stopped(reason: tuple[str, str]) -> ProgramError:
    return ProgramError(name=reason[0], message=reason[1])


class _TooDeepError(Exception):
    pass


def _bounded(value: Any, depth: int = 0) -> Any:
    """Return a JSON value with cleaned texts.

    :raises _TooDeepError: for more than ``VALUE_MAX_DEPTH`` levels.
    """
    if isinstance(value, str):
        return _cleaned(value)
    if not isinstance(value, list | dict):
        return value
    if depth >= VALUE_MAX_DEPTH:
        raise _TooDeepError
    if isinstance(value, list):
        return [_bounded(item, depth + 1) for item in value]
    return {_cleaned(key): _bounded(item, depth + 1) for key, item in value.items()}


def _read_error(described: Any) -> ProgramError:
    try:
        name, message, stack = (
            _cleaned(described[key])[:_TEXT_MAX_CHARS] for key in ("name", "message", "stack")
        )
    except (TypeError, KeyError) as error:
        raise SandboxFailedError("The sandbox sent a malformed error.") from error
    if name == "InternalError" and "out of memory" in message:
        name, message = OUT_OF_MEMORY
    position = _POSITION.search(stack)
    line, column = position.groups() if position else (None, None)
    frames = [frame for frame in stack.splitlines() if "<module>" not in frame]
    return ProgramError(
        name=name,
        message=message,
        line=int(line) if line else None,
        column=int(column) if column else None,
        stack="\n".join(frames).replace(_PROGRAM, "program.js"),
    )


def _cleaned(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("not a text")
    clean = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return clean.replace("\0", "\ufffd")

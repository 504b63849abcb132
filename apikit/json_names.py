"""Finds names that occur twice in an object of a JSON text.

RFC 8259 calls the result unpredictable: most parsers take the last value, some the first. A proxy
that checks a request and this server must not read different requests, so they are refused, as
I-JSON (RFC 7493) demands.
"""

import json
from typing import Any

_SHOWN_CHARS = 50


class RepeatedNameError(ValueError):
    """A name occurs twice in one object."""

    def __init__(self, name: str) -> None:
        shown = json.dumps(name[:_SHOWN_CHARS])
        super().__init__(f"The name {shown} occurs more than once in an object.")


def check_names(text: str, value: Any) -> None:
    """Refuse a JSON text with a repeated name; ``value`` is what was parsed from it.

    :raises RepeatedNameError: for the first one.
    """
    if may_repeat_names(text.count(":"), value):
        json.loads(text, object_pairs_hook=_without_repetition)


def may_repeat_names(colons: int, value: Any) -> bool:
    """Return whether a text with this number of colons has more names than its value.

    Each name is followed by a colon. True also for a text with a colon in a string.
    """
    return colons != _count_names(value)


def _count_names(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(
            _count_names(each) for each in value.values() if isinstance(each, dict | list)
        )
    if isinstance(value, list):
        return sum(_count_names(each) for each in value if isinstance(each, dict | list))
    return 0


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedNameError(next(name for name in names if names.count(name) > 1))
    return fields

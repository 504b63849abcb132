"""The doors that sockets come in by: each an address, and a way of speaking behind it.

Declared once, for the router and for the AsyncAPI document.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic.alias_generators import to_snake

from apikit.errors import ApiError
from realtime.events import MAIN_PROTOCOL

Opening = Callable[..., Awaitable[None]]
AnyOpening = TypeVar("AnyOpening", bound=Opening)

_NAMED_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Door:
    """A way in. ``address`` holds in braces what it names, in camelCase.

    ``opening`` is what the door does by itself: it is called with the connection and, in
    snake_case, with what the address names. ``refusals`` are what may come of that.
    """

    address: str
    dialect: str
    purpose: str
    opening: Opening | None = None
    refusals: tuple[type[ApiError], ...] = ()

    @property
    def names(self) -> list[str]:
        """What the address names."""
        return _NAMED_PART.findall(self.address)

    @property
    def pattern(self) -> str:
        """The address as a regular expression, with a slash at its end or without."""
        named = _NAMED_PART.sub(
            lambda match: f"(?P<{to_snake(match[1])}>[^/]+)", self.address.removeprefix("/")
        )
        return f"^{named}/?$"


ENDPOINTS = [
    Door("/ws", MAIN_PROTOCOL, "The door for new clients: one socket for all they follow.")
]


def door(
    address: str, dialect: str, *, refusals: Iterable[type[ApiError]] = ()
) -> Callable[[AnyOpening], AnyOpening]:
    """Registers an older door, by what it does when somebody comes in.

    The docstring goes into the AsyncAPI document.
    """

    def register(opening: AnyOpening) -> AnyOpening:
        if any(known.address == address or known.dialect == dialect for known in ENDPOINTS):
            raise ValueError(f"There are two doors at {address} or of {dialect}.")
        purpose = inspect.getdoc(opening) or ""
        ENDPOINTS.append(Door(address, dialect, purpose, opening, tuple(refusals)))
        return opening

    return register

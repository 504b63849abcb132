"""WebSocket endpoints: each has a URL and a protocol.

Declared once, for the URL router and for the AsyncAPI document.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qs

from pydantic.alias_generators import to_snake

from apikit.errors import ApiError
from apikit.registries import Registry
from realtime.events import MAIN_PROTOCOL

OnConnect = Callable[..., Awaitable[None]]
AnyOnConnect = TypeVar("AnyOnConnect", bound=OnConnect)

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A WebSocket URL. ``address`` holds parameters in braces, in camelCase.

    ``on_connect`` receives the hub, the connection and, in snake_case, the URL parameters.
    ``refusals`` are the errors it raises. With ``query``, only URLs with these query parameters are
    of this endpoint, and ``on_connect`` gets them too. ``also_at`` is a second address.
    """

    address: str
    protocol: str
    description: str
    on_connect: OnConnect | None = None
    refusals: tuple[type[ApiError], ...] = ()
    query: tuple[str, ...] = ()
    also_at: str | None = None

    @property
    def parameters(self) -> list[str]:
        """The names of the URL parameters."""
        return _PARAMETER.findall(self.address)

    @property
    def addresses(self) -> list[str]:
        """All addresses."""
        return [self.address] if self.also_at is None else [self.address, self.also_at]

    @property
    def patterns(self) -> list[str]:
        """The addresses as regular expressions, with an optional trailing slash."""
        return [_pattern_of(address) for address in self.addresses]

    def values_in(self, query_string: bytes) -> dict[str, str] | None:
        """Returns the query parameters, in snake_case; None unless all are there."""
        if not self.query:
            return {}
        sent = parse_qs(query_string.decode("latin-1"), keep_blank_values=True)
        if any(name not in sent for name in self.query):
            return None
        return {to_snake(name): sent[name][0] for name in self.query}


def _pattern_of(address: str) -> str:
    named = _PARAMETER.sub(
        lambda match: f"(?P<{to_snake(match[1])}>[^/]+)", address.removeprefix("/")
    )
    return f"^{named}/?$" if named else "^$"


# By protocol.
ENDPOINTS: Registry[str, Endpoint] = Registry("endpoint of protocol")
ENDPOINTS.register(
    MAIN_PROTOCOL,
    Endpoint("/ws", MAIN_PROTOCOL, "The main endpoint: one socket for any number of topics."),
)


def endpoint(
    address: str,
    protocol: str,
    *,
    refusals: Iterable[type[ApiError]] = (),
    query: Iterable[str] = (),
    also_at: str | None = None,
) -> Callable[[AnyOnConnect], AnyOnConnect]:
    """Registers an endpoint, by its ``on_connect`` function.

    The docstring goes into the AsyncAPI document.
    """

    def register(on_connect: AnyOnConnect) -> AnyOnConnect:
        description = inspect.getdoc(on_connect) or ""
        added = Endpoint(
            address, protocol, description, on_connect, tuple(refusals), tuple(query), also_at
        )
        for known in ENDPOINTS.values():
            if known.query == added.query and {*known.addresses} & {*added.addresses}:
                raise ValueError(f"Duplicate endpoint: {address}.")
        ENDPOINTS.register(protocol, added)
        return on_connect

    return register

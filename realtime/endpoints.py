"""WebSocket endpoints: each has a URL and a protocol.

Declared once, for the URL router and for the AsyncAPI document.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

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
    ``refusals`` are the errors it raises.
    """

    address: str
    protocol: str
    description: str
    on_connect: OnConnect | None = None
    refusals: tuple[type[ApiError], ...] = ()

    @property
    def parameters(self) -> list[str]:
        """The names of the URL parameters."""
        return _PARAMETER.findall(self.address)

    @property
    def pattern(self) -> str:
        """The address as a regular expression, with an optional trailing slash."""
        named = _PARAMETER.sub(
            lambda match: f"(?P<{to_snake(match[1])}>[^/]+)", self.address.removeprefix("/")
        )
        return f"^{named}/?$"


# By protocol.
ENDPOINTS: Registry[str, Endpoint] = Registry("endpoint of protocol")
ENDPOINTS.register(
    MAIN_PROTOCOL,
    Endpoint("/ws", MAIN_PROTOCOL, "The main endpoint: one socket for any number of topics."),
)


def endpoint(
    address: str, protocol: str, *, refusals: Iterable[type[ApiError]] = ()
) -> Callable[[AnyOnConnect], AnyOnConnect]:
    """Registers an endpoint, by its ``on_connect`` function.

    The docstring goes into the AsyncAPI document.
    """

    def register(on_connect: AnyOnConnect) -> AnyOnConnect:
        if any(known.address == address for known in ENDPOINTS.values()):
            raise ValueError(f"Duplicate endpoint: {address}.")
        description = inspect.getdoc(on_connect) or ""
        ENDPOINTS.register(
            protocol, Endpoint(address, protocol, description, on_connect, tuple(refusals))
        )
        return on_connect

    return register

"""Who a Socket.IO client is, as the site finds out."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from apikit.actors import Actor


@dataclass(frozen=True, slots=True)
class Identity:
    """An actor; ``browser`` tells which sockets of visitors belong to one person."""

    actor: Actor
    browser: str = ""


# Takes the scope of the request with the CONNECT packet, and the token in its ``auth``. Raises an
# ApiError to refuse the client.
Authenticate = Callable[[MutableMapping[str, Any], str | None], Awaitable[Identity]]

"""The engine's own command."""

from dataclasses import dataclass

from apikit.wire import Wire
from realtime.connection import Connection
from realtime.registry import command


@dataclass(frozen=True, slots=True)
class Ping(Wire):
    """Nothing but itself."""


@command("ping")
async def ping(connection: Connection, body: Ping) -> None:
    """Answers, to show that the line is alive."""

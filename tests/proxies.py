"""A TCP proxy that stops passing data on without closing anything, as a dropped route does."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

BUFFER_BYTES = 65536

Direction = Literal["request", "response"]


@dataclass(eq=False, slots=True)
class ProxiedConnection:
    """One client's connection; ``marks`` is what a rule remembers of it."""

    client: socket.socket
    server: socket.socket
    marks: set[str] = field(default_factory=set)


# Whether this chunk is lost, with all that follows on the connection in that direction.
Rule = Callable[[ProxiedConnection, Direction, bytes], bool]


class SilencingProxy:
    """Listens on a free local port, forwards to ``target_port``, and loses what ``rule`` says.

    Its kernel acknowledges what gets lost, so neither side notices. That a side closes a connection
    reaches the other.
    """

    def __init__(self, target_port: int, rule: Rule) -> None:
        self._target = ("127.0.0.1", target_port)
        self._rule = rule
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[ProxiedConnection] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def stop(self) -> None:
        ends = [end for each in self._connections for end in (each.client, each.server)]
        for end in (self._listener, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):  # stopped
            while True:
                client, _ = self._listener.accept()
                connection = ProxiedConnection(client, socket.create_connection(self._target))
                self._connections.append(connection)
                for direction in ("request", "response"):
                    pump = partial(self._pump, connection, direction)
                    threading.Thread(target=pump, daemon=True).start()

    def _pump(self, connection: ProxiedConnection, direction: Direction) -> None:
        source, target = connection.client, connection.server
        if direction == "response":
            source, target = target, source
        is_silent = False
        with suppress(OSError):
            while chunk := source.recv(BUFFER_BYTES):
                is_silent = is_silent or self._rule(connection, direction, chunk)
                if not is_silent:
                    target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

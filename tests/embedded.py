"""The product as ``make run`` serves it: one process on SQLite."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import MANAGE, ServerProcess

_FOREIGN = ("DJANGO_", "DATABASE_", "REDIS_")


@contextmanager
def embedded_server(directory: Path, **settings: str) -> Iterator[ServerProcess]:
    """Runs a server with its data and log in ``directory``, whatever database tests run on."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    environment = inherited | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory / "var"),
        **settings,
    }
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    try:
        server.start()
        yield server
    finally:
        server.stop()

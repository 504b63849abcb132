"""The product as ``make run`` serves it: one process on SQLite."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.processes import MANAGE, ServerProcess

_FOREIGN = ("DJANGO_", "DATABASE_", "REDIS_")
_migrated: list[Path] = []


def save_migrated_database(source: Path, copy: Path) -> None:
    """Copies an empty, migrated database, which servers start with from now on.

    Migrating takes longer than all else that a server does when it starts. Tests of a first start
    in ``tests/system/test_serve.py`` start without it.
    """
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(copy)) as writer:
        reader.backup(writer)
    _migrated[:] = [copy]


def prepare_var_dir(directory: Path) -> None:
    """Creates ``directory`` for a server, with a migrated database if one was saved."""
    directory.mkdir(parents=True, exist_ok=True)
    for copy in _migrated:
        shutil.copy(copy, directory / "tallyroom.sqlite3")


@contextmanager
def embedded_server(directory: Path, **settings: str) -> Iterator[ServerProcess]:
    """Runs a server with its data and log in ``directory``, whatever database tests run on."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    environment = inherited | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory / "var"),
        **settings,
    }
    prepare_var_dir(Path(environment["VAR_DIR"]))
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    try:
        server.start()
        yield server
    finally:
        server.stop()

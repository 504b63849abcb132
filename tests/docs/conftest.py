"""Fixtures for tests of the documentation."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import MANAGE, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server started like ``make run``."""
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(tmp_path / "var"),
    }
    server = ServerProcess([*MANAGE, "run"], environment, tmp_path / "server.log")
    server.start()
    yield server
    server.stop()

"""Fixtures for tests of the documentation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded import embedded_server
from tests.processes import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server started like ``make run``."""
    with embedded_server(tmp_path) as running:
        yield running

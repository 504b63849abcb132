"""Fixtures for tests of the documentation."""

from collections.abc import Iterator

import pytest

from tests.embedded import embedded_server
from tests.processes import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server started like ``make run``."""
    with embedded_server(tmp_path_factory.mktemp("server")) as running:
        yield running

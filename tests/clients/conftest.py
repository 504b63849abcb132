"""The tools that the tests here use, and a server for the clients."""

from collections.abc import Iterator

import pytest

from tests.clients import toolchain
from tests.embedded import embedded_server
from tests.processes import ServerProcess
from tools.services import MissingBinaryError


@pytest.fixture(scope="session")
def tools() -> None:
    try:
        toolchain.prepare()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server started like ``make run``."""
    with embedded_server(tmp_path_factory.mktemp("server")) as running:
        yield running

"""The tools that the tests here use, and a server for the clients."""

import os
from collections.abc import Iterator

import pytest

from tests.clients import toolchain
from tests.processes import MANAGE, ServerProcess
from tools.services import MissingBinaryError


@pytest.fixture(scope="session")
def tools() -> None:
    try:
        toolchain.prepare()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """What ``make run`` starts."""
    directory = tmp_path_factory.mktemp("server")
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory / "var"),
    }
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    server.start()
    yield server
    server.stop()

"""What only a server and an odd client show: how bodies are framed, bytes that are no text."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import MANAGE, ServerProcess
from tests.site.body_forms import check_bodies


@pytest.fixture(scope="module")
def raw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """What ``make run`` starts, with no limit on requests."""
    directory = tmp_path_factory.mktemp("raw")
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory / "var"),
        "LOG_FORMAT": "json",
        "RATE_LIMIT_MAX_REQUESTS": "0",
    }
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_counts_the_same_with_and_without_a_length(
    raw_server: ServerProcess, is_chunked: bool
) -> None:
    check_bodies(raw_server, is_chunked=is_chunked)


def _log_of(server: ServerProcess) -> str:
    return Path(server.log).read_text()

"""Gives each test a cluster of its own, because the test breaks it."""

from collections.abc import Iterator

import pytest

from tests.processes import Cluster


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), WS_STALL_SECONDS="2")
    yield cluster
    cluster.stop()

"""A cluster for the tests of each file, which is restored after a test has broken it."""

from collections.abc import Iterator

import pytest

from tests.processes import Cluster


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), WS_STALL_SECONDS="2")
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    shared_cluster.restore()
    return shared_cluster

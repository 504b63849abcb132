"""The database or the network to it stops answering without closing a connection."""

from collections.abc import Iterator
from typing import Literal, get_args

import pytest

from tests.faults.load import stored_votes
from tests.processes import (
    Cluster,
    PollHandle,
    create_guests,
    create_poll,
    rest_client,
    vote_by_rest,
)
from tests.proxies import Direction, ProxiedConnection, SilencingProxy
from tools.services import PostgresServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

# Long enough for a slow machine, and far below the 30 s after which a voter reads that the
# outcome is unknown whatever the writer does.
LIMITS = {"DATABASE_LOCK_TIMEOUT_SECONDS": "3", "DATABASE_STATEMENT_TIMEOUT_SECONDS": "4"}


Moment = Literal["before the transaction", "with locks held", "at the commit"]


class WriterSilence:
    """Silences the connection of a vote writer once, at ``moment``.

    A writer's connection is the one on which the planner may use indexes only. Statements
    are prepared, so that their text is not seen again, but the server names what it completes.
    """

    def __init__(self) -> None:
        self.moment: Moment | None = None

    @property
    def is_over(self) -> bool:
        return self.moment is None

    def __call__(self, connection: ProxiedConnection, direction: Direction, chunk: bytes) -> bool:
        if b"enable_seqscan" in chunk:
            connection.marks.add("writer")
        if self.moment is None or "writer" not in connection.marks:
            return False
        is_now = self._is_now(connection, direction, chunk)
        if is_now:
            self.moment = None
        return is_now

    def _is_now(self, connection: ProxiedConnection, direction: Direction, chunk: bytes) -> bool:
        if direction == "response" and b"BEGIN\0" in chunk:
            connection.marks.add("begun")
        if self.moment == "before the transaction":
            return direction == "request"
        if self.moment == "with locks held":
            return direction == "request" and "begun" in connection.marks
        return direction == "response" and b"COMMIT\0" in chunk


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server of its own, which tests stop and continue."""
    postgres = PostgresServer()
    postgres.start()
    yield postgres
    postgres.hang(is_hanging=False)
    postgres.stop()


@pytest.fixture(scope="module")
def silence() -> WriterSilence:
    return WriterSilence()


@pytest.fixture(scope="module")
def proxy(postgres: PostgresServer, silence: WriterSilence) -> Iterator[SilencingProxy]:
    proxy = SilencingProxy(postgres.port, silence)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def cluster(
    postgres: PostgresServer, proxy: SilencingProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A cluster that reaches the database through the proxy; each test restores the proxy."""
    through_proxy = postgres.url().replace(f":{postgres.port}/", f":{proxy.port}/")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), postgres_url=through_proxy, **LIMITS)
    yield cluster
    cluster.stop()


@pytest.mark.parametrize("moment", get_args(Moment))
async def test_a_vote_whose_connection_falls_silent_is_counted_over_another(
    cluster: Cluster, silence: WriterSilence, moment: Moment
) -> None:
    server = cluster.servers[0]
    poll = await create_poll(server)
    warm, *tokens = await create_guests(server, 3)
    async with rest_client(server) as client:
        assert (await vote_by_rest(client, warm, poll, poll.option_ids[0])).status == 201
        silence.moment = moment
        for token in tokens:
            assert (await vote_by_rest(client, token, poll, poll.option_ids[1])).status == 201
    assert silence.is_over
    assert stored_votes(cluster, poll) == {0: 1, 1: 2, 2: 0}
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


async def test_a_hanging_database_leaves_nobody_waiting_and_the_votes_come_back(
    cluster: Cluster, postgres: PostgresServer
) -> None:
    """Its kernel still answers TCP, so only the timeouts of the clients end the wait."""
    server = cluster.servers[0]
    poll = await create_poll(server)
    warm, first, second = await create_guests(server, 3)
    async with rest_client(server) as client:
        assert (await vote_by_rest(client, warm, poll, poll.option_ids[0])).status == 201
        postgres.hang()
        in_doubt = await vote_by_rest(client, first, poll, poll.option_ids[1], key="k" * 16)
        assert (in_doubt.status, in_doubt.body["code"]) == (503, "vote.in_doubt")
        refused = await vote_by_rest(client, second, poll, poll.option_ids[1])
        assert (refused.status, refused.body["code"]) == (503, "server.unavailable")
        assert (await client.get(f"/api/polls/{poll.id}")).status_code == 503
        postgres.hang(is_hanging=False)
        await assert_counts(cluster, poll, [first, second])


async def assert_counts(cluster: Cluster, poll: PollHandle, tokens: list[str]) -> None:
    """A vote that is repeated under its key is acknowledged, and counts once."""
    async with rest_client(cluster.servers[0]) as client:
        for token in tokens:
            for _ in range(20):
                response = await vote_by_rest(client, token, poll, poll.option_ids[1], key="k" * 16)
                if response.status != 503:
                    break
            assert response.status == 201
    assert stored_votes(cluster, poll) == {0: 1, 1: 2, 2: 0}
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"

"""The product under Daphne, as ``manage.py runserver`` starts it: the other server it runs on."""

import asyncio
import os
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.clients.projects import found_project
from tests.embedded import prepare_var_dir
from tests.processes import (
    MANAGE,
    PATIENCE_S,
    ServerProcess,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    vote_by_rest,
    vote_by_socket,
)
from tests.site.body_forms import check_bodies


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    directory = tmp_path_factory.mktemp("daphne")
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {
        "ENVIRONMENT": "development",
        "VAR_DIR": str(directory),
    }
    command = [*MANAGE, "runserver", "--noreload", "127.0.0.1:{port}"]
    server = ServerProcess(command, environment, directory / "server.log")
    prepare_var_dir(directory)
    server.manage("migrate", "--verbosity=0")
    server.start()
    yield server
    server.stop()


async def test_polls_votes_and_sockets_work_under_daphne(server: ServerProcess) -> None:
    poll = await create_poll(server)
    tokens = await create_guests(server, 3)
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client,
        open_sockets(server, [None, tokens[0]]) as [watcher, voter],
    ):
        await watcher.join(poll)
        assert (await vote_by_socket(voter, poll, poll.option_ids[0])).is_acknowledged
        for token in tokens[1:]:
            assert (await vote_by_rest(client, token, poll, poll.option_ids[1])).is_acknowledged
        await eventually(lambda: counts_of(watcher.tally) == [1, 2, 0], "all votes are shown")
        health = await client.get("/health")
        assert (health.json()["status"], health.headers["Server"]) == ("OK", "daphne")


async def test_the_root_takes_sockets_of_projects_under_daphne(server: ServerProcess) -> None:
    project_id, ada, _ = await found_project(server)
    root = server.ws_url.removesuffix("ws")
    async with connect(f"{root}?token={ada}&projectId={project_id}") as socket:
        await socket.send('{"type": "ping", "ref": 1}')
        assert '"reply"' in await asyncio.wait_for(socket.recv(), PATIENCE_S)
    with pytest.raises(InvalidStatus):
        await connect(root)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_counts_the_same_with_and_without_a_length_under_daphne(
    server: ServerProcess, is_chunked: bool
) -> None:
    check_bodies(server, is_chunked=is_chunked)

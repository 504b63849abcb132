"""Live projects in two server processes: the same people in both, and no activity lost."""

import asyncio
import random
from collections.abc import Sequence

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.faults.load import ids_of
from tests.processes import Cluster, ServerProcess, Socket, eventually, open_sockets, rest_client
from tests.system.teams import found_team

pytestmark = pytest.mark.services

MEMBERS_PER_PROCESS = 100
CHANGES = 40
FOLLOWERS = 12


def people_in(socket: Socket) -> set[str] | None:
    """The ids of the people in the project, as a client shows them."""
    people: set[str] | None = None
    for frame in socket.frames:
        if frame["type"] == "project-presence-state":
            people = {person["id"] for person in frame["people"]}
        elif frame["type"] == "project-presence-diff":
            assert people is not None
            people = people - set(frame["left"]) | {person["id"] for person in frame["joined"]}
    return people


def who_left(socket: Socket) -> list[str]:
    """The ids of those who have left, as often as that was announced."""
    return sorted(each["user"]["id"] for each in socket.frames if each["type"] == "user-left")


async def join_all(sockets: Sequence[Socket], project_id: str) -> None:
    replies = [await socket.call("join-project", projectId=project_id) for socket in sockets]
    assert {reply["type"] for reply in replies} == {"reply"}


async def test_both_processes_show_the_same_members_also_after_one_is_killed(
    cluster: Cluster,
) -> None:
    here, killed = cluster.servers
    project_id, tokens = await found_team(cluster, 2 * MEMBERS_PER_PROCESS)
    ids = [*ids_of(tokens).values()]
    async with (
        open_sockets(here, tokens[:MEMBERS_PER_PROCESS]) as staying,
        open_sockets(killed, tokens[MEMBERS_PER_PROCESS:]) as lost,
    ):
        await join_all([*staying, *lost], project_id)
        await eventually(
            lambda: all(people_in(socket) == {*ids} for socket in (*staying, *lost)),
            "all show everybody",
        )
        killed.kill()
        left = {*ids[:MEMBERS_PER_PROCESS]}
        await eventually(
            lambda: all(people_in(socket) == left for socket in staying), "half of them are left"
        )
        gone = sorted(ids[MEMBERS_PER_PROCESS:])
        await eventually(lambda: who_left(staying[0]) == gone, "each departure is announced once")
    killed.start()


class Follower:
    """A member who loses the connection again and again, and resumes with ``since``."""

    def __init__(self, servers: Sequence[ServerProcess], token: str, project_id: str) -> None:
        self.seqs: list[int] = []
        self.joins = 0
        self.is_staying = True
        self._servers = servers
        self._token = token
        self._project_id = project_id

    async def stay(self) -> None:
        """Follows the project as long as ``is_staying``."""
        while self.is_staying:
            try:
                async with open_sockets(random.choice(self._servers), [self._token]) as [socket]:
                    await self._follow(socket)
            except (ConnectionError, OSError, ConnectionClosed, TimeoutError):
                await asyncio.sleep(0.1)

    async def _follow(self, socket: Socket) -> None:
        since = len(self.seqs)
        reply = await socket.call("join-project", projectId=self._project_id, since=since)
        if reply["type"] == "error":
            # Such as while the database is busy.
            return
        assert reply["reset"] is False
        self.joins += 1
        self.seqs += [each["seq"] for each in reply["activities"]]
        for _ in range(random.randint(2, 12)):
            await asyncio.sleep(0.05)
            if not socket.is_open:
                break
        # Including what came between the reply and the end of the connection.
        await socket.close()
        activities = [each["activity"] for each in socket.frames if each["type"] == "activity"]
        self.seqs += [each["seq"] for each in activities]


async def change(server: ServerProcess, token: str, project_id: str, number: int) -> None:
    """Changes the project, again if the server is gone."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"change {number}"}
    async with rest_client(server) as client:
        answer = await client.put(
            f"/api/projects/{project_id}", json={"name": f"Name {number}"}, headers=headers
        )
    assert answer.status_code == 200, answer.text


async def test_resuming_members_miss_and_repeat_no_activity(cluster: Cluster) -> None:
    here, killed = cluster.servers
    project_id, tokens = await found_team(cluster, FOLLOWERS)
    followers = [Follower(cluster.servers, token, project_id) for token in tokens]
    tasks = [asyncio.create_task(follower.stay()) for follower in followers]
    for number in range(CHANGES):
        await change(here, tokens[0], project_id, number)
        if number == CHANGES // 3:
            killed.kill()
    await asyncio.to_thread(killed.start)
    everything = list(range(1, CHANGES + 1))
    await eventually(
        lambda: (
            any(task.done() for task in tasks)
            or all(len(each.seqs) >= CHANGES for each in followers)
        ),
        "everybody has every activity",
    )
    for follower in followers:
        follower.is_staying = False
    await asyncio.gather(*tasks)
    assert all(each.seqs == everything for each in followers)
    assert sum(each.joins for each in followers) > 2 * FOLLOWERS


async def test_a_removed_member_is_found_in_the_other_process(cluster: Cluster) -> None:
    here, there = cluster.servers
    project_id, tokens = await found_team(cluster, 2)
    [_, member_id] = ids_of(tokens).values()
    async with open_sockets(there, tokens[1:]) as [socket]:
        await join_all([socket], project_id)
        async with httpx.AsyncClient(base_url=here.url) as client:
            answer = await client.delete(
                f"/api/projects/{project_id}/members/{member_id}",
                headers={"Authorization": f"Bearer {tokens[0]}"},
            )
        assert answer.status_code == 200, answer.text
        await eventually(
            lambda: any(each["type"] == "project-left" for each in socket.frames), "is unsubscribed"
        )

"""Presence of two server processes: both know who is connected, also after one is killed."""

import pytest

from tests.faults.load import ids_of
from tests.processes import (
    Cluster,
    PollHandle,
    ServerProcess,
    Socket,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    rest_client,
)

pytestmark = pytest.mark.services


async def join(sockets: list[Socket], poll: PollHandle) -> None:
    for socket in sockets:
        await socket.join(poll)


def shown(socket: Socket) -> int:
    """The number of people in the last event; 0 without one."""
    counts = [frame["userCount"] for frame in socket.frames if "userCount" in frame]
    return counts[-1] if counts else 0


async def test_both_processes_agree_also_after_one_is_killed(cluster: Cluster) -> None:
    here, killed = cluster.servers
    poll = await create_poll(here)
    tokens = await create_guests(here, 6)
    async with (
        open_sockets(here, tokens[:4]) as staying,
        # Two of them are also connected to the other process.
        open_sockets(killed, tokens[2:]) as lost,
    ):
        await join([*staying, *lost], poll)
        await eventually(
            lambda: {shown(socket) for socket in (*staying, *lost)} == {6}, "both count six people"
        )
        killed.kill()
        await eventually(lambda: {shown(socket) for socket in staying} == {4}, "four are left")
    killed.start()
    # What it starts with, it learns from the other one.
    async with open_sockets(here, tokens[:3]) as staying, open_sockets(killed, tokens[3:4]) as new:
        await join([*staying, *new], poll)
        await eventually(
            lambda: {shown(socket) for socket in (*staying, *new)} == {4}, "both count four people"
        )


async def create_room(server: ServerProcess, poll: PollHandle, tokens: list[str]) -> str:
    """The poll's creator opens a room, and these people become members; returns its id."""
    async with rest_client(server) as client:
        body = {"name": "Kitchen", "isOpen": True}
        created = await client.post("/api/rooms", json=body, headers=poll.headers)
        room_id = str(created.json()["room"]["id"])
        for token in tokens:
            joined = await client.post(
                f"/api/rooms/{room_id}/join", headers={"Authorization": f"Bearer {token}"}
            )
            assert joined.is_success, joined.text
    return room_id


def people_in(socket: Socket) -> set[str] | None:
    """The ids of the people in the room, as a client shows them."""
    people: set[str] | None = None
    for frame in socket.frames:
        if frame["type"] == "presence-state":
            people = {person["id"] for person in frame["people"]}
        elif frame["type"] == "presence-diff":
            assert people is not None
            people = people - set(frame["left"]) | {person["id"] for person in frame["joined"]}
    return people


def is_told_offline(socket: Socket, user_ids: set[str]) -> bool:
    offline = [frame["user"]["id"] for frame in socket.frames if frame["type"] == "user-offline"]
    return sorted(offline) == sorted(user_ids)


async def test_a_room_is_the_same_in_both_processes_also_after_one_is_killed(
    cluster: Cluster,
) -> None:
    here, killed = cluster.servers
    tokens = await create_guests(here, 4)
    ids = [*ids_of(tokens).values()]
    room_id = await create_room(here, await create_poll(here), tokens)
    async with (
        open_sockets(here, tokens[:3]) as staying,
        open_sockets(killed, tokens[2:]) as lost,
    ):
        for socket in (*staying, *lost):
            assert (await socket.call("join-room", roomId=room_id))["status"] == "ok"
        await eventually(
            lambda: all(people_in(socket) == set(ids) for socket in (*staying, *lost)),
            "all show all four",
        )
        killed.kill()
        await eventually(
            lambda: all(people_in(socket) == set(ids[:3]) for socket in staying), "three are left"
        )
        await eventually(
            lambda: all(is_told_offline(socket, {ids[3]}) for socket in staying),
            "the members are told once who has gone",
        )
    killed.start()

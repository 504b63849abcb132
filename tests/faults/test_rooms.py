"""Rooms under load: every member ends with the same complete sequence, whatever breaks.

``CHAT_FAULT_SECONDS=20`` runs the first test for as long as its description says; by default it is
shorter.
"""

import asyncio
import os
import random
from collections.abc import Sequence

import pytest

from tests.faults.members import (
    Member,
    Writers,
    assert_acknowledged_once,
    create_open_room,
    following,
    stored_messages,
)
from tests.processes import Cluster, eventually

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("CHAT_FAULT_SECONDS", "6"))
MEMBERS = 300
MESSAGES_PER_SECOND = 100
WRITERS = 4


async def test_every_member_ends_with_the_same_sequence(cluster: Cluster) -> None:
    """300 members, 100 messages/s over two processes, random drops, and Redis killed."""
    room_id, tokens = await create_open_room(cluster.servers[0], MEMBERS)
    members = [Member(cluster.servers, token, room_id) for token in tokens]
    writers = Writers(room_id)
    async with following(members):
        await eventually(lambda: all(each.joins for each in members), "all have joined")
        work = write_all(cluster, writers, tokens, int(SECONDS * MESSAGES_PER_SECOND))
        dropping = asyncio.create_task(drop_at_random(members))
        await until_acknowledged(writers, int(SECONDS * MESSAGES_PER_SECOND / 3))
        cluster.redis.kill()
        await until_acknowledged(writers, int(SECONDS * MESSAGES_PER_SECOND * 2 / 3))
        await asyncio.to_thread(cluster.redis.start)
        await asyncio.gather(*work)
        dropping.cancel()
        await have_converged(cluster, room_id, members)
    assert not writers.failures
    assert_acknowledged_once(cluster, room_id, writers)
    assert sum(each.joins for each in members) > MEMBERS + 20


async def test_a_killed_process_loses_no_acknowledged_message(cluster: Cluster) -> None:
    doomed, other = cluster.servers
    room_id, tokens = await create_open_room(other, 40)
    members = [Member(cluster.servers, token, room_id) for token in tokens]
    writers = Writers(room_id)
    async with following(members):
        await eventually(lambda: all(each.joins for each in members), "all have joined")
        work = write_all(cluster, writers, tokens, 400)
        await until_acknowledged(writers, 100)
        doomed.kill()
        await until_acknowledged(writers, 200)
        await asyncio.to_thread(doomed.start)
        await asyncio.gather(*work)
        await have_converged(cluster, room_id, members)
    assert writers.failures
    assert_acknowledged_once(cluster, room_id, writers)


def write_all(
    cluster: Cluster, writers: Writers, tokens: Sequence[str], count: int
) -> list[asyncio.Task[None]]:
    """Starts the writers, half of them in each process."""
    interval_s = WRITERS / MESSAGES_PER_SECOND
    return [
        asyncio.create_task(
            writers.write(
                cluster.servers[:: 1 - 2 * (n % 2)], tokens[n], count // WRITERS, interval_s
            )
        )
        for n in range(WRITERS)
    ]


async def until_acknowledged(writers: Writers, count: int) -> None:
    await eventually(lambda: len(writers.acknowledged) >= count, f"{count} messages")


async def drop_at_random(members: Sequence[Member]) -> None:
    while True:
        random.choice(members).drop()
        await asyncio.sleep(0.05)


async def have_converged(cluster: Cluster, room_id: str, members: Sequence[Member]) -> None:
    """Waits until every member has every message; asserts that none was seen twice."""
    expected = stored_messages(cluster, room_id)
    await eventually(
        lambda: all(len(each.texts) == len(expected) for each in members),
        "every member has all messages",
    )
    for member in members:
        assert member.texts == expected
        assert not member.wrong

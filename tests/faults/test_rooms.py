"""Rooms under load: every member ends with the same complete sequence, whatever breaks.

``CHAT_FAULT_SECONDS=20`` runs the first test for as long as its description says; by default it is
shorter.
"""

import asyncio
import os
import random
from collections.abc import Sequence

import pytest

from tests.faults.members import Member
from tests.faults.room_load import (
    MESSAGES_PER_SECOND,
    Writers,
    assert_acknowledged_once,
    create_open_room,
    following,
    have_converged,
    until_acknowledged,
    write_all,
)
from tests.processes import Cluster, eventually

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("CHAT_FAULT_SECONDS", "6"))
MEMBERS = 300


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


async def drop_at_random(members: Sequence[Member]) -> None:
    while True:
        random.choice(members).drop()
        await asyncio.sleep(0.05)

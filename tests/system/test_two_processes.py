"""Two server processes, real sockets, PostgreSQL and Redis: everybody ends on the same truth."""

import asyncio
import itertools
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.processes import (
    PATIENCE_S,
    Cluster,
    PollHandle,
    Socket,
    VoteLog,
    VoteResult,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    vote_by_rest,
    vote_by_socket,
)

pytestmark = pytest.mark.services

WATCHERS = 20
VOTERS = 120


def stored_counts(cluster: Cluster, poll: PollHandle) -> list[int]:
    """The votes, counted one by one."""
    rows = cluster.query(
        "SELECT o.id, count(v.id) FROM polls_option o LEFT JOIN votes_vote v ON v.option_id = o.id"
        " WHERE o.poll_id = %s GROUP BY o.id, o.position ORDER BY o.position",
        poll.id,
    )
    return [count for _, count in rows]


async def open_clients(stack: AsyncExitStack, cluster: Cluster) -> list[httpx.AsyncClient]:
    """A REST client for each process."""
    limits = httpx.Limits(max_connections=200)
    return [
        await stack.enter_async_context(
            httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S, limits=limits)
        )
        for server in cluster.servers
    ]


async def test_all_watchers_end_on_the_same_exact_tally(cluster: Cluster) -> None:
    poll = await create_poll(cluster.servers[0])
    tokens = await create_guests(cluster.servers[1], VOTERS)
    vote_log = VoteLog()
    async with AsyncExitStack() as stack:
        clients = await open_clients(stack, cluster)
        watchers: list[Socket] = []
        for server in cluster.servers:
            watchers += await stack.enter_async_context(open_sockets(server, [None] * WATCHERS))
        await asyncio.gather(*(watcher.join(poll) for watcher in watchers))

        by_socket, by_rest = tokens[: VOTERS // 2], tokens[VOTERS // 2 :]
        voters: list[Socket] = []
        for server, half in zip(cluster.servers, (by_socket[::2], by_socket[1::2]), strict=True):
            voters += await stack.enter_async_context(open_sockets(server, half))
        choices = itertools.cycle(poll.option_ids)
        work = []
        for token, voter in zip((*by_socket[::2], *by_socket[1::2]), voters, strict=True):
            option_id = next(choices)
            work.append(vote_log.record(token, option_id, vote_by_socket(voter, poll, option_id)))
        for token, client in zip(by_rest, itertools.cycle(clients), strict=False):
            option_id = next(choices)
            work.append(
                vote_log.record(token, option_id, vote_by_rest(client, token, poll, option_id))
            )
        await asyncio.gather(*work)

        expected = stored_counts(cluster, poll)
        assert len(vote_log.acknowledged) == sum(expected) == VOTERS
        await eventually(
            lambda: all(counts_of(watcher.tally) == expected for watcher in watchers),
            f"all watchers show {expected}",
        )
    [(version,)] = cluster.query("SELECT version FROM polls_poll WHERE id = %s", poll.id)
    for watcher in watchers:
        assert watcher.versions == sorted(watcher.versions)
        assert watcher.versions[-1] == version


@pytest.mark.parametrize("allows_change", [False, True])
async def test_two_hundred_simultaneous_votes_of_one_person_are_one_vote(
    cluster: Cluster, allows_change: bool
) -> None:
    """By REST and sockets, in both processes, all different: one vote, and honest answers."""
    poll = await create_poll(
        cluster.servers[0],
        options=[f"Option {number}" for number in range(50)],
        allowChange=allows_change,
    )
    [token] = await create_guests(cluster.servers[0], 1)
    async with AsyncExitStack() as stack:
        clients = await open_clients(stack, cluster)
        sockets: list[Socket] = []
        for server in cluster.servers:
            sockets += await stack.enter_async_context(open_sockets(server, [token] * 10))
        choices = itertools.cycle(poll.option_ids)
        work = [
            vote_by_socket(socket, poll, next(choices)) for socket in sockets for _ in range(5)
        ] + [
            vote_by_rest(client, token, poll, next(choices))
            for _ in range(50)
            for client in clients
        ]
        answers: list[VoteResult] = await asyncio.gather(*work)

    assert len(answers) == 200
    statuses = [answer.status for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= ({200, 201, 409} if allows_change else {201, 409})
    rows = cluster.query("SELECT id, option_id FROM votes_vote WHERE poll_id = %s", poll.id)
    [(vote_id, option_id)] = [(str(vote), str(option)) for vote, option in rows]
    for answer in answers:
        # Each shows the one vote there is: as it became, or as it stood in the way.
        assert answer.body["vote"]["id"] == vote_id
        if answer.status == 409:
            assert "already voted" in answer.body["message"]
    acknowledged = [each.body["vote"]["pollOptionId"] for each in answers if each.is_acknowledged]
    assert option_id in acknowledged
    if not allows_change:
        assert acknowledged == [option_id]
    assert sum(stored_counts(cluster, poll)) == 1
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


async def test_votes_that_race_with_a_close_are_counted_or_refused(cluster: Cluster) -> None:
    """Fifty votes; the poll is closed as soon as some of them have been acknowledged."""
    poll = await create_poll(cluster.servers[0])
    tokens = await create_guests(cluster.servers[1], 55)
    racing, late = tokens[:50], tokens[50:]
    vote_log = VoteLog()
    some_are_in = asyncio.Event()
    async with AsyncExitStack() as stack:
        clients = await open_clients(stack, cluster)
        sockets: list[Socket] = []
        for server, half in zip(cluster.servers, (racing[:12], racing[12:24]), strict=True):
            sockets += await stack.enter_async_context(open_sockets(server, half))
        gate = asyncio.Semaphore(8)

        async def vote(number: int, token: str) -> None:
            async with gate:
                option_id = poll.option_ids[number % 3]
                if number < len(sockets):
                    answer = vote_by_socket(sockets[number], poll, option_id)
                else:
                    client = clients[number % 2]
                    answer = vote_by_rest(client, token, poll, option_id)
                await vote_log.record(token, option_id, answer)
                if len(vote_log.acknowledged) >= 10:
                    some_are_in.set()

        async def close() -> None:
            await some_are_in.wait()
            answer = await clients[1].put(f"/api/polls/{poll.id}/close", headers=poll.headers)
            assert answer.status_code == 200

        numbered = list(enumerate(racing))
        # REST and sockets take turns, so that both race.
        mixed = [
            each
            for pair in itertools.zip_longest(numbered[:24], numbered[24:])
            for each in pair
            if each
        ]
        await asyncio.gather(close(), *(vote(number, token) for number, token in mixed))
        for token in late:
            answer = await vote_by_rest(clients[0], token, poll, poll.option_ids[0])
            assert (answer.status, answer.body["code"]) == (409, "poll.closed")

    assert len(vote_log.acknowledged) >= 10
    assert vote_log.refused
    assert len(vote_log.acknowledged) + len(vote_log.refused) == 50
    assert {answer.body["code"] for answer in vote_log.refused} == {"poll.closed"}
    assert sum(stored_counts(cluster, poll)) == len(vote_log.acknowledged)
    [(is_in_order,)] = cluster.query(
        "SELECT bool_and(v.created_at <= p.closed_at) FROM votes_vote v"
        " JOIN polls_poll p ON p.id = v.poll_id WHERE p.id = %s",
        poll.id,
    )
    assert is_in_order
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


async def test_what_is_suspended_in_one_process_ends_in_the_other(cluster: Cluster) -> None:
    [token] = await create_guests(cluster.servers[0], 1)
    cluster.manage("shell", "-c", MAKE_STAFF)
    async with open_sockets(cluster.servers[1], [token]) as [socket]:
        assert (await socket.call("ping"))["status"] == "ok"
        cluster.manage("shell", "-c", SUSPEND_ALL_GUESTS)
        assert await socket.closed_with() == 4503


MAKE_STAFF = """
from accounts.models import User
User.objects.create_superuser("staff@example.org", "Staff", "correct horse battery")
"""
SUSPEND_ALL_GUESTS = """
from accounts.models import User
from accounts.services import suspend_user
from apikit.actors import Actor
staff = Actor(User.objects.get(email="staff@example.org").id, is_staff=True)
for guest in User.objects.filter(is_guest=True):
    suspend_user(actor=staff, user_id=guest.id, reason="test")
"""

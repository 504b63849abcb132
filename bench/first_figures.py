"""First figures: votes a second over REST and over sockets, frames a second to watchers.

    make bench

Server, database, Redis and clients share the machine, so the figures are for orientation; ratios
between the lines of one run say more. Every vote that was acknowledged is looked for in the
database, and every watcher's last frame is held against it.
"""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

import uvloop

from bench.clients import SocketClient, open_http, open_socket
from bench.server import Site, running_site

CONNECTIONS = 32
SOCKETS = 200
VOTES_PER_VOTER = 20
WATCHERS = 500


@dataclass(frozen=True, slots=True)
class Figure:
    """What one measurement came to."""

    what: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms_each: float

    def as_line(self) -> str:
        return (
            f"{self.what:<44}{self.per_second:>9.0f}/s{self.p50_ms:>9.1f}{self.p99_ms:>9.1f}"
            f"{self.cpu_ms_each:>12.2f}"
        )


async def measure(
    what: str, site: Site, workers: Iterable[Awaitable[None]], times_s: list[float]
) -> Figure:
    """Runs the workers side by side; each adds the time of each of its requests to ``times_s``."""
    before = site.vote_count()
    cpu_s, started_s = site.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*workers)
    elapsed_s = time.perf_counter() - started_s
    cpu_s = site.cpu_seconds() - cpu_s
    counted = site.vote_count() - before
    if counted != len(times_s):
        raise SystemExit(f"{what}: {len(times_s)} acknowledged, {counted} counted")
    ordered = sorted(times_s)
    return Figure(
        what,
        len(ordered) / elapsed_s,
        statistics.median(ordered) * 1000,
        ordered[int(len(ordered) * 0.99)] * 1000,
        cpu_s / len(ordered) * 1000,
    )


async def votes_over_rest(site: Site, what: str) -> Figure:
    """Over ``CONNECTIONS`` connections, each with its next vote after the answer to the last."""
    times_s: list[float] = []
    clients = [await open_http(site.port) for _ in range(CONNECTIONS)]
    work = iter([(token, poll) for poll in site.polls[:VOTES_PER_VOTER] for token in site.tokens])
    choices = itertools.cycle(range(4))

    async def run(number: int) -> None:
        for token, (poll_id, option_ids) in work:
            body = json.dumps({"pollOptionId": option_ids[next(choices)]}).encode()
            started_s = time.perf_counter()
            status = await clients[number].post(f"/api/polls/{poll_id}/vote", body, token)
            if status != 201:
                raise SystemExit(f"{what}: {status}")
            times_s.append(time.perf_counter() - started_s)

    workers = [run(number) for number in range(CONNECTIONS)]
    figure = await measure(what, site, workers, times_s)
    for client in clients:
        client.close()
    return figure


async def votes_over_sockets(site: Site, what: str) -> Figure:
    """Over ``SOCKETS`` sockets, each somebody's, each with its next vote after the answer."""
    times_s: list[float] = []
    sockets = [await open_socket(site.port, token) for token in site.tokens[:SOCKETS]]
    polls = site.polls[VOTES_PER_VOTER:]

    async def run(socket: SocketClient, offset: int) -> None:
        for number, (poll_id, option_ids) in enumerate(polls):
            option_id = option_ids[(number + offset) % 4]
            started_s = time.perf_counter()
            answer = await cast(socket, poll_id, option_id)
            if not answer.startswith(b'{"type":"reply"'):
                raise SystemExit(f"{what}: {answer!r}")
            times_s.append(time.perf_counter() - started_s)

    workers = [run(socket, offset) for offset, socket in enumerate(sockets)]
    figure = await measure(what, site, workers, times_s)
    for socket in sockets:
        socket.close()
    return figure


async def cast(socket: SocketClient, poll_id: str, option_id: str) -> bytes:
    frame = {"type": "cast-vote", "ref": 1, "pollId": poll_id, "pollOptionId": option_id}
    return await socket.call(json.dumps(frame).encode())


async def frames_to_watchers(site: Site, what: str) -> str:
    """``WATCHERS`` follow one poll while everybody votes in it."""
    poll_id, option_ids = site.polls[-1]
    join = json.dumps({"type": "join-poll", "ref": 1, "pollId": poll_id}).encode()
    watchers = [await open_socket(site.port) for _ in range(WATCHERS)]
    await asyncio.gather(*(watcher.call(join) for watcher in watchers))
    voters = [await open_socket(site.port, token) for token in site.tokens[SOCKETS:]]
    before = sum(watcher.frames for watcher in watchers)
    cpu_s, started_s = site.cpu_seconds(), time.perf_counter()
    for number, voter in enumerate(voters):
        await cast(voter, poll_id, option_ids[number % 4])
    elapsed_s = time.perf_counter() - started_s
    cpu_s = site.cpu_seconds() - cpu_s
    frames = sum(watcher.frames for watcher in watchers) - before
    await asyncio.sleep(2)
    check_last_frames(watchers, len(voters))
    for socket in (*watchers, *voters):
        socket.close()
    return f"{what:<44}{frames / elapsed_s:>9.0f}/s{'':>18}{cpu_s / frames * 1000:>12.3f}"


def check_last_frames(watchers: list[SocketClient], votes: int) -> None:
    """Every watcher has to end on the tally of all votes."""
    for watcher in watchers:
        total = json.loads(watcher.last_update)["poll"]["totalVotes"]
        if total != votes:
            raise SystemExit(f"a watcher shows {total} votes of {votes}")


async def run_all(processes: int) -> list[str]:
    polls = 2 * VOTES_PER_VOTER + 1
    with running_site(processes=processes, voters=2 * SOCKETS, polls=polls) as site:
        name = f"{processes} process{'es' if processes > 1 else ''}"
        rest = await votes_over_rest(site, f"votes over REST, {CONNECTIONS} connections, {name}")
        # The polls the next ones use are fresh, so that nobody has voted in them.
        last, site.polls = site.polls[-1], site.polls[:-1]
        sockets = await votes_over_sockets(site, f"votes over {SOCKETS} sockets, {name}")
        site.polls.append(last)
        frames = await frames_to_watchers(site, f"frames to {WATCHERS} watchers, {name}")
    return [rest.as_line(), sockets.as_line(), frames]


def main() -> None:
    print(f"{'':<44}{'':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms each':>12}")
    for processes in (1, 2):
        for line in uvloop.run(run_all(processes)):
            print(line, flush=True)


if __name__ == "__main__":
    main()

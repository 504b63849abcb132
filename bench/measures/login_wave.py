"""A login wave: 200 people sign in at the same time while others vote."""

import asyncio
import json
import time
from collections import Counter

from bench.bench import Bench
from bench.clients.http import HttpClient, open_http
from bench.contestants.base import PASSWORD, Contestant, PollHandle, Setup
from bench.contestants.tallyroom import running_tallyroom
from bench.errors import BenchError
from bench.figures import Findings, Goal, Row, median_of, p99, ratio_of, row_of
from bench.voting import steady_rest_votes, warm_up

LOGINS = 200
VOTES_PER_SECOND = 100
SECONDS = 5.0
BOUND = 3.0
WHAT = f"{VOTES_PER_SECOND} votes a second"


async def run(bench: Bench) -> Findings:
    repetitions = bench.repetitions
    count = int(VOTES_PER_SECOND * bench.seconds(SECONDS))
    setup = Setup(voters=count, polls=(0,) * 2 * repetitions, accounts=LOGINS)
    calm, busy, logins = [], [], []
    with running_tallyroom(bench.services, setup) as contestant:
        await warm_up(contestant)
        for number in range(repetitions):
            first, second = contestant.known.polls[2 * number :][:2]
            calm.append(await _vote(contestant, first, f"{WHAT}, nobody signing in"))
            # Votes start with the wave, so that as many as possible coincide with it.
            during, wave = await asyncio.gather(
                _vote(contestant, second, f"{WHAT}, {LOGINS} signing in"), _sign_in(contestant)
            )
            busy.append(during)
            logins.append(wave)
    rows = [median_of(calm), median_of(busy), median_of(logins)]
    what = "login wave: votes' p99 by that without it"
    goal = Goal(what, ratio_of(busy, calm, p99), BOUND, is_most=True)
    return [*rows, goal]


async def _vote(contestant: Contestant, poll: PollHandle, what: str) -> Row:
    return await steady_rest_votes(
        what, contestant, poll, contestant.known.tokens, VOTES_PER_SECOND
    )


async def _sign_in(contestant: Contestant) -> Row:
    """Signs everybody in; people who get 429 retry as requested."""
    times_s: list[float] = []
    turned_away: Counter[int] = Counter()

    async def sign_in(email: str) -> None:
        client = await open_http(contestant.port)
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        started_s = time.perf_counter()
        while (status := await client.post("/api/auth/login", body)) in {429, 503}:
            turned_away[status] += 1
            await asyncio.sleep(_wait_s(client))
        if status != 200:
            raise BenchError(f"{contestant.name} did not let {email} in: {client.body!r}")
        times_s.append(time.perf_counter() - started_s)
        client.close()

    before = contestant.usage()
    await asyncio.gather(*(sign_in(email) for email in contestant.known.emails))
    usage = contestant.usage().since(before)
    note = "; ".join(f"{count} times answered {status}" for status, count in turned_away.items())
    return row_of(f"{LOGINS} sign in at once", contestant.name, usage, times_s, "logins/s", note)


def _wait_s(client: HttpClient) -> float:
    """Returns the seconds in Retry-After, or one."""
    retry_after = client.header.partition(b"retry-after: ")[2].partition(b"\r")[0]
    return float(retry_after or 1)

"""Double votes: people send two votes at the same time. Nobody may end up with two."""

import asyncio
import json

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row

PEOPLE = 200


async def run(bench: Bench) -> Findings:
    ours = await _measure(bench, running_tallyroom)
    theirs = await _measure(bench, running_node)
    return [ours, theirs, Goal("people with two votes", ours.value, 0, "people", is_most=True)]


async def _measure(bench: Bench, start: Start) -> Row:
    people = bench.size(PEOPLE)
    with start(bench.services, Setup(voters=people)) as contestant:
        await _vote_twice(contestant)
        [poll] = contestant.known.polls
        double = sum(contestant.count_votes(poll)) - people
    what = f"of {people} people who send two votes at once, those with two votes"
    return Row(what, contestant.name, double, "people")


async def _vote_twice(contestant: Contestant) -> None:
    [poll] = contestant.known.polls
    path = f"/api/polls/{poll.id}/vote"
    bodies = [json.dumps({"pollOptionId": option_id}).encode() for option_id in poll.option_ids]
    clients = await contestant.open_http(2)
    for token in contestant.known.tokens:
        await asyncio.gather(
            *(client.post(path, body, token) for client, body in zip(clients, bodies, strict=False))
        )
    close_all(clients)

"""A vote alone: from sending to acknowledgement, nothing else going on."""

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of, row_of
from bench.load import RestVotes, SocketVotes, Vote, ballots, closed_loop
from bench.voting import warm_up

VOTERS = 200
MOST_S = 30.0


async def run(bench: Bench) -> Findings:
    theirs = await _measure(bench, running_node)
    ours = await _measure(bench, running_tallyroom)
    findings: Findings = []
    for we, they in zip(ours, theirs, strict=True):
        assert we.p50_ms is not None
        assert they.p50_ms is not None
        goal = Goal(f"{we.what}: p50, yardstick 1's", we.p50_ms, they.p50_ms, "ms", is_most=True)
        findings += [we, they, goal]
    return findings


async def _measure(bench: Bench, start: Start) -> list[Row]:
    setup = Setup(voters=VOTERS, polls=(0,) * 2 * bench.repetitions)
    rest, sockets = [], []
    with start(bench.services, setup) as contestant:
        await warm_up(contestant)
        for number in range(bench.repetitions):
            [client] = await contestant.open_http(1)
            rest.append(await _one_by_one(contestant, number, "REST", RestVotes([client])))
            client.close()
        voters = await contestant.open_voters(contestant.known.tokens)
        for number in range(bench.repetitions, 2 * bench.repetitions):
            votes = SocketVotes(voters)
            sockets.append(await _one_by_one(contestant, number, "a socket", votes))
        close_all(voters)
    return [median_of(rest), median_of(sockets)]


async def _one_by_one(contestant: Contestant, number: int, way: str, vote: Vote) -> Row:
    lane = ballots([contestant.known.polls[number]], contestant.known.tokens)
    run = await closed_loop(contestant, vote, [lane], MOST_S)
    return row_of(f"a vote alone over {way}", contestant.name, run.usage, run.times_s, "votes/s")

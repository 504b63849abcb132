"""A single vote: from sending to acknowledgement, without other load.

A pause before each vote lets the work of the previous one finish: Tallyroom publishes a vote to its
other processes after the response, the Node server before it. Without the pause, that work would
count towards the next vote.
"""

from bench.bench import Bench
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.figures import Findings, Goal, Row, median_of, p50, ratio_of, row_of
from bench.load import RestVotes, SocketVotes, Vote, ballots, closed_loop
from bench.voting import warm_up

VOTERS = 200
MOST_S = 30.0
PAUSE_S = 0.02


async def run(bench: Bench) -> Findings:
    rounds = bench.repetitions
    setup = Setup(voters=VOTERS, polls=(0,) * 2 * rounds)

    async def over_socket(contestant: Contestant, number: int) -> Row:
        return await _over_socket(contestant, rounds + number)

    findings: Findings = []
    with running_side_by_side(bench.services, setup) as contestants:
        for contestant in contestants:
            await warm_up(contestant)
        for measure in (_over_rest, over_socket):
            ours, theirs = await by_turns(contestants, rounds, measure)
            goal = f"{ours[0].what}: p50 by the Node server's"
            ratio = ratio_of(ours, theirs, p50)
            findings += [median_of(ours), median_of(theirs), Goal(goal, ratio, 1.0, is_most=True)]
    return findings


async def _over_rest(contestant: Contestant, number: int) -> Row:
    clients = await contestant.open_http(1)
    row = await _one_by_one(contestant, number, "REST", RestVotes(clients))
    close_all(clients)
    return row


async def _over_socket(contestant: Contestant, number: int) -> Row:
    voters = await contestant.open_voters(contestant.known.tokens)
    row = await _one_by_one(contestant, number, "a socket", SocketVotes(voters))
    close_all(voters)
    return row


async def _one_by_one(contestant: Contestant, number: int, way: str, vote: Vote) -> Row:
    lane = ballots([contestant.known.polls[number]], contestant.known.tokens)
    run = await closed_loop(contestant, vote, [lane], MOST_S, PAUSE_S)
    return row_of(f"a vote alone over {way}", contestant.name, run.usage, run.times_s, "votes/s")

"""Every kind of question over REST: votes in closed loops, by turns with single choice.

The ratio of the CPU time per vote is that of the server and the services together. Options are five
unless the name says otherwise; words are three of three thousand, some of them frequent.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.bench import Bench
from bench.clients.http import HttpClient
from bench.contestants.base import PASSWORD, Contestant, PollHandle, Setup, close_all
from bench.contestants.tallyroom import running_tallyroom
from bench.errors import BenchError
from bench.figures import Findings, Row, median_of, rate, ratio_of, row_of
from bench.load import Ballot, RestVotes, ballots, closed_loop
from bench.voting import CONNECTIONS, warm_up

SECONDS = 1.0
TURNS_PER_REPETITION = 2
# Per turn, in each of its polls.
VOTERS = 2_000
# Different bodies per poll, made before the load begins.
BODIES = 500
WORDS = 3_000

Answer = dict[str, Any]
Draw = Callable[[Random, Sequence[str]], list[Answer]]


@dataclass(frozen=True, slots=True)
class Case:
    """A kind with its settings, and how its ballots are drawn."""

    kind: str
    draw: Draw
    options: int = 5
    settings: Mapping[str, Any] = field(default_factory=dict)


def _one(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"optionId": chance.choice(ids)}]


def _three(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"optionId": id_} for id_ in chance.sample(ids, 3)]


def _order(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"optionId": id_} for id_ in chance.sample(ids, len(ids))]


def _levels(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"optionId": id_, "score": chance.randint(1, 3)} for id_ in ids]


def _points(chance: Random, ids: Sequence[str]) -> list[Answer]:
    first, second = chance.sample(ids, 2)
    points = chance.randint(1, 99)
    return [{"optionId": first, "score": points}, {"optionId": second, "score": 100 - points}]


def _number(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"number": chance.randint(0, 100)}]


def _words(chance: Random, ids: Sequence[str]) -> list[Answer]:
    numbers = {int(WORDS ** chance.random()) for _ in range(3)}
    return [{"text": f"word {number}"} for number in numbers]


def _text(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"text": f"I would rather have {chance.random()} of it."}]


def _place(chance: Random, ids: Sequence[str]) -> list[Answer]:
    return [{"x": chance.random(), "y": chance.random()}]


SLOTS = [{"day": f"2027-01-0{day}"} for day in range(1, 6)]
SINGLE = "single"
CASES: Mapping[str, Case] = {
    SINGLE: Case("single", _one),
    "multiple, 3 of 5": Case("multiple", _three),
    "rating": Case("rating", _levels),
    "rating, STAR, 10 options": Case("rating", _levels, 10, {"method": "star"}),
    "ranking, Borda": Case("ranking", _order),
    "ranking, Schulze, 20 options": Case("ranking", _order, 20, {"method": "schulze"}),
    "ranking, instant runoff, 20 options": Case(
        "ranking", _order, 20, {"method": "instant_runoff"}
    ),
    "points": Case("points", _points),
    "numeric": Case("numeric", _number, 0),
    "word cloud": Case("word_cloud", _words, 0),
    "open text": Case("open_text", _text, 0),
    "hotspot": Case("hotspot", _place, 0),
    "dates": Case("dates", _levels, 5, {"slots": SLOTS}),
}


async def run(bench: Bench) -> Findings:
    turns = TURNS_PER_REPETITION * bench.repetitions
    setup = Setup(voters=turns * VOTERS, polls=(0,), accounts=1)
    rows: dict[str, list[Row]] = {name: [] for name in CASES}
    with running_tallyroom(bench.services, setup) as contestant:
        await warm_up(contestant)
        owner = await _sign_in(contestant)
        for number in range(turns):
            tokens = contestant.known.tokens[number * VOTERS :][:VOTERS]
            for name in Random(number).sample(list(CASES), len(CASES)):
                poll = await _create_poll(contestant, owner, CASES[name])
                seconds = bench.seconds(SECONDS)
                rows[name].append(await _vote(contestant, name, poll, tokens, seconds))
    findings: Findings = []
    for name, measured in rows.items():
        findings.append(median_of(measured))
        if name != SINGLE:
            findings += _compare(name, measured, rows[SINGLE])
    return findings


def _compare(name: str, measured: Sequence[Row], single: Sequence[Row]) -> Findings:
    cpu = ratio_of(measured, single, _cpu_ms)
    votes = ratio_of(measured, single, rate)
    return [
        Row(f"{name}: CPU per vote, by that of single choice", "Tallyroom", cpu, "times"),
        Row(f"{name}: votes/s, by those of single choice", "Tallyroom", votes, "times"),
    ]


def _cpu_ms(row: Row) -> float:
    assert row.server_cpu_ms is not None
    assert row.services_cpu_ms is not None
    return row.server_cpu_ms + row.services_cpu_ms


class KindVotes(RestVotes):
    """Sends one of these bodies for each vote."""

    def __init__(self, clients: Sequence[HttpClient], bodies: Sequence[bytes]) -> None:
        super().__init__(clients)
        self._bodies = bodies
        self._chance = Random(0)

    async def __call__(self, ballot: Ballot) -> bool:
        client = await self._free.get()
        body = self._chance.choice(self._bodies)
        status = await client.post(f"/api/polls/{ballot.poll.id}/vote", body, ballot.token)
        self._free.put_nowait(client)
        return status == 201


async def _vote(
    contestant: Contestant, name: str, poll: PollHandle, tokens: Sequence[str], for_s: float
) -> Row:
    chance, draw = Random(name), CASES[name].draw
    drawn = [draw(chance, poll.option_ids) for _ in range(BODIES)]
    bodies = [json.dumps({"answers": each}).encode() for each in drawn]
    if name == SINGLE:
        bodies = [json.dumps({"pollOptionId": each[0]["optionId"]}).encode() for each in drawn]
    clients = await contestant.open_http(CONNECTIONS)
    lane = ballots([PollHandle(poll.id, ("",))], tokens)
    run = await closed_loop(contestant, KindVotes(clients, bodies), [lane] * CONNECTIONS, for_s)
    await _check_voters(clients[0], poll, len(run.times_s))
    close_all(clients)
    return row_of(f"votes over REST, {name}", contestant.name, run.usage, run.times_s, "votes/s")


async def _check_voters(client: HttpClient, poll: PollHandle, acknowledged: int) -> None:
    await client.get(f"/api/polls/{poll.id}/results")
    counted = json.loads(client.body)["poll"]["totalVoters"]
    if counted != acknowledged:
        raise BenchError(f"{acknowledged} ballots acknowledged, {counted} counted.")


async def _sign_in(contestant: Contestant) -> str:
    [client] = await contestant.open_http(1)
    account = {"email": contestant.known.emails[0], "password": PASSWORD}
    status = await client.post("/api/auth/login", json.dumps(account).encode())
    assert status == 200, client.body
    client.close()
    return str(json.loads(client.body)["tokens"]["accessToken"])


async def _create_poll(contestant: Contestant, owner: str, case: Case) -> PollHandle:
    [client] = await contestant.open_http(1)
    fields = {
        "question": "What do you think?",
        "kind": case.kind,
        "settings": case.settings,
        "options": [f"Option {number}" for number in range(case.options)],
        "isPublished": True,
    }
    status = await client.post("/api/polls", json.dumps(fields).encode(), owner)
    assert status == 201, client.body
    poll = json.loads(client.body)["poll"]
    client.close()
    return PollHandle(poll["id"], tuple(option["id"] for option in poll["options"]))

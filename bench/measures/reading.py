"""Reading: the list, a poll and its results under wrk, with few and with many votes.

A poll is read with the headers that a browser sends, too.
"""

import re
import subprocess

from bench.bench import Bench
from bench.clients.http import BROWSER_HEADERS
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.errors import BenchError
from bench.figures import Findings, Goal, Row, median_of
from tools.services import find_binary

CONNECTIONS = 32
SECONDS = 2
POLLS = 10
FEW, MANY = 1_000, 100_000
PATHS = {
    "GET /polls": "",
    "GET /polls/{id}": "/{id}",
    "GET /polls/{id}/results": "/{id}/results",
    "GET /polls/{id}, a browser's headers": "/{id}",
}
# Browsers send no Origin with a GET to their own.
HEADERS = {
    "GET /polls/{id}, a browser's headers": {
        name: value for name, value in BROWSER_HEADERS.items() if name != "Origin"
    }
}
FLAT = 0.8
LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)\s*$", re.MULTILINE)
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}

Rows = dict[tuple[str, int], Row]


async def run(bench: Bench) -> Findings:
    ours, theirs = _measure(bench, running_tallyroom), _measure(bench, running_node)
    findings: Findings = []
    for name in PATHS:
        for votes in (FEW, MANY):
            we, they = ours[name, votes], theirs[name, votes]
            findings += [
                we,
                they,
                Goal(f"{we.what}: by the Node server", we.value / they.value, 1.0),
            ]
        ratio = ours[name, MANY].value / ours[name, FEW].value
        findings.append(Goal(f"{name}: with many votes in it by with few", ratio, FLAT))
    return findings


def _measure(bench: Bench, start: Start) -> Rows:
    rows: Rows = {}
    for votes in (FEW, MANY):
        polls = (0,) * (POLLS - 1) + (bench.size(votes),)
        with start(bench.services, Setup(polls=polls)) as contestant:
            poll = contestant.known.polls[-1]
            for name, tail in PATHS.items():
                path = "/api/polls" + tail.format(id=poll.id)
                headers = HEADERS.get(name, {})
                _run_wrk(contestant, path, headers, seconds=1)  # to warm up
                what = f"{name}, {bench.size(votes):,} votes in the poll"
                rows[name, votes] = median_of(
                    [_read(contestant, path, headers, what) for _ in range(bench.repetitions)]
                )
    return rows


def _read(contestant: Contestant, path: str, headers: dict[str, str], what: str) -> Row:
    before = contestant.usage()
    printed = _run_wrk(contestant, path, headers, SECONDS)
    usage = contestant.usage().since(before)
    found = re.search(r"(\d+) requests in ([\d.]+)s", printed)
    latency = {
        share: float(number) * MILLISECONDS[unit]
        for share, number, unit in LATENCY.findall(printed)
    }
    # Errors are fast, so counting them would be wrong.
    if not found or len(latency) < 2 or "Non-2xx" in printed or "Socket errors" in printed:
        raise BenchError(f"{contestant.name}, {path}:\n{printed}")
    count = int(found[1])
    return Row(
        what,
        contestant.name,
        count / float(found[2]),
        "reads/s",
        p50_ms=latency["50"],
        p99_ms=latency["99"],
        server_cpu_ms=usage.server_s / count * 1000,
        services_cpu_ms=usage.services_s / count * 1000,
        cpu_s=usage.server_s,
    )


def _run_wrk(contestant: Contestant, path: str, headers: dict[str, str], seconds: int) -> str:
    command = [str(find_binary("wrk")), "--latency", "--timeout=20s", f"-c{CONNECTIONS}", "-t1"]
    command += [f"-H{name}: {value}" for name, value in headers.items()]
    command += [f"-d{seconds}s", f"http://127.0.0.1:{contestant.port}{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

"""Measures how much longer votes take while twenty reports run.

    python -m bench.report_load

Votes are cast at a steady rate, first while no job runs, then while twenty reports on a workspace
with 20,000 votes are waiting and running: with the default limits, and with limits so high that
all of them run at once. Prints the p50 and p99 of both, and their ratio. Fails if the ratio of the
p99 with the default limits is above the goal.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

import django
import psycopg
import uvloop

from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import quantile
from bench.processes import raise_file_limit
from bench.report_memory import OWNER, call, fill
from bench.services import Services, running_services
from bench.voting import steady_rest_answers, warm_up

REPORTS = 20
REPORTED_VOTES = 20_000
VOTES_PER_SECOND = 50
SECONDS = 10.0
GOAL = 3.0
FORMATS = ("pdf", "xlsx", "json", "csv")
AT_ONCE = str(REPORTS)
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "default limits": {},
    "all at once": {
        "REPORTS_RUNNING": AT_ONCE,
        "JOBS_RUNNING_PER_OWNER": AT_ONCE,
        "JOBS_PER_WORKER": AT_ONCE,
    },
}
STATES_SQL = "SELECT state, count(*) FROM jobs_job WHERE type = 'report' GROUP BY state"


def main() -> int:
    raise_file_limit()
    ratios = []
    with running_services() as services:
        for name, overrides in SETTINGS.items():
            ratios.append(uvloop.run(measure(services, name, overrides)))
    return 0 if ratios[0] <= GOAL else 1


async def measure(services: Services, name: str, overrides: Mapping[str, str]) -> float:
    """Prints the figures for these limits; returns the ratio of the p99."""
    count = int(VOTES_PER_SECOND * SECONDS)
    setup = Setup(voters=max(count, 500), polls=(0, 0), accounts=1)
    with running_tallyroom(services, setup, overrides=overrides) as contestant:
        await _step(contestant, "fill")
        await warm_up(contestant)
        calm = await _vote(contestant, contestant.known.polls[0])
        await _step(contestant, "start")
        await _until_running(contestant)
        during = await _vote(contestant, contestant.known.polls[1])
        states = _states(contestant)
    ratio = quantile(during, 0.99) / quantile(calm, 0.99)
    print(
        f"{name}: calm p50 {quantile(calm, 0.5):.1f} ms, p99 {quantile(calm, 0.99):.1f} ms; "
        f"during reports p50 {quantile(during, 0.5):.1f} ms, p99 {quantile(during, 0.99):.1f} ms; "
        f"p99 {ratio:.2f} times the calm one (goal {GOAL:g}); reports afterwards: {states}",
        flush=True,
    )
    return ratio


async def _vote(contestant: Contestant, poll: PollHandle) -> list[float]:
    """Votes at a steady rate; returns the sorted times in ms."""
    tokens = contestant.known.tokens[: int(VOTES_PER_SECOND * SECONDS)]
    answered, wrong = await steady_rest_answers(contestant, poll, tokens, VOTES_PER_SECOND)
    assert not wrong, wrong
    return sorted(each.took_s * 1000 for each in answered)


async def _until_running(contestant: Contestant) -> None:
    async with asyncio.timeout(60):
        while not _states(contestant).get("running"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _states(contestant: Contestant) -> dict[str, int]:
    with psycopg.connect(contestant.database_url) as connection:
        return dict(connection.execute(STATES_SQL).fetchall())


async def _step(contestant: Contestant, name: str) -> None:
    """Runs a step in a process with the settings of the server."""
    arguments = ("-m", "bench.report_load", name)
    await asyncio.to_thread(call, contestant.database_url, *arguments)


def start() -> None:
    """Requests the reports."""
    from accounts.models import User
    from apikit.actors import Actor
    from jobs.services import enqueue
    from workspaces.models import Workspace

    actor = Actor(User.objects.get(email=OWNER).id)
    workspace = Workspace.objects.get()
    for number in range(REPORTS):
        payload: dict[str, Any] = {
            "format": FORMATS[number % len(FORMATS)],
            "workspaceId": str(workspace.id),
        }
        enqueue(actor=actor, type_="report", payload=payload)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
    django.setup()
    if sys.argv[1] == "fill":
        fill(REPORTED_VOTES)
    else:
        start()

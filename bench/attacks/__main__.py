"""Measures votes during an attack: ``python -m bench.attacks [CASE ...] [--tree DIR]``.

Each case is a module in ``bench.attacks.cases`` with a one-line description ``WHAT`` and an
``async def attack(target) -> Counter[str]``. It runs in a separate process, from another loopback
address than the votes. ``--tree`` runs the server of another checkout, to compare commits under the
same attack; several checkouts are measured in turns.
"""

import argparse
import asyncio
import importlib
import json
import pkgutil
import sys
from collections import Counter
from pathlib import Path

import psycopg
import uvloop

from bench.attacks import cases
from bench.attacks.target import Target
from bench.contestants.base import PASSWORD, Contestant, PollHandle, Setup
from bench.contestants.tallyroom import ROOT, running_tallyroom
from bench.figures import quantile
from bench.processes import raise_file_limit
from bench.services import Services, running_services
from bench.voting import steady_rest_answers, warm_up

VOTES_PER_SECOND = 50
SECONDS = 8.0
ACCOUNTS = 200
MEGABYTE = 1 << 20
HEAD = (
    f"{'':<34}{'calm p50':>9}{'p99':>8}{'attacked p50':>14}{'p99':>9}{'ratio':>7}"
    f"{'RSS before':>12}{'peak':>7}{'after':>7}  MB; times in ms"
)


class MemoryWatch:
    """Resident megabytes of all server processes: before, at the peak, and now."""

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self.before = self.peak = self.now()

    def now(self) -> int:
        return self._contestant.resident_bytes() // MEGABYTE

    async def run(self) -> None:
        """Updates ``peak`` until cancelled."""
        while True:
            self.peak = max(self.peak, self.now())
            await asyncio.sleep(0.2)


def main() -> None:
    names = [module.name for module in pkgutil.iter_modules(cases.__path__)]
    parser = argparse.ArgumentParser(prog="bench.attacks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(names))
    parser.add_argument("--tree", action="append", type=Path, help="a checkout to run instead")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    raise_file_limit()
    print(HEAD, flush=True)
    with running_services() as services:
        for name in arguments.cases or names:
            print(importlib.import_module(f"bench.attacks.cases.{name}").WHAT)
            for tree in arguments.tree or [ROOT]:
                uvloop.run(_measure(services, name, tree.resolve()))


async def _measure(services: Services, name: str, tree: Path) -> None:
    count = int(VOTES_PER_SECOND * SECONDS)
    setup = Setup(voters=max(count, 500), polls=(0, 0), accounts=ACCOUNTS)
    overrides = {"WS_MAX_COMMANDS_PER_SECOND": "20", "RATE_LIMIT_MAX_REQUESTS": "6000"}
    with running_tallyroom(services, setup, root=tree, overrides=overrides) as contestant:
        _make_accounts_staff(contestant)
        await warm_up(contestant)
        calm, _ = await _vote(contestant, contestant.known.polls[0])
        memory = MemoryWatch(contestant)
        watch = asyncio.create_task(memory.run())
        attack = asyncio.create_task(_attack(name, _target(contestant)))
        await asyncio.sleep(1)
        during, wrong = await _vote(contestant, contestant.known.polls[1])
        outcomes = await attack
        watch.cancel()
        await asyncio.sleep(2)
        print(_line(tree.name, calm, during, memory), flush=True)
    print(f"    {dict(outcomes)}{f'; WRONG: {wrong}' if wrong else ''}", flush=True)


def _make_accounts_staff(contestant: Contestant) -> None:
    """Makes accounts staff, for attacks on the admin; in SQL, since seeding differs by checkout."""
    with psycopg.connect(contestant.database_url) as connection:
        connection.execute("UPDATE accounts_user SET is_staff = true WHERE NOT is_guest")


async def _vote(contestant: Contestant, poll: PollHandle) -> tuple[list[float], str]:
    """Votes at a steady rate; returns the sorted times in ms, and a note about a wrong tally."""
    tokens = contestant.known.tokens[: int(VOTES_PER_SECOND * SECONDS)]
    answered, note = await steady_rest_answers(contestant, poll, tokens, VOTES_PER_SECOND)
    return sorted(each.took_s * 1000 for each in answered), note


def _target(contestant: Contestant) -> Target:
    known = contestant.known
    return Target(
        port=contestant.port,
        poll_id=known.polls[1].id,
        spare_poll_id=known.spare_poll.id,
        tokens=tuple(known.tokens),
        emails=tuple(known.emails),
        password=PASSWORD,
        seconds=SECONDS + 2,
    )


async def _attack(name: str, target: Target) -> Counter[str]:
    """Runs the case in a separate process, at a lower priority than the voting client."""
    process = await asyncio.create_subprocess_exec(
        "nice", "-n", "5", sys.executable, "-m", "bench.attacks.run_case", name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )  # fmt: skip
    output, _ = await process.communicate(target.as_json().encode())
    return Counter(json.loads(output)) if process.returncode == 0 else Counter(failed=1)


def _line(name: str, calm: list[float], during: list[float], memory: MemoryWatch) -> str:
    ratio = quantile(during, 0.99) / quantile(calm, 0.99)
    return (
        f"  {name:<32}{quantile(calm, 0.5):>9.1f}{quantile(calm, 0.99):>8.1f}"
        f"{quantile(during, 0.5):>14.1f}{quantile(during, 0.99):>9.1f}{ratio:>7.1f}"
        f"{memory.before:>12}{memory.peak:>7}{memory.now():>7}"
    )


if __name__ == "__main__":
    main()

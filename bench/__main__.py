"""Compares Tallyroom with other servers: ``make bench``, ``make bench ARGS="rest growth"``."""

import argparse
import importlib
import sys
import time
from types import ModuleType

import uvloop

from bench import report
from bench.bench import Bench
from bench.errors import BenchError
from bench.figures import Findings, Goal
from bench.processes import raise_file_limit
from bench.services import running_services
from tools.services import MissingBinaryError, find_binary

# Each is a module in bench.measures.
MEASURES = (
    "rest",
    "sockets",
    "alone",
    "double_votes",
    "growth",
    "kinds",
    "fan_out",
    "socketio",
    "full_room",
    "light_load",
    "memory",
    "join_wave",
    "login_wave",
    "reading",
    "messages",
    "removal",
    "floor",
)
PROGRAMS = ("initdb", "pgbench", "redis-server", "node", "npm", "wrk")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument(
        "--quick", action="store_true", help="a short run to check that everything works"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.measures) - set(MEASURES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    try:
        for program in PROGRAMS:
            find_binary(program)
    except MissingBinaryError as error:
        parser.error(f"the bench needs {error}, which is not installed")
    try:
        raise_file_limit()
        _run(arguments.measures or MEASURES, is_quick=arguments.quick)
    except BenchError as error:
        sys.exit(str(error))


def _run(names: tuple[str, ...] | list[str], *, is_quick: bool) -> None:
    findings: dict[str, Findings] = {}
    path = report.results_path()
    began_s = time.monotonic()
    print(report.HEAD, flush=True)
    with running_services() as services:
        for name in names:
            measure: ModuleType = importlib.import_module(f"bench.measures.{name}")
            findings[name] = uvloop.run(measure.run(Bench(services, is_quick)))
            print("\n".join(report.lines(findings[name])), flush=True)
            report.write_json(path, findings, is_quick=is_quick)
    goals = [each for some in findings.values() for each in some if isinstance(each, Goal)]
    reached = sum(goal.is_reached for goal in goals)
    took_s = time.monotonic() - began_s
    print(f"\n{reached} of {len(goals)} goals reached, in {took_s:.0f} s; {path}")


if __name__ == "__main__":
    main()

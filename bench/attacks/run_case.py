"""Runs one case against the target on standard input (JSON); prints its outcomes as JSON."""

import asyncio
import importlib
import json
import sys

from bench.attacks.target import Target
from bench.processes import raise_file_limit


def main() -> None:
    raise_file_limit()
    case = importlib.import_module(f"bench.attacks.cases.{sys.argv[1]}")
    outcomes = asyncio.run(case.attack(Target.from_json(sys.stdin.read())))
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()

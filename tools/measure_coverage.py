"""``make coverage``: runs the tests and reports how much of the code they execute.

Runs everything that ``make test`` runs, under coverage.py with branches; server processes that
tests start are measured too. Arguments go to pytest. Prints the share of lines overall and the
shares of branches where a missed case costs most, each with its goal, and writes an HTML report.
Fails if a test fails or a goal is missed.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "var" / "coverage"

# The counts of one file in coverage's JSON report.
Summary = dict[str, int]


@dataclass(frozen=True, slots=True)
class Goal:
    """A share of lines or branches to reach, in the files that ``covers`` selects by path."""

    name: str
    covers: Callable[[Path], bool]
    executed: str = "covered_branches"
    total: str = "num_branches"
    percent: float = 95.0

    def share(self, summaries: Iterable[tuple[Path, Summary]]) -> float:
        """The percentage that was executed; 100 if there is nothing to execute."""
        chosen = [summary for path, summary in summaries if self.covers(path)]
        total = sum(summary[self.total] for summary in chosen)
        return 100 * sum(summary[self.executed] for summary in chosen) / total if total else 100.0


GOALS = [
    Goal("lines", lambda _: True, executed="covered_lines", total="num_statements"),
    Goal("branches in services.py", lambda path: path.name == "services.py"),
    Goal("branches in votes", lambda path: path.parts[0] == "votes"),
    Goal("branches in realtime", lambda path: path.parts[0] == "realtime"),
]


def main() -> int:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    coverage = Coverage()
    coverage.erase()
    # Both halves of the test run append to the same data.
    options = ["--cov", "--cov-append", "--cov-report="]
    command = [sys.executable, "-m", "tools.run_tests", *options, *sys.argv[1:]]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    coverage.load()
    coverage.html_report(directory=str(DIRECTORY / "html"))
    summaries = _read_summaries(coverage)
    is_short = False
    print("\n=== Coverage ===")
    for goal in GOALS:
        percent = goal.share(summaries)
        is_short |= percent < goal.percent
        print(f"{goal.name:<24} {percent:5.1f} %   (goal: {goal.percent:g} %)")
    print(f"Missing lines and branches: {DIRECTORY / 'html' / 'index.html'}")
    return status or int(is_short)


def _read_summaries(coverage: Coverage) -> list[tuple[Path, Summary]]:
    report = DIRECTORY / "report.json"
    coverage.json_report(outfile=str(report))
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    return [(Path(name), described["summary"]) for name, described in files.items()]


if __name__ == "__main__":
    sys.exit(main())

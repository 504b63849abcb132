"""Prints the results as a table, and writes them as JSON."""

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Any

from bench.figures import Findings, Goal, Row

RESULTS = Path(__file__).resolve().parent / "results"
HEAD = (
    f"{'':<64}{'':>12}{'':<11}{'p50 ms':>8}{'p99 ms':>9}   {'CPU ms each':<23}{'CPU s':>6}\n"
    f"{'':<64}{'':>12}{'':<11}{'':>8}{'':>9} {'server':>8}{'services':>9}{'client':>7}{'server':>7}"
)


def lines(findings: Findings) -> Iterable[str]:
    """Yields the printed lines of one measure's findings."""
    what = None
    for each in findings:
        if isinstance(each, Goal):
            yield _goal_line(each)
        else:
            if each.what != what:
                yield each.what
            what = each.what
            yield _row_line(each)


def results_path() -> Path:
    """Returns the path of this run's results."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"


def write_json(path: Path, findings: Mapping[str, Findings], *, is_quick: bool) -> None:
    """Writes the findings so far."""
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "isQuick": is_quick,
        "machine": {"cpus": cpu_count(), "python": platform.python_version()},
        "measures": {name: [_as_json(each) for each in some] for name, some in findings.items()},
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


def _row_line(row: Row) -> str:
    line = (
        f"  {row.who:<62}{_number(row.value):>12} {row.unit:<10}"
        f"{_number(row.p50_ms):>8}{_number(row.p99_ms):>9} "
        f"{_number(row.server_cpu_ms):>8}{_number(row.services_cpu_ms):>9}"
        f"{_number(row.client_cpu_ms):>7}{_number(row.cpu_s):>7}"
    ).rstrip()
    return f"{line}\n    ! {row.note}" if row.note else line


def _goal_line(goal: Goal) -> str:
    sign, mark = ("<=" if goal.is_most else ">="), ("reached" if goal.is_reached else "MISSED")
    bound = f"goal {sign} {_number(goal.bound)}"
    return f"  > {goal.what:<60}{_number(goal.reached):>12} {goal.unit:<10}{bound:>18}  {mark}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _as_json(finding: Row | Goal) -> dict[str, Any]:
    kind = "row" if isinstance(finding, Row) else "goal"
    more = {"is_reached": finding.is_reached} if isinstance(finding, Goal) else {}
    return {"kind": kind, **asdict(finding), **more}

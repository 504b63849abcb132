"""``make mutants``: breaks the code on purpose, one change at a time, and expects a test to fail.

``tools/mutants.toml`` lists the changes by file: a text that occurs once, and its replacement. Each
is applied to a copy of the last commit, and the tests of its group run until one fails. If none
fails, the mutant has survived: write a test, or explain under ``why`` what makes the change
harmless. Groups whose tests fail without any change are reported as UNSOUND.
``make mutants ARGS="votes/ledger.py"`` tries only some files.

Takes about ten seconds per change and core, so CI does not run it.
"""

import argparse
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.run_tests import running_services

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "mutants.toml"
# A change may make a test hang, which counts as a failure.
TIMEOUT_S = 600.0
WORKERS = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. ``on_services`` runs its tests on PostgreSQL and Redis."""

    file: str
    find: str
    replace: str
    tests: tuple[str, ...]
    on_services: bool
    why: str

    @property
    def title(self) -> str:
        return f"{self.file}: {_one_line(self.find)} -> {_one_line(self.replace) or '(removed)'}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("files", nargs="*", help="files whose changes to try; default: all")
    arguments = parser.parse_args()
    mutants = [each for each in read_list() if not arguments.files or each.file in arguments.files]
    started_s = time.monotonic()
    with running_services() as services:
        results = _try_all(mutants, services)
    _print_summary(results, time.monotonic() - started_s)
    return 1 if any(result in {"SURVIVED", "STALE", "UNSOUND"} for _, result in results) else 0


def read_list() -> list[Mutant]:
    """Reads all changes, in the order of the file."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))["group"]
    return [
        Mutant(
            file=group["file"],
            find=each["find"],
            replace=each["replace"],
            tests=tuple(each.get("tests", group["tests"])),
            on_services=each.get("services", group.get("services", False)),
            why=each.get("why", ""),
        )
        for group in groups
        for each in group["mutant"]
    ]


def _try_all(mutants: Iterable[Mutant], services: dict[str, str]) -> list[tuple[Mutant, str]]:
    """Tries the mutants with several workers; returns the results as they complete."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    results: list[tuple[Mutant, str]] = []

    def work(number: int) -> None:
        with tempfile.TemporaryDirectory(prefix="tallyroom-mutants-") as directory:
            copy = _copy_to(Path(directory))
            environment = _environment(services, number)
            sound: dict[tuple[tuple[str, ...], bool], bool] = {}
            while True:
                try:
                    mutant = waiting.get_nowait()
                except queue.Empty:
                    return
                tests = (mutant.tests, mutant.on_services)
                if tests not in sound:
                    sound[tests] = _passes(copy, mutant, environment)
                result = _try(copy, mutant, environment) if sound[tests] else "UNSOUND"
                results.append((mutant, result))
                print(f"{result:<9}{mutant.title}", flush=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _copy_to(directory: Path) -> Path:
    """Copies the files of the last commit."""
    archive = subprocess.Popen(
        ["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x"], cwd=directory, stdin=archive.stdout, check=True)
    archive.wait()
    return directory


def _environment(services: dict[str, str], number: int) -> dict[str, str]:
    """Gives each worker its own database and Redis database number."""
    server, _, _ = services["DATABASE_URL"].rpartition("/")
    redis, _, _ = services["REDIS_URL"].rpartition("/")
    return {"DATABASE_URL": f"{server}/mutants_{number}", "REDIS_URL": f"{redis}/{number + 1}"}


def _try(copy: Path, mutant: Mutant, services: dict[str, str]) -> str:
    path = copy / mutant.file
    original = path.read_text(encoding="utf-8") if path.exists() else ""
    if original.count(mutant.find) != 1:
        return "STALE"
    path.write_text(original.replace(mutant.find, mutant.replace), encoding="utf-8")
    try:
        is_noticed = not _passes(copy, mutant, services)
    finally:
        path.write_text(original, encoding="utf-8")
    if is_noticed:
        return "killed"
    return "harmless" if mutant.why else "SURVIVED"


def _passes(copy: Path, mutant: Mutant, services: dict[str, str]) -> bool:
    """Whether the group's tests pass; a test that hangs counts as failed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    if mutant.on_services:
        environment |= services
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--timeout=60", *mutant.tests]
    try:
        ended = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def _print_summary(results: list[tuple[Mutant, str]], took_s: float) -> None:
    counts = Counter(result for _, result in results)
    meaningful = counts["killed"] + counts["SURVIVED"]
    share = counts["killed"] / meaningful if meaningful else 0.0
    print(f"\n{dict(counts)}: {share:.1%} of the meaningful ones killed, in {took_s:.0f} s")
    for mutant, result in results:
        if result != "killed":
            print(f"{result:<9}{mutant.title}{f'  ({mutant.why})' if mutant.why else ''}")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:60]


if __name__ == "__main__":
    sys.exit(main())

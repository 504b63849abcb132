"""The walk in the README works as written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.processes import PATIENCE_S, ROOT, ServerProcess
from tools.services import wait_until

WALK = (ROOT / "README.md").read_text().partition("## A walk")[2].partition("## Where")[0]


def blocks(language: str) -> list[str]:
    """Returns the walk's code blocks in one language, in order."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", WALK, re.DOTALL)
    assert found
    return found


def test_the_walk_leads_where_the_readme_says(server: ServerProcess, tmp_path: Path) -> None:
    *steps, closing = blocks("bash")
    [client] = blocks("python")
    (tmp_path / "watch.py").write_text(client)
    environment = os.environ | {"TALLYROOM": server.url, "PYTHON": sys.executable}
    with subprocess.Popen(
        ["bash", "-euo", "pipefail"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdin is not None
        watched = tmp_path / "watched.txt"

        def run(step: str) -> None:
            assert shell.stdin is not None
            shell.stdin.write(f"{step}\n")
            shell.stdin.flush()

        def wait_for_lines(count: int) -> None:
            wait_until(
                lambda: watched.exists() and len(watched.read_text().splitlines()) >= count,
                f"{count} lines of watched.txt",
                PATIENCE_S,
            )

        *before, voting = steps
        for step in before:
            run(step)
        # Give the client time to connect, as a reader would between the steps.
        wait_for_lines(1)
        definition, first, second, results = re.split(r"\n(?=vote \$|curl)", voting)
        run(definition)
        for number, step in enumerate((first, second), start=2):
            run(step)
            wait_for_lines(number)
        run(results + "\n" + closing)
        output, _ = shell.communicate(timeout=PATIENCE_S)
    assert shell.returncode == 0
    assert watched.read_text() == blocks("text")[0]
    assert_results_are_those_of_the_readme(output)
    assert output.rstrip().endswith("closed")


def assert_results_are_those_of_the_readme(output: str) -> None:
    [shown] = re.findall(r'\{"poll":\{.*?\}\}', output)
    results = json.loads(shown)["poll"]
    for identified in (results, *results["options"]):
        identified["id"] = "…"
    assert {"poll": results} == json.loads(blocks("json")[0])


def test_the_walk_pasted_as_one_script_watches_from_the_beginning(
    server: ServerProcess, tmp_path: Path
) -> None:
    # Simulate a machine on which the watcher starts more slowly than the votes arrive.
    (tmp_path / "watch.py").write_text(f"import time\n\ntime.sleep(3)\n{blocks('python')[0]}")
    ended = subprocess.run(
        ["bash", "-euo", "pipefail"],
        cwd=tmp_path,
        env=os.environ | {"TALLYROOM": server.url, "PYTHON": sys.executable},
        input="\n".join(blocks("bash")),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.rstrip().endswith("closed")
    # Later tallies may share a frame, but the one before the first vote must be there.
    first = blocks("text")[0].splitlines()[0]
    assert (tmp_path / "watched.txt").read_text().splitlines()[0] == first

"""The parts of the pages' scripts that need no browser, in Node."""

from pathlib import Path

import pytest

from tools.node import install_node, run_npm
from tools.services import MissingBinaryError

SCRIPTS = Path(__file__).parent / "scripts"
TIMEOUT_S = 60.0


@pytest.fixture(scope="module", autouse=True)
def _node() -> None:
    try:
        install_node()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.test.mjs")))
def test_a_module_works_without_a_browser(name: str) -> None:
    done = run_npm("exec", "--", "node", "--test", name, cwd=SCRIPTS, timeout_s=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr

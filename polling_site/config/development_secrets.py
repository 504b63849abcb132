"""Secrets for development, generated on first start."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def load_or_create_secrets(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Returns the secrets in ``path``; creates the file, readable by its owner only, if missing.

    Several processes may start at once: the file is created atomically, and all processes read
    what the first one wrote.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_if_missing(path, {name: secrets.token_urlsafe(48) for name in names})
    stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def stored_secrets(path: Path) -> list[str]:
    """The secrets in ``path``; empty if there is no such file."""
    try:
        stored: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(stored.values())


def _write_if_missing(path: Path, content: dict[str, str]) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    try:
        # link() refuses an existing name, so the first of several starters wins.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

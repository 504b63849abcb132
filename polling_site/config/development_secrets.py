"""Secrets for development, made on first start so that nobody has to invent them."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def load_or_make_secrets(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The secrets kept in ``path``, readable by its owner only; made when the file is absent.

    Several processes may start at once: the file appears whole or not at all, and whoever
    comes second reads what the first one wrote.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_unless_there(path, {name: secrets.token_urlsafe(48) for name in names})
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def kept_secrets(path: Path) -> list[str]:
    """The secrets in ``path``; none where there is no such file."""
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(kept.values())


def _write_unless_there(path: Path, content: dict[str, str]) -> None:
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

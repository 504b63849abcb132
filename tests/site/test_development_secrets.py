"""Secrets for development: made once, kept for their owner, whoever starts at once."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from polling_site.config import development_secrets
from polling_site.config.development_secrets import load_or_create_secrets

NAMES = ("ONE", "ANOTHER")


def test_they_are_made_once_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets.json"
    made = load_or_create_secrets(path, NAMES)
    assert set(made) == set(NAMES)
    assert made["ONE"] != made["ANOTHER"]
    assert min(len(secret) for secret in made.values()) >= 64
    assert load_or_create_secrets(path, NAMES) == made


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    load_or_create_secrets(path, NAMES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]


def test_all_who_start_at_once_have_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has seen that there are none yet, before any writes."""
    starters = 8
    barrier = Barrier(starters)
    write = development_secrets._write_if_missing

    def write_together(path: Path, content: dict[str, str]) -> None:
        barrier.wait(20)
        write(path, content)

    monkeypatch.setattr(development_secrets, "_write_if_missing", write_together)
    path = tmp_path / "secrets.json"
    with ThreadPoolExecutor(max_workers=starters) as pool:
        found = list(pool.map(lambda _: load_or_create_secrets(path, NAMES), range(starters)))
    assert found == [json.loads(path.read_text())] * starters
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]

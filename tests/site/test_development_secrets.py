"""Development secrets are generated once, and readable by their owner only."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from polling_site.config import development_secrets
from polling_site.config.development_secrets import load_or_create_secrets

NAMES = ("ONE", "ANOTHER")


def test_they_are_generated_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets.json"
    made = load_or_create_secrets(path, NAMES)
    assert set(made) == set(NAMES)
    assert made["ONE"] != made["ANOTHER"]
    assert min(len(secret) for secret in made.values()) >= 64
    assert load_or_create_secrets(path, NAMES) == made


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    load_or_create_secrets(path, NAMES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.json"]


def test_concurrent_starts_use_the_same_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have seen that the file is missing before any writes it."""
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

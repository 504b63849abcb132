"""``manage.py run`` collects static files again after an update."""

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from polling_site.demo import seeding
from polling_site.management.commands import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def manifest(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The manifest of the last run."""
    settings.STATIC_ROOT = tmp_path
    monkeypatch.setattr(run, "get_finders", lambda: [Finder(tmp_path / "source")])
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "site.css").touch()
    path = tmp_path / "staticfiles.json"
    path.touch()
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    return path


class Finder:
    """Finds the files of one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def list(self, _ignored: list[str]) -> list[tuple[str, "Finder"]]:
        return [(path.name, self) for path in self._directory.iterdir()]

    def path(self, name: str) -> str:
        return str(self._directory / name)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records the commands that preparing calls, without running them."""
    called: list[str] = []
    monkeypatch.setattr(run, "call_command", lambda name, **_: called.append(name))
    monkeypatch.setattr(seeding, "is_empty", lambda: False)
    return called


def test_nothing_is_collected_twice(manifest: Path, commands: list[str]) -> None:
    run.Command()._prepare()
    assert commands == ["migrate"]


def test_a_changed_file_is_collected(manifest: Path, commands: list[str]) -> None:
    changed = manifest.parent / "source" / "new.css"
    changed.touch()
    os.utime(changed, ns=(0, manifest.stat().st_mtime_ns + 1))
    run.Command()._prepare()
    assert commands == ["migrate", "collectstatic"]


def test_a_first_start_collects(manifest: Path, commands: list[str]) -> None:
    manifest.unlink()
    run.Command()._prepare()
    assert commands == ["migrate", "collectstatic"]

"""``make run`` shows the demo passwords that work in the current database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services import register_user
from polling_site.demo import credentials, seeding
from polls.models import Poll, PollKind, PollState

Use = Callable[..., None]

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def elsewhere(settings: Settings, tmp_path: Path, use: Use) -> Path:
    """Makes the credentials belong to a database file of this test."""
    settings.IS_EMBEDDED = True
    settings.VAR_DIR = tmp_path
    use(NAME=str(tmp_path / "one.sqlite3"))
    return tmp_path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes the credentials belong to a database with these settings."""

    def use(**database: Any) -> None:
        monkeypatch.setattr(credentials, "database_settings", lambda: database)

    return use


def make_account(password: str) -> None:
    register_user(name="Ada", email="ada@example.org", password=password)


def test_working_passwords_are_shown() -> None:
    make_account("right password")
    credentials.save("Presenter  ada@example.org  right-password\n")
    assert credentials.working_lines() == []
    User.objects.get().delete()
    make_account("right-password")
    assert credentials.working_lines() == ["Presenter  ada@example.org  right-password"]


def test_passwords_of_another_database_are_kept_but_not_shown(elsewhere: Path, use: Use) -> None:
    credentials.save("Presenter  ada@example.org  of-the-first\n")
    first = credentials.path_for_database()
    use(NAME=str(elsewhere / "two.sqlite3"))
    credentials.save("Presenter  ada@example.org  of-the-second-Zk3\n")
    make_account("of-the-second-Zk3")
    assert credentials.working_lines() == ["Presenter  ada@example.org  of-the-second-Zk3"]
    assert "of-the-first" in first.read_text()
    assert first.stat().st_mode & 0o777 == 0o600


def test_databases_of_one_server_have_separate_passwords(settings: Settings, use: Use) -> None:
    settings.IS_EMBEDDED = False
    paths = set()
    for host, name in (("a", "x"), ("b", "x"), ("a", "y")):
        use(HOST=host, PORT=5432, NAME=name)
        paths.add(credentials.path_for_database())
    assert len(paths) == 3


def test_the_file_of_earlier_versions_is_read_and_suspended_accounts_are_left_out(
    elsewhere: Path,
) -> None:
    (elsewhere / "demo-accounts.txt").write_text("Presenter  ada@example.org  of-old-times-Zk3\n")
    make_account("of-old-times-Zk3")
    assert len(credentials.working_lines()) == 1
    User.objects.update(is_active=False)
    assert credentials.working_lines() == []


def test_the_passwords_of_the_demo_work(elsewhere: Path) -> None:
    accounts = seeding.seed()
    assert credentials.working_lines() == accounts.as_text().splitlines()
    # A poll of each kind, in which people have voted, and which anybody can join.
    voted = Poll.objects.filter(ballot_count=seeding.VOTERS, state=PollState.OPEN)
    assert set(voted.values_list("kind", flat=True)) == set(PollKind.values)


def test_a_database_without_demo_data_shows_no_passwords() -> None:
    assert credentials.working_lines() == []

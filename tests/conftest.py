"""The cast, and fixtures for most tests.

alice owns, bob belongs, charlie is a stranger; there are a guest, a staff member, and an anonymous
visitor.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.sign_in import open_token_family
from apikit import throttling
from apikit.actors import Actor
from apikit.storage_probe import forget_probe
from chat.writer import stop_writer as stop_message_writer
from polls.models import Poll
from polls.removal import remove_chunk
from polls.selectors import whole_polls
from polls.services import create_poll
from tests.embedded import save_migrated_database
from tests.emptying import empty_tables
from votes import ledger
from votes.ballots import Ballot
from votes.services import cast_vote
from votes.writer import stop_writer

PASSWORD = "correct horse battery"


# What run_tests.py passes as ``-m`` in the second half.
ON_SERVICES = "services or both"
_SLOW = {"browser", "clients", "faults", "system"}
_MARKED = re.compile(r"\bmark\.(?:services|both)\b")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignores files without such tests in the second half: importing them takes seconds."""
    is_left_out = (
        config.option.markexpr == ON_SERVICES
        and collection_path.name.startswith("test_")
        and collection_path.is_file()
        and not _is_marked(collection_path)
    )
    return True if is_left_out else None


@cache
def _is_marked(path: Path) -> bool:
    return bool(_MARKED.search(path.read_text()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests that need real services in the embedded half, and begins with slow files.

    Started last, one of them would keep a single worker busy at the end.
    """
    items.sort(key=lambda item: _SLOW.isdisjoint(item.path.parts))
    for item in items:
        if item.get_closest_marker("services") or item.get_closest_marker("both"):
            assert _is_marked(item.path), f"{item.path} must contain the marks of its tests."
    if settings.IS_EMBEDDED:
        items[:] = [item for item in items if item.get_closest_marker("services") is None]


@pytest.fixture(scope="session", autouse=True)
def _writers_end_before_their_database(django_db_setup: None) -> Iterator[None]:
    yield
    stop_writer()
    stop_message_writer()


@pytest.fixture(scope="session", autouse=True)
def _servers_start_migrated(django_db_setup: None) -> None:
    if settings.IS_EMBEDDED:
        source = Path(settings.DATABASES["default"]["NAME"])
        save_migrated_database(source, settings.VAR_DIR / "migrated.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _tests_empty_tables_fast() -> Iterator[None]:
    with patch.object(TransactionTestCase, "_fixture_teardown", empty_tables):
        yield


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    yield
    throttling.forget_counts()
    forget_probe()


def make_user(name: str, **fields: Any) -> User:
    """An account without a password, because hashing one takes time."""
    return User.objects.create(name=name, email=f"{name.lower()}@example.org", **fields)


@pytest.fixture
def alice(db: None) -> User:
    return make_user("Alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("Bob")


@pytest.fixture
def charlie(db: None) -> User:
    return make_user("Charlie")


@pytest.fixture
def guest(db: None) -> User:
    return User.objects.create(name="Guest", is_guest=True)


@pytest.fixture
def staff(db: None) -> User:
    return make_user("Staff", is_staff=True)


@pytest.fixture
def superuser(db: None) -> User:
    return make_user("Root", is_staff=True, is_superuser=True)


def actor_of(user: User) -> Actor:
    """Returns ``user`` as an actor."""
    return Actor(user.id, is_guest=user.is_guest, is_staff=user.is_staff)


def access_token(user: User) -> str:
    """A valid access token of a new sign-in."""
    return open_token_family(user=user).access


ClientFor = Callable[[User | None], APIClient]


@pytest.fixture
def client_for() -> ClientFor:
    """Creates API clients with the token of a user, or without one."""

    def make(user: User | None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(user)}")
        return client

    return make


@pytest.fixture
def visitor() -> APIClient:
    return APIClient()


MakePoll = Callable[..., Poll]


@pytest.fixture
def make_poll(alice: User) -> MakePoll:
    """Creates polls of alice: tea or coffee, and open by default."""

    def make(**fields: Any) -> Poll:
        poll = create_poll(
            **{
                "actor": actor_of(alice),
                "question": "Tea or coffee?",
                "options": ["Tea", "Coffee", "Water"],
                "is_published": True,
                **fields,
            }
        )
        return whole_polls().get(id=poll.id)

    return make


def option_ids(poll: Poll) -> list[UUID]:
    """The options of a poll, in their order."""
    return list(poll.options.order_by("position").values_list("id", flat=True))


def tallied(option_id: str, text: str, count: int, percentage: float) -> dict[str, Any]:
    """An option in the results of a single-choice poll, with as many voters as votes."""
    return {
        "id": option_id,
        "text": text,
        "voteCount": count,
        "percentage": percentage,
        "percentageOfVoters": percentage,
        "voterCount": count,
        "voterShare": percentage,
        "limit": None,
    }


def vote(user: User, poll: Poll, *positions: int) -> None:
    """``user`` votes for the options at ``positions``."""
    ids = option_ids(poll)
    cast_vote(
        actor=actor_of(user), poll_id=poll.id, option_ids=[ids[position] for position in positions]
    )


def finish_removals() -> None:
    """Removes all contents of deleted polls, as the background task does."""
    while remove_chunk():
        pass


@pytest.fixture
def limited(settings: Settings) -> Settings:
    """Settings whose limits a test is about to set."""
    throttling.forget_counts()
    return settings


class CommitGate:
    """Replaces ``ledger.record``: holds batches until ``may_pass``, and records their sizes."""

    def __init__(self, record: Callable[..., ledger.LedgerResult]) -> None:
        self._record = record
        self.arrived = threading.Event()
        self.may_pass = threading.Event()
        self.sizes: list[int] = []

    def __call__(self, ballots: Sequence[Ballot], **options: Any) -> ledger.LedgerResult:
        self.sizes.append(len(ballots))
        self.arrived.set()
        assert self.may_pass.wait(10)
        return self._record(ballots, **options)


@pytest.fixture
def commit_gate(monkeypatch: pytest.MonkeyPatch) -> CommitGate:
    commit_gate = CommitGate(ledger.record)
    monkeypatch.setattr(ledger, "record", commit_gate)
    return commit_gate

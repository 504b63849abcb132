"""Reports, archives and imports keep no rows: memory does not grow with the votes."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from jobs.run import Run
from polls import all_entries
from polls.models import Cell, Option, Poll
from reports import archive_importing, archive_writing, walking
from tests.polls.kinds.asking import ask
from tests.reports.jobs import export_archive, import_archive, run_job
from tests.workspaces.polls import make_team_poll
from votes import anonymous_ballots, exports
from votes.models import Vote
from workspaces.models import Project, Workspace

pytestmark = pytest.mark.django_db

VOTES, TEXTS, PART = 1000, 1000, 20
# The smallest list of choices takes more; buffers and caches grow by a dozen.
MOST_BYTES_PER_VOTE = 45


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymous_ballots, "CHUNK_VOTES", PART)
    monkeypatch.setattr(anonymous_ballots, "SHUFFLED_BALLOTS", PART)
    for module, name in (
        (walking, "BALLOTS_AT_ONCE"),
        (archive_writing, "LINES_AT_ONCE"),
        (archive_importing, "ROWS_AT_ONCE"),
        (archive_importing, "LINES_AT_ONCE"),
    ):
        monkeypatch.setattr(module, name, PART)


def fill(owner: User, workspace: Workspace, count: int) -> None:
    """A poll with so many votes."""
    poll = make_team_poll(owner, workspace)
    option, now = poll.options.all()[0], timezone.now()
    guests = [User(name="Guest", is_guest=True) for _ in range(count)]
    User.objects.bulk_create(guests)
    Vote.objects.bulk_create(
        Vote(
            poll=poll,
            option=option,
            user=guest,
            request_id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for guest in guests
    )
    Option.objects.filter(id=option.id).update(vote_count=count)
    at = now + timedelta(seconds=1)
    Poll.objects.filter(id=poll.id).update(ballot_count=count, version=1, tallied_at=at)


@pytest.fixture
def live_bytes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What Python holds at each report of progress."""
    found: list[int] = []

    def measure(run: Run, *_: Any) -> None:
        run.check()
        gc.collect()
        found.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(Run, "report", measure)
    gc.collect()
    # Not to be examined by each collection.
    gc.freeze()
    yield found
    tracemalloc.stop()
    gc.unfreeze()


@pytest.mark.parametrize("what", ["json", "xlsx", "archive", "import"])
def test_what_is_in_memory_does_not_grow_with_the_votes(
    alice: User, project: Project, workspace: Workspace, live_bytes: list[int], what: str
) -> None:
    fill(alice, workspace, VOTES)
    content = export_archive(alice, workspace) if what == "import" else b""
    live_bytes.clear()
    tracemalloc.start()
    if what == "import":
        job = import_archive(alice, content, project)
    elif what == "archive":
        job = run_job(
            alice, "data_processing", action="export_workspace", workspaceId=str(workspace.id)
        )
    else:
        job = run_job(alice, "report", format=what, workspaceId=str(workspace.id))
    assert job.state == "succeeded"
    # An import first checks everything, then writes it.
    passes = [live_bytes[: VOTES // PART], live_bytes[VOTES // PART :]]
    if what != "import":
        passes = [live_bytes]
    for each in passes:
        # The least of a quarter, since other threads of the process hold something now and then.
        quarter = len(each) // 4
        growth = min(each[-quarter:]) - min(each[quarter : 2 * quarter])
        assert growth < MOST_BYTES_PER_VOTE * VOTES // 2


@pytest.mark.parametrize("format_", ["csv", "json", "xlsx"])
def test_what_is_in_memory_does_not_grow_with_the_texts(
    alice: User, live_bytes: list[int], monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    poll = ask(alice, "open text")
    Cell.objects.bulk_create(
        Cell(poll=poll, group="text", key=f"{number} {'x' * 400}", count=1)
        for number in range(TEXTS)
    )
    monkeypatch.setattr(walking, "ROWS_AT_ONCE", 1 if format_ == "json" else PART)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", PART)
    monkeypatch.setattr(all_entries, "CHUNK_ROWS", PART)
    live_bytes.clear()
    tracemalloc.start()
    job = run_job(alice, "report", format=format_, pollId=str(poll.id))
    assert job.state == "succeeded"
    assert len(live_bytes) >= TEXTS // PART
    quarter = len(live_bytes) // 4
    growth = min(live_bytes[-quarter:]) - min(live_bytes[quarter : 2 * quarter])
    assert growth < MOST_BYTES_PER_VOTE * TEXTS // 2

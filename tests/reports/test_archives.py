"""Archives of workspaces: exported, imported elsewhere, and what must not get in."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.pruning import prune_guests
from jobs.execution import execute
from jobs.run import Run
from polls import archive_imports
from polls.models import Option, Poll, PollRemoval
from polls.services import close_poll, delete_poll, hide_poll
from reports import archive_importing, archive_reading, archive_writing
from reports.archive_format import LINE_MAX_BYTES
from tests.conftest import actor_of, finish_removals, make_user
from tests.jobs.conftest import hurry, run_due, take_next
from tests.reports.jobs import (
    content_of,
    export_archive,
    import_archive,
    read_json,
    report,
    run_job,
    vote,
)
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import log_of, open_workspace
from votes.anonymous_ballots import AnonymousBallot, read_anonymous_ballots
from votes.models import TallySample, Vote
from votes.recount import find_mismatches
from workspaces.models import Project, Workspace
from workspaces.projects import create_project
from workspaces.spaces import delete_workspace, update_workspace

pytestmark = pytest.mark.django_db

Lines = list[dict[str, Any]]


@pytest.fixture
def voted(alice: User, bob: User, charlie: User, workspace: Workspace) -> list[Poll]:
    """A closed poll with three votes and samples, one with two ballots of several, and a draft."""
    drinks = make_team_poll(alice, workspace)
    several = make_team_poll(
        alice,
        workspace,
        question="Which?",
        options=["A", "B", "C"],
        kind="multiple",
        allow_change=True,
        embed_origins=["https://example.org"],
    )
    draft = make_team_poll(
        alice, workspace, question="Later?", is_published=False, results_visibility="owner"
    )
    for user, position in ((alice, 0), (bob, 0), (charlie, 1)):
        vote(user, drinks, position)
        Poll.objects.update(tallied_at=timezone.now() - timedelta(minutes=1))
    vote(bob, several, 0, 2)
    vote(charlie, several, 2)
    close_poll(actor=actor_of(alice), poll_id=drinks.id)
    settings = {"description": "Every Friday", "color": "teal"}
    update_workspace(actor=actor_of(alice), workspace_id=workspace.id, settings=settings)
    return [drinks, several, draft]


@pytest.fixture
def elsewhere(dora: User) -> Project:
    return create_project(actor=actor_of(dora), name="Elsewhere")


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


def unpack(content: bytes) -> tuple[dict[str, Any], Lines]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = archive.read("content.jsonl").decode().splitlines()
        return json.loads(archive.read("manifest.json")), [json.loads(line) for line in lines]


def pack(manifest: dict[str, Any], lines: Lines, **others: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("content.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        for name, text in others.items():
            archive.writestr(name, text)
    return content.getvalue()


IDS = {"id", "pollId", "joinCode", "createdAt", "updatedAt", "creator", "workspaceId"}


def without_ids(value: Any) -> Any:
    """What has to survive: everything but ids, join codes, and who created it when."""
    if isinstance(value, dict):
        return {key: without_ids(each) for key, each in value.items() if key not in IDS}
    return [without_ids(each) for each in value] if isinstance(value, list) else value


def polls_of(user: User, workspace: Workspace) -> list[Any]:
    """The polls of a workspace as its report has them, with sorted ballots."""
    polls: list[Any] = read_json(report(user, format="json", workspaceId=workspace.id))["polls"]
    for poll in polls:
        poll["ballots"].sort(key=str)
        del poll["exportedAt"]
    return polls


@pytest.mark.both
def test_an_archive_is_imported_elsewhere_with_equal_results_and_other_ids(
    alice: User, dora: User, workspace: Workspace, voted: list[Poll], elsewhere: Project
) -> None:
    job = import_archive(dora, export_archive(alice, workspace), elsewhere)
    assert job.state == "succeeded", job.error_message
    copy = Workspace.objects.get(project=elsewhere)
    assert job.result == {
        "workspaceId": str(copy.id),
        "name": "Evenings",
        "pollCount": 3,
        "ballotCount": 5,
        "voteCount": 6,
    }
    workspace.refresh_from_db()
    assert (copy.name, copy.settings) == (workspace.name, workspace.settings)
    old, new = polls_of(alice, workspace), polls_of(dora, copy)
    assert without_ids(new) == without_ids(old)
    assert len(new[0]["timeline"]["points"]) > 2
    assert all(poll["safeguards"]["recountIsCorrect"] for poll in new)
    polls = list(Poll.objects.filter(workspace=copy).order_by("id"))
    assert {poll.creator_id for poll in polls} == {dora.id}
    for before, after in zip(voted, polls, strict=True):
        assert (after.id, after.join_code) != (before.id, before.join_code)
        assert after.embed_origins == before.embed_origins
        assert after.sample_count == after.samples.count()
    assert list(find_mismatches()) == []
    assert not PollRemoval.objects.exists()
    assert log_of(elsewhere)[1:] == [
        ("workspace.created", "Evenings"),
        ("workspace.imported", "Evenings"),
    ]


def test_imported_ballots_belong_to_guests_whom_nobody_is(
    alice: User, dora: User, bob: User, workspace: Workspace, voted: list[Poll], elsewhere: Project
) -> None:
    import_archive(dora, export_archive(alice, workspace), elsewhere)
    copies = Poll.objects.filter(workspace__project=elsewhere)
    voters = User.objects.filter(votes__poll__in=copies).distinct()
    # Voter 1 of both polls is the same guest, so nobody can be followed.
    assert voters.count() == 3
    assert all(each.is_guest and not each.has_usable_password() for each in voters)
    assert not User.objects.filter(token_families__user__in=voters).exists()
    assert User.objects.filter(name="Imported voter").count() == 3
    drinks = copies.get(question="Which?")
    vote(bob, drinks, 1)
    drinks.refresh_from_db()
    assert drinks.ballot_count == 3
    assert list(find_mismatches([drinks.id])) == []


def test_placeholders_are_kept_as_long_as_their_ballots(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    settings: Settings,
) -> None:
    import_archive(dora, export_archive(alice, workspace), elsewhere)
    settings.GUEST_KEPT_DAYS = 0
    prune_guests("")
    placeholders = User.objects.filter(name="Imported voter")
    assert placeholders.count() == 3
    copy = Workspace.objects.get(project=elsewhere)
    delete_workspace(actor=actor_of(dora), workspace_id=copy.id)
    finish_removals()
    prune_guests("")
    assert placeholders.count() == 0


def test_an_archive_names_nobody(
    alice: User, bob: User, charlie: User, workspace: Workspace, voted: list[Poll]
) -> None:
    content = export_archive(alice, workspace)
    text = json.dumps(unpack(content))
    for user in (alice, bob, charlie):
        for trace in (str(user.id), user.id.hex, user.name, str(user.email)):
            assert trace not in text
    for poll in voted:
        assert str(poll.id) not in text
        assert poll.join_code not in text


def test_an_archive_is_whole_although_people_vote_or_the_poll_is_deleted_meanwhile(
    alice: User,
    bob: User,
    dora: User,
    workspace: Workspace,
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll, other = make_team_poll(alice, workspace), make_team_poll(alice, workspace)
    happens = [
        lambda: vote(bob, poll, 1),
        lambda: delete_poll(actor=actor_of(alice), poll_id=poll.id),
    ]

    def read(poll_id: UUID) -> Iterator[AnonymousBallot]:
        if poll_id == poll.id:
            happens.pop(0)()
        return read_anonymous_ballots(poll_id)

    monkeypatch.setattr(archive_writing, "read_anonymous_ballots", read)
    job = import_archive(dora, export_archive(alice, workspace), elsewhere)
    assert job.result is not None
    assert (job.result["pollCount"], job.result["ballotCount"]) == (2, 1)
    copy = Poll.objects.filter(workspace__project=elsewhere).earliest("id")
    assert (copy.ballot_count, copy.version, copy.tallied_at is None) == (1, 1, False)
    payload = {"action": "export_workspace", "workspaceId": str(workspace.id)}
    job = run_job(alice, "data_processing", **payload)
    assert (job.state, job.error_code) == ("queued", "server.unavailable")
    hurry(job)
    run_due()
    job.refresh_from_db()
    assert job.state == "succeeded"
    questions = [line for line in unpack(content_of(job))[1] if line["type"] == "poll"]
    assert len(questions) == 1
    assert Poll.objects.filter(id=other.id).exists()


def test_polls_that_moderators_hide_are_not_in_an_archive(
    alice: User, staff: User, workspace: Workspace, voted: list[Poll]
) -> None:
    hide_poll(actor=actor_of(staff), poll_id=voted[1].id, reason="Spam.")
    manifest, lines = unpack(export_archive(alice, workspace))
    assert (manifest["pollCount"], manifest["ballotCount"]) == (2, 3)
    questions = [line["question"] for line in lines if line["type"] == "poll"]
    assert questions == ["Tea or coffee?", "Later?"]


def test_a_dry_run_changes_nothing(
    alice: User, dora: User, workspace: Workspace, voted: list[Poll], elsewhere: Project
) -> None:
    content = export_archive(alice, workspace)
    users = User.objects.count()
    job = import_archive(dora, content, elsewhere, dryRun=True)
    assert job.result is not None
    assert (job.result["workspaceId"], job.result["ballotCount"]) == (None, 5)
    assert not Workspace.objects.filter(project=elsewhere).exists()
    assert (User.objects.count(), Poll.objects.count()) == (users, 3)
    assert not PollRemoval.objects.exists()


def test_nothing_of_an_import_shows_before_its_end_or_after_its_cancellation(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = export_archive(alice, workspace)
    votes, options = Vote.objects.count(), Option.objects.count()
    seen: list[bool] = []

    def look_and_cancel(importer: archive_importing.Importer, *_: Any) -> None:
        assert Vote.objects.count() == votes + 6
        assert Poll.objects.count() == 3
        # Unfinished imports are left alone, and have no wrong tallies.
        finish_removals()
        assert Vote.objects.count() == votes + 6
        assert list(find_mismatches()) == []
        seen.append(True)
        runs[0].stop()
        runs[0].check()

    runs: list[Run] = []
    monkeypatch.setattr(archive_importing.Importer, "show", look_and_cancel)
    monkeypatch.setattr("tests.reports.jobs.run_due", lambda: _run_next(runs))
    import_archive(dora, content, elsewhere)
    assert seen
    assert PollRemoval.objects.count() == 3
    finish_removals()
    assert (Vote.objects.count(), Option.objects.count()) == (votes, options)
    assert not Workspace.objects.filter(project=elsewhere).exists()


def _run_next(runs: list[Run]) -> None:
    run = take_next()
    assert run is not None
    runs.append(run)
    execute(run)


def test_an_import_whose_worker_was_lost_is_removed_later(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_imports, "RESERVED_FOR", timedelta(seconds=-1))
    content = export_archive(alice, workspace)
    votes = Vote.objects.count()
    job = import_archive(dora, content, elsewhere)
    # As if it had taken too long: the contents may be half removed, so it must not show them.
    assert (job.state, job.error_code) == ("queued", "server.unavailable")
    finish_removals()
    assert Vote.objects.count() == votes
    assert not Workspace.objects.filter(project=elsewhere).exists()


Change = Callable[[dict[str, Any], Lines], Any]
INVALID: dict[str, tuple[Change, str]] = {
    "another version": (lambda m, _: m.update(version=4), "manifest.json: version: Must be one"),
    "another format": (lambda m, _: m.update(format="x"), "manifest.json: format: "),
    "unknown field": (lambda m, _: m.update(owner="x"), "manifest.json: owner: There is no such"),
    "invisible name": (
        lambda m, _: m["workspace"].update(name="\u200b"),
        "manifest.json, workspace: name: ",
    ),
    "unknown setting": (
        lambda m, _: m["workspace"]["settings"].update(x=1),
        "manifest.json, workspace: settings.x: ",
    ),
    "missing poll": (lambda m, _: m.update(pollCount=4), "content.jsonl: It has other numbers"),
    "missing ballot": (lambda m, _: m.update(ballotCount=6), "content.jsonl: It has other numbers"),
    "unknown type": (lambda _, ls: ls[0].update(type="x"), "content.jsonl, line 1: "),
    "unknown field of a poll": (lambda _, ls: ls[0].update(id="x"), "line 1: id: There is no such"),
    "question too long": (lambda _, ls: ls[0].update(question="x" * 501), "line 1: question: At"),
    "blank question": (lambda _, ls: ls[0].update(question="   "), "line 1: question: This field"),
    "control character": (lambda _, ls: ls[0].update(question="a\0b?"), "line 1: question: Con"),
    "equal options": (lambda _, ls: ls[0].update(options=["A", "a"]), "line 1: options.1: This"),
    "number as text": (lambda _, ls: ls[0].update(version="3"), "line 1: version: Must be a whole"),
    "time without zone": (
        lambda _, ls: ls[0].update(closedAt="2026-01-01T00:00:00"),
        "line 1: clo",
    ),
    "too many choices": (lambda _, ls: ls[0].update(maxChoices=2), "line 1: maxChoices: "),
    "script as origin": (lambda _, ls: ls[0].update(embedOrigins=["javascript:"]), "embedOrigins"),
    "second ballot of a voter": (lambda _, ls: ls[2].update(voter=1), "line 3: voter: Must be 2"),
    "unknown option": (lambda _, ls: ls[1].update(choices=[2]), "line 2: choices: There are only"),
    "two of a single choice": (lambda _, ls: ls[1].update(choices=[0, 1]), "single choice"),
    "option twice": (lambda _, ls: ls[1].update(choices=[0, 0]), "line 2: choices: An option"),
    "changed before cast": (
        lambda _, ls: ls[1].update(changedAt="2000-01-01T00:00:00Z"),
        "line 2: changedAt: ",
    ),
    "wrong count": (lambda _, ls: ends(ls)[0].update(counts=[3, 0]), "The counts differ"),
    "lost ballot": (lambda _, ls: ls.pop(3), "The counts differ"),
    "no end": (lambda _, ls: ls.remove(ends(ls)[0]), "The poll before it has no end."),
    "no last end": (lambda _, ls: ls.remove(ends(ls)[-1]), "The last poll has no end."),
    "no poll": (lambda _, ls: ls.pop(0), "line 1: Only a poll can follow here."),
    "ballot in a draft": (
        lambda _, ls: ls.insert(-1, dict(ls[1])),
        "A draft cannot have ballots.",
    ),
    "sample of the future": (lambda _, ls: samples(ls)[0].update(version=3), "Must be below"),
    "samples out of order": (
        lambda _, ls: samples(ls)[1].update(version=samples(ls)[0]["version"]),
        "Samples must be in the order",
    ),
    "more votes than ballots": (lambda _, ls: samples(ls)[0].update(counts=[9, 0]), "more votes"),
}


def ends(lines: Lines) -> Lines:
    return [line for line in lines if line["type"] == "end"]


def samples(lines: Lines) -> Lines:
    return [line for line in lines if line["type"] == "sample"]


def test_an_invalid_archive_is_refused_with_its_file_and_line(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    settings: Settings,
) -> None:
    settings.UPLOADS_PER_OWNER = len(INVALID)
    content = export_archive(alice, workspace)
    for name, (change, words) in INVALID.items():
        manifest, lines = unpack(content)
        change(manifest, lines)
        job = import_archive(dora, pack(manifest, lines), elsewhere)
        assert (job.state, job.error_code) == ("failed", "archive.invalid"), name
        assert words in job.error_message, (name, job.error_message)
    assert not Workspace.objects.filter(project=elsewhere).exists()
    assert not PollRemoval.objects.exists()


def flood(method: int = zipfile.ZIP_DEFLATED, size: int = 10_000_000) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("manifest.json", b" " * size)
        archive.writestr("content.jsonl", b" " * size)
    return content.getvalue()


def many_files() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number:060}.txt", "")
    return content.getvalue()


def test_a_file_that_is_no_archive_is_refused(
    alice: User, dora: User, workspace: Workspace, voted: list[Poll], elsewhere: Project
) -> None:
    content = export_archive(alice, workspace)
    manifest, lines = unpack(content)
    damaged = bytearray(content)
    damaged[60:90] = bytes(30)
    files = {
        "nothing": (b"\0", "not a ZIP"),
        "text": (b"Dear Sir or Madam, here are our polls.", "not a ZIP"),
        "cut": (content[:-30], "not a ZIP"),
        "damaged": (bytes(damaged), "damaged"),
        "another file": (pack(manifest, lines, **{"../../x": "x"}), "exactly the files"),
        "a bomb": (flood(), "manifest.json: The file is too large."),
        "another method": (flood(zipfile.ZIP_BZIP2, 100), "must be deflated"),
        "many files": (many_files(), "too many files"),
    }
    for name, (file, words) in files.items():
        job = import_archive(dora, file, elsewhere)
        assert (job.state, job.error_code) == ("failed", "archive.invalid"), name
        assert words in job.error_message, (name, job.error_message)


def test_lines_and_files_have_bounds(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, lines = unpack(export_archive(alice, workspace))
    long = pack(manifest, [{"type": "x" * LINE_MAX_BYTES}])
    job = import_archive(dora, long, elsewhere)
    assert "content.jsonl, line 1: The line is too long." in job.error_message
    monkeypatch.setattr(archive_reading, "TOTAL_MAX_BYTES", 1000)
    job = import_archive(dora, pack(manifest, lines), elsewhere)
    assert "The file is too large." in job.error_message


def test_an_archive_of_a_workspace_without_polls_is_imported(
    alice: User, dora: User, project: Project, elsewhere: Project
) -> None:
    empty = open_workspace(project, "Empty")
    job = import_archive(dora, export_archive(alice, empty), elsewhere)
    assert job.result is not None
    assert job.result["pollCount"] == 0
    assert Workspace.objects.get(project=elsewhere).name == "Empty"


def test_samples_and_long_polls_are_written_in_parts(
    alice: User,
    dora: User,
    workspace: Workspace,
    voted: list[Poll],
    elsewhere: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_importing, "ROWS_AT_ONCE", 1)
    import_archive(dora, export_archive(alice, workspace), elsewhere)
    copy = Workspace.objects.get(project=elsewhere)
    assert without_ids(polls_of(dora, copy)) == without_ids(polls_of(alice, workspace))
    assert TallySample.objects.filter(poll__workspace=copy).exists()
    assert run_due() == 0

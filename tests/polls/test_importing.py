"""The job that imports polls from a file: dry runs, all or none, rights."""

import io
import json
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from accounts.models import User
from apikit.errors import ApiError
from jobs import states, uploads
from jobs.execution import execute
from jobs.models import Job, JobState, Upload
from jobs.services import cancel_job, enqueue, retry_job
from polls.importing import plan as plan_module
from polls.importing import tasks as import_tasks
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import create_polls
from tests.conftest import actor_of
from tests.jobs.conftest import expire, run_due, take_next
from tests.jobs.test_api import make_project
from workspaces.models import Activity, Workspace

pytestmark = pytest.mark.django_db

CSV = (
    "Question;Option 1;Option 2;Option 3;Kind;Max choices;Allow change;Results visibility;"
    "Opens at;Closes at;Colour"
    """
Tea or coffee?;Tea;Coffee;;;;;;;;red
Which fruit?;Apple;Pear;Plum;Multiple;2;yes;After vote;2999-01-01 10:00;2999-01-02T10:00+02:00;
"""
)


def upload(user: User, content: str | bytes, name: str = "polls.csv") -> Upload:
    data = content if isinstance(content, bytes) else content.encode()
    return uploads.store_upload(
        actor=actor_of(user), name=name, media_type="text/csv", pieces=[data]
    )


def import_file(user: User, content: str | bytes, **fields: Any) -> Job:
    """Enqueues the job, without running it."""
    payload: dict[str, Any] = {"action": "import_polls", "uploadId": str(upload(user, content).id)}
    payload |= {"dryRun": False, **fields}
    return enqueue(actor=actor_of(user), type_="data_processing", payload=payload)


def run(job: Job) -> dict[str, Any]:
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.SUCCEEDED, "")
    result: dict[str, Any] = job.result or {}
    return result


def problems_of(user: User, content: str | bytes, **fields: Any) -> list[tuple[int, str, str]]:
    result = run(import_file(user, content, dryRun=True, **fields))
    assert result["problemCount"] == len(result["problems"])
    return [(each["row"], each["column"], each["message"]) for each in result["problems"]]


@pytest.fixture
def workspace(alice: User, bob: User) -> Workspace:
    project, now = make_project(alice, viewer=bob), timezone.now()
    return Workspace.objects.create(
        project=project,
        name="Votes",
        settings={"pollDefaults": {"kind": "multiple"}},
        created_at=now,
        updated_at=now,
    )


def test_polls_from_csv(alice: User) -> None:
    result = run(import_file(alice, CSV))
    first, second = (Poll.objects.get(id=poll_id) for poll_id in result["pollIds"])
    assert (result["rowCount"], result["validCount"], result["problemCount"]) == (2, 2, 0)
    assert result["unknownColumns"] == ["Colour"]
    assert (first.question, first.creator, first.is_published) == ("Tea or coffee?", alice, False)
    assert list(first.options.values_list("text", flat=True)) == ["Tea", "Coffee"]
    assert (first.kind, first.max_choices, first.allow_change) == (PollKind.SINGLE, 1, False)
    assert (second.kind, second.max_choices, second.allow_change) == (PollKind.MULTIPLE, 2, True)
    assert second.results_visibility == ResultsVisibility.AFTER_VOTE
    assert second.opens_at is not None
    assert second.opens_at.isoformat() == "2999-01-01T10:00:00+00:00"
    assert second.closes_at is not None
    assert second.closes_at.isoformat() == "2999-01-02T08:00:00+00:00"


def test_polls_from_a_spreadsheet(alice: User) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["question", "options", "max choices", "kind", "published", "closes at"])
    closes_at = timezone.now().replace(year=2999, tzinfo=None)
    sheet.append(["Which year?", "2024 | 2025\n2026", 2, "multiple", True, closes_at])
    sheet.append([2024, "Yes|No", None, None, None, None])
    book.save(file)
    result = run(import_file(alice, file.getvalue()))
    first, second = (Poll.objects.get(id=poll_id) for poll_id in result["pollIds"])
    assert list(first.options.values_list("text", flat=True)) == ["2024", "2025", "2026"]
    assert (first.max_choices, first.is_published, first.state) == (2, True, "open")
    assert second.question == "2024"


def test_polls_from_json(alice: User) -> None:
    bodies = [
        {"question": "Tea?", "options": ["Yes", {"text": "No"}], "embedOrigins": ["*"]},
        {"question": "Tea?", "options": ["No", "Yes"], "is_published": True},
    ]
    result = run(import_file(alice, json.dumps(bodies)))
    first, second = (Poll.objects.get(id=poll_id) for poll_id in result["pollIds"])
    assert first.embed_origins == ["*"]
    assert second.is_published
    assert result["duplicates"] == []


def test_a_dry_run_lists_the_problems_of_each_row_and_creates_nothing(alice: User) -> None:
    content = (
        "question,option,option,kind,max choices,allow change,closes at\n"
        "Tea?,Yes,No,,,,\n"
        "\n"
        "Ha,Yes,,,,,\n"
        "Coffee?,Yes,yes,,,,\n"
        "Milk?,Yes,No,ranked,,perhaps,\n"
        "Sugar?,Yes,No,single,2,,\n"
        "Late?,Yes,No,,,,2001-01-01\n"
        "When?,Yes,No,,,,tomorrow\n"
        "Comma, or not?,Yes,No,,,,,\n"
    )
    assert problems_of(alice, content) == [
        (4, "question", "Ensure this field has at least 3 characters."),
        (4, "option", "A poll must have 2 to 50 options."),
        (5, "option", "This option is a duplicate."),
        (6, "allow change", "Must be true or false."),
        (7, "max choices", "Must be 1 for a poll with a single choice."),
        (8, "closes at", "Must be in the future."),
        (9, "closes at", problems_of(alice, content)[6][2]),
        (10, "kind", f"Must be one of: {', '.join(PollKind.values)}."),
    ]
    assert not Poll.objects.exists()


def test_polls_of_every_kind_from_csv(alice: User) -> None:
    content = """\
question;options;kind;steps;labels;method;places;total;mustSpendAll;min;max;step;unit;slots;settings
How was it?;Food|Music;rating;3;bad|fair|good;STAR;;;;;;;;;
Which first?;A|B|C;ranking;;;instant runoff;2;;;;;;;;
Who gets how much?;A|B;points;;;;;10;no;;;;;;
How many?;;numeric;;;;;;;-1,5;2.5;0.5;kg;;
One word?;;Word cloud;;;;;;;;;;;;"{""maxWords"": 5}"
And why?;;open text;;;;;;;;;;;;"{""maxChars"": 99, ""needsApproval"": true}"
Where?;;hotspot;;;;;;;;;;;;
When?;;dates;;;;;;;;;;;2030-01-01|2030-01-02T10:00Z/2030-01-02T11:00Z;
Any questions?;;questions;;;;;;;;;;;;
"""
    result = run(import_file(alice, content))
    polls = [Poll.objects.get(id=poll_id) for poll_id in result["pollIds"]]
    settings: dict[str, Any] = {poll.kind: poll.settings for poll in polls}
    assert {*settings, "single", "multiple"} == set(PollKind.values)
    assert settings["rating"]["labels"] == ["bad", "fair", "good"]
    assert (settings["rating"]["steps"], settings["rating"]["method"]) == (3, "star")
    assert settings["ranking"] == {"method": "instant_runoff", "places": 2}
    assert settings["points"] == {"total": 10, "mustSpendAll": False}
    assert settings["numeric"] == {"min": -1.5, "max": 2.5, "step": 0.5, "unit": "kg"}
    assert settings["word_cloud"]["maxWords"] == 5
    assert settings["open_text"] == {"maxChars": 99, "needsApproval": True}
    assert [slot["day"] for slot in settings["dates"]["slots"]] == ["2030-01-01", None]
    [dates] = [poll for poll in polls if poll.kind == "dates"]
    assert dates.options.get(position=0).text == "2030-01-01"


def test_wrong_settings_name_their_columns(alice: User) -> None:
    content = """\
question;options;kind;steps;min;max;slots;settings
A bad scale?;A|B;rating;2;;;;
Another?;A|B;rating;many;;;;
No range?;;numeric;;5;5;;
No object?;A|B;rating;;;;;steps: 4
Unknown?;A|B;rating;;;;;"{""stops"": 4}"
No day?;;dates;;;;2030-02-30;
With options?;A|B;numeric;;;;;
What else?;A|B;single;7;;;;
"""
    found = problems_of(alice, content)
    assert [(row, column) for row, column, _ in found] == [
        (2, "steps"),
        (3, "steps"),
        (4, "max"),
        (5, "settings"),
        (6, "settings"),
        (7, "slots"),
        (8, "options"),
        (9, "steps"),
    ]
    assert found[1][2] == "Must be a whole number."
    assert found[3][2].startswith("Must be an object in JSON")
    assert found[6][2] == "A poll of this kind has no options."


def test_problems_of_json_name_paths(alice: User) -> None:
    bodies = [
        "Tea?",
        {"question": "Tea?", "options": ["Yes", {"text": "No", "colour": "red"}]},
        {"question": "Tea?", "options": ["Yes", "No"], "workspaceId": None},
    ]
    assert problems_of(alice, json.dumps(bodies)) == [
        (1, "", "Must be an object, as in POST /polls."),
        (2, "options.1.colour", "There is no such field."),
        (3, "workspaceId", "Give the workspace in the payload of the job."),
    ]


def test_one_wrong_row_fails_the_job_and_creates_nothing(alice: User) -> None:
    job = import_file(alice, "question,options\nTea?,Yes|No\nHm?,Yes\nNo\n")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "file.invalid_rows")
    assert "There are 3; the first is in row 3, options: A poll" in job.error_message
    assert not Poll.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"question,options\n\xff,Yes|No\n", b"options\nYes|No\n", b"%PDF", b"PK\x03\x04nothing"],
)
def test_a_file_that_cannot_be_read_fails_the_job(alice: User, content: bytes) -> None:
    job = import_file(alice, content, dryRun=True)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code, job.attempts) == (JobState.FAILED, "file.unreadable", 1)


def test_duplicates_are_reported_and_created(alice: User) -> None:
    content = "question,options\nTea?,Yes|No\nTea?,Yes|No|Maybe\nTEA?,yes|no\n"
    result = run(import_file(alice, content))
    assert result["duplicates"] == [{"row": 4, "sameAsRow": 2}]
    assert Poll.objects.count() == 3


def test_a_file_has_a_bounded_number_of_polls(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "MAX_POLLS", 2)
    job = import_file(alice, "question,options\n" + "Tea?,Yes|No\n" * 3, dryRun=True)
    run_due()
    job.refresh_from_db()
    assert "more than 2 rows" in job.error_message


def test_the_defaults_and_the_activity_are_those_of_the_workspace(
    alice: User, workspace: Workspace
) -> None:
    content = "question,options\nTea?,Yes|No\nHow many?,1|2|3\n"
    result = run(import_file(alice, content, workspaceId=str(workspace.id)))
    polls = Poll.objects.filter(id__in=result["pollIds"], workspace=workspace)
    assert sorted(polls.values_list("kind", "max_choices")) == [("multiple", 2), ("multiple", 3)]
    assert Activity.objects.filter(verb="poll.created").count() == 2
    # In a workspace with this default, more than one choice is right.
    fields = "question,options,max choices\nTea?,Yes|No,2\n"
    assert problems_of(alice, fields, workspaceId=str(workspace.id)) == []
    assert problems_of(alice, fields) != []


@pytest.mark.parametrize("is_archived", [False, True])
def test_only_those_who_may_create_polls_import_them(
    alice: User, bob: User, charlie: User, workspace: Workspace, is_archived: bool
) -> None:
    refusals = {bob: "project.not_allowed", charlie: "workspace.not_found"}
    if is_archived:
        Workspace.objects.update(archived_at=timezone.now())
        refusals = {alice: "workspace.archived"}
    for user, code in refusals.items():
        with pytest.raises(ApiError) as caught:
            import_file(user, CSV, workspaceId=str(workspace.id))
        assert caught.value.code == code


def test_rights_are_checked_again_when_it_runs(alice: User, workspace: Workspace) -> None:
    job = import_file(alice, CSV, workspaceId=str(workspace.id))
    workspace.project.members.update(role="viewer")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "project.not_allowed")
    assert not Poll.objects.exists()


def test_the_file_must_be_ones_own(alice: User, bob: User) -> None:
    payload = {
        "action": "import_polls", "uploadId": str(upload(alice, CSV).id), "dryRun": True
    }  # fmt: skip
    with pytest.raises(ApiError) as caught:
        enqueue(actor=actor_of(bob), type_="data_processing", payload=payload)
    assert caught.value.code == "upload.not_found"


@pytest.mark.parametrize("fields", [{"dryRun": None}, {"dryRun": "false"}, {"dryRun": 0}])
def test_whether_it_is_a_dry_run_must_be_clear(alice: User, fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        import_file(alice, CSV, **fields)
    assert caught.value.errors[0].field == "payload.dryRun"


def test_an_attempt_that_lost_its_lease_creates_nothing(alice: User) -> None:
    job = import_file(alice, CSV)
    lost = take_next()
    assert lost is not None
    expire(job)
    states.reclaim_lost()
    assert run(job)["pollIds"]
    # The first worker was only slow.
    execute(lost)
    assert Poll.objects.count() == 2


def test_a_cancelled_import_creates_nothing_and_a_retried_one_everything_once(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = import_file(alice, CSV)

    def create_and_cancel(**options: Any) -> list[Poll]:
        # Cancelled while it creates them, as another process could.
        Job.objects.filter(id=job.id).update(state=JobState.CANCELLED, worker="")
        return create_polls(**options)

    monkeypatch.setattr(import_tasks, "create_polls", create_and_cancel)
    run_due()
    assert not Poll.objects.exists()
    monkeypatch.undo()
    cancel_job(actor=actor_of(alice), job_id=job.id)
    retry_job(actor=actor_of(alice), job_id=job.id)
    run(job)
    assert Poll.objects.count() == 2

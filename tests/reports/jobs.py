"""Creating and running jobs, and reading their files."""

import csv
import io
import json
from typing import Any

from openpyxl import load_workbook

from accounts.models import User
from jobs.models import Job
from jobs.results import read_file
from jobs.services import enqueue
from jobs.uploads import store_upload
from polls.models import Poll
from tests.conftest import actor_of, option_ids
from tests.jobs.conftest import run_due
from votes import ledger
from votes.ballots import Ballot
from workspaces.models import Project, Workspace


def run_job(user: User, type_: str, **payload: Any) -> Job:
    """Creates a job, and runs it."""
    job = enqueue(actor=actor_of(user), type_=type_, payload=payload)
    run_due()
    job.refresh_from_db()
    return job


def vote(user: User, poll: Poll, *positions: int) -> None:
    """``user`` votes in the transaction of the test, which the thread of the writer cannot see."""
    ids = option_ids(poll)
    chosen = tuple(ids[position] for position in positions)
    result = ledger.record([Ballot(voter_id=user.id, option_ids=chosen, poll_id=poll.id)])
    assert not isinstance(result.results[0], Exception), result.results[0]


def report(user: User, **payload: Any) -> Job:
    ids = {key: str(value) if key.endswith("Id") else value for key, value in payload.items()}
    job = run_job(user, "report", **ids)
    assert job.state == "succeeded", (job.error_code, job.error_message)
    return job


def content_of(job: Job) -> bytes:
    return b"".join(read_file(job.file))


def read_csv(job: Job) -> list[dict[str, str]]:
    text = content_of(job).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_json(job: Job) -> Any:
    return json.loads(content_of(job))


def read_sheets(job: Job) -> dict[str, list[tuple[Any, ...]]]:
    """The worksheets by title, as rows of values."""
    workbook = load_workbook(io.BytesIO(content_of(job)))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook.worksheets}


def upload(user: User, content: bytes) -> str:
    """Uploads a file; returns its id."""
    stored = store_upload(
        actor=actor_of(user), name="a.zip", media_type="application/zip", pieces=[content]
    )
    return str(stored.id)


def export_archive(user: User, workspace: Workspace) -> bytes:
    job = run_job(user, "data_processing", action="export_workspace", workspaceId=str(workspace.id))
    assert job.state == "succeeded", (job.error_code, job.error_message)
    return content_of(job)


def import_archive(user: User, content: bytes, project: Project, **options: Any) -> Job:
    """Imports an archive into a project; the job may fail."""
    return run_job(
        user,
        "data_processing",
        action="import_workspace",
        uploadId=upload(user, content),
        projectId=str(project.id),
        **options,
    )

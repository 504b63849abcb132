"""Measures the memory that reports and archives take, with 1,000 and with 200,000 votes.

    python -m bench.report_memory

Each job runs in a process of its own, on PostgreSQL, on a workspace with one poll that has all of
the votes. Prints the peak of the process's memory (VmHWM) with its ratio to the smaller size, the
seconds, and the size of the file. Fails above the goal.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from bench.services import running_services

SIZES = (1_000, 200_000)
GOAL = 1.10
JOBS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "report as csv": ("report", {"format": "csv"}),
    "report as json": ("report", {"format": "json"}),
    "report as xlsx": ("report", {"format": "xlsx"}),
    "archive": ("data_processing", {"action": "export_workspace"}),
    # Of the archive before, into the same project.
    "import": ("data_processing", {"action": "import_workspace"}),
}
OWNER = "reporter@example.org"


def main() -> int:
    peaks: dict[str, list[float]] = {name: [] for name in JOBS}
    with running_services() as services:
        for size in SIZES:
            with services.database(f"report_memory_{size}", _migrate) as url:
                _run_step(url, "fill", str(size))
                services.settle(url)
                for name in JOBS:
                    measured = json.loads(_run_step(url, "measure", name))
                    peaks[name].append(measured["peak_mib"])
                    print(f"{name}, {size:,} votes:", measured, flush=True)
    is_met = True
    for name, (small, large) in peaks.items():
        ratio = large / small
        is_met = is_met and ratio <= GOAL
        sizes = f"{SIZES[1]:,} votes by {SIZES[0]:,}"
        print(f"{name}: {large:.1f} MiB / {small:.1f} MiB = {ratio:.3f} ({sizes}; goal {GOAL})")
    return 0 if is_met else 1


def _migrate(url: str) -> None:
    call(url, "manage.py", "migrate", "--verbosity=0")


def _run_step(url: str, *arguments: str) -> str:
    return call(url, "-m", "bench.report_memory", *arguments)


def call(url: str, *arguments: str) -> str:
    environment = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def fill(vote_count: int) -> None:
    """Creates a workspace with a poll that has so many votes, a second for every ten of them."""
    from django.utils import timezone

    from accounts.models import User
    from apikit.actors import Actor
    from apikit.ids import new_id
    from polls.models import Option, Poll
    from polls.services import create_poll
    from votes.models import TallySample, Vote
    from workspaces.projects import create_project
    from workspaces.spaces import create_workspace

    owner = User.objects.create(email=OWNER, name="Owner")
    actor = Actor(owner.id)
    project = create_project(actor=actor, name="Bench")
    workspace = create_workspace(actor=actor, project_id=project.id, name="Large")
    texts = [f"Option {number}" for number in range(5)]
    poll = create_poll(
        actor=actor, question="Which?", options=texts, is_published=True, workspace_id=workspace.id
    )
    options, now = list(poll.options.all()), timezone.now()
    for first in range(0, vote_count, 5000):
        numbers = range(first, min(vote_count, first + 5000))
        guests = [User(name="Guest", is_guest=True) for _ in numbers]
        User.objects.bulk_create(guests)
        Vote.objects.bulk_create(
            Vote(
                poll=poll,
                option=options[number % len(options)],
                user=guest,
                request_id=new_id(),
                created_at=(at := now + timedelta(seconds=number / 10)),
                updated_at=at,
            )
            for number, guest in zip(numbers, guests, strict=True)
        )
    # As many for both sizes, because a timeline is bounded.
    TallySample.objects.bulk_create(
        TallySample(
            poll=poll,
            version=vote_count * step // 600,
            at=now + timedelta(seconds=vote_count * step / 6000),
            counts={each.id.hex: vote_count * step // 3000 for each in options},
            ballot_count=vote_count * step // 600,
        )
        for step in range(1, 600)
    )
    for option in options:
        option.vote_count = vote_count // len(options)
    Option.objects.bulk_update(options, ["vote_count"])
    end = now + timedelta(seconds=vote_count / 10)
    Poll.objects.filter(id=poll.id).update(
        version=vote_count, ballot_count=vote_count, tallied_at=end, sample_count=599
    )


def measure(name: str) -> dict[str, Any]:
    """Runs a job in this process, as a worker does."""
    from accounts.models import User
    from apikit.actors import Actor
    from jobs import states
    from jobs.execution import execute
    from jobs.models import Job
    from jobs.queue import DueJob
    from jobs.run import Run
    from jobs.services import enqueue
    from workspaces.models import Workspace

    owner, workspace = User.objects.get(email=OWNER), Workspace.objects.get()
    type_, payload = JOBS[name]
    if name == "import":
        target = {"uploadId": _upload_archive(), "projectId": str(workspace.project_id)}
    else:
        target = {"workspaceId": str(workspace.id)}
    job = enqueue(actor=Actor(owner.id), type_=type_, payload=payload | target)
    taken = states.take(DueJob(job.id, owner.id, job.type), "bench/1")
    assert taken is not None
    started_s = time.perf_counter()
    execute(Run(taken))
    seconds = time.perf_counter() - started_s
    job = Job.objects.select_related("file").get(id=job.id)
    assert job.state == "succeeded", job.error_message
    size_bytes = 0 if name == "import" else job.file.size_bytes
    return {
        "peak_mib": round(_peak_kib() / 1024, 1),
        "seconds": round(seconds, 1),
        "file_kib": size_bytes // 1024,
    }


def _upload_archive() -> str:
    """Uploads the file of the job that exported the archive."""
    from accounts.models import User
    from apikit.actors import Actor
    from jobs.models import JobFile
    from jobs.results import read_file
    from jobs.uploads import store_upload

    owner, file = User.objects.get(email=OWNER), JobFile.objects.get(name__endswith=".zip")
    stored = store_upload(
        actor=Actor(owner.id), name=file.name, media_type=file.media_type, pieces=read_file(file)
    )
    return str(stored.id)


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
    django.setup()
    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]))
    else:
        print(json.dumps(measure(sys.argv[2])))

"""Measures the time and memory that PDF reports take, with 1, 100 and 500 polls.

    python -m bench.report_pdf

Each report is a job in a process of its own, on SQLite, on a workspace whose polls have five
options and a timeline. Prints the seconds of the job, the peaks of memory of the worker and of the
process that typesets (no less than the worker's, whose memory it shares until it has started), and
the size of the file. Fails if 500 polls take more memory than the goal.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

SIZES = (1, 100, 500)
GOAL_MIB = 1024
OPTIONS = 5
SAMPLES = 100
OWNER = "owner@example.org"


def main() -> int:
    peak_mib = 0.0
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {
                "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
                "VAR_DIR": folder,
                "LOG_LEVEL": "ERROR",
            }
            for step in (["manage.py", "migrate", "--verbosity=0"], _step("fill", size)):
                subprocess.run([sys.executable, *step], env=environment, check=True)
            command = [sys.executable, *_step("measure", size)]
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
        measured = json.loads(done.stdout)
        peak_mib = measured["typesetting_peak_mib"]
        print(f"{size} polls:", measured, flush=True)
    print(f"{SIZES[-1]} polls: {peak_mib:.0f} MiB to typeset; goal {GOAL_MIB} MiB")
    return 0 if peak_mib <= GOAL_MIB else 1


def _step(name: str, size: int) -> list[str]:
    return ["-m", "bench.report_pdf", name, str(size)]


def fill(poll_count: int) -> None:
    """Creates a workspace with so many polls that have tallies and samples, but no votes."""
    from accounts.models import User
    from apikit.actors import Actor
    from polls.models import Poll
    from polls.services import create_poll
    from votes.models import TallySample
    from workspaces.projects import create_project
    from workspaces.spaces import create_workspace

    owner = User.objects.create(email=OWNER, name="Owner")
    actor = Actor(owner.id)
    project = create_project(actor=actor, name="Bench")
    workspace = create_workspace(actor=actor, project_id=project.id, name="Large")
    for number in range(poll_count):
        poll = create_poll(
            actor=actor,
            question=f"What should we build next, part {number}?",
            options=[f"Option {each} of this poll" for each in range(OPTIONS)],
            is_published=True,
            workspace_id=workspace.id,
        )
        options = list(poll.options.all())
        TallySample.objects.bulk_create(
            TallySample(
                poll=poll,
                version=step,
                at=poll.created_at + timedelta(seconds=10 * step),
                counts={each.id.hex: step // OPTIONS for each in options},
                ballot_count=step,
            )
            for step in range(1, SAMPLES)
        )
        for position, option in enumerate(options):
            option.vote_count = 10 + 5 * position
            option.save(update_fields=["vote_count"])
        Poll.objects.filter(id=poll.id).update(
            version=SAMPLES,
            ballot_count=sum(option.vote_count for option in options),
            tallied_at=poll.created_at + timedelta(seconds=10 * SAMPLES),
            sample_count=SAMPLES - 1,
        )


def measure() -> dict[str, Any]:
    """Runs the job in this process, as a worker does."""
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
    payload = {"format": "pdf", "workspaceId": str(workspace.id)}
    job = enqueue(actor=Actor(owner.id), type_="report", payload=payload)
    taken = states.take(DueJob(job.id, owner.id, job.type), "bench/1")
    assert taken is not None
    started_s = time.perf_counter()
    execute(Run(taken))
    seconds = time.perf_counter() - started_s
    job = Job.objects.select_related("file").get(id=job.id)
    assert job.state == "succeeded", job.error_message
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(seconds, 1),
        "typesetting_cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "typesetting_peak_mib": round(usage.ru_maxrss / 1024, 1),
        "worker_peak_mib": round(_peak_kib() / 1024, 1),
        "file_kib": job.file.size_bytes // 1024,
    }


def _peak_kib() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
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
        print(json.dumps(measure()))

"""Owners see their jobs change on their sockets."""

from typing import Any

import pytest

from accounts.models import User
from jobs import live, states
from jobs.events import JobReport
from jobs.live_updates import publish_on_commit
from jobs.models import Job
from jobs.run import Run
from jobs.wire import view_job
from realtime.database import in_database
from realtime.running import running_hub
from tests.jobs.conftest import MakeTask, ProbePayload, enqueue_probe, run_due
from tests.realtime.conftest import Connect
from tests.realtime.test_described_frames import assert_described

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def test_all_sockets_of_the_owner_see_each_state(
    make_task: MakeTask,
    alice: User,
    bob: User,
    connect: Connect,
) -> None:
    def handler(run: Run, payload: ProbePayload) -> dict[str, Any]:
        run.report(40, "Counting")
        return {"answer": 42}

    make_task(handler)
    first, second, stranger = await connect(alice), await connect(alice), await connect(bob)
    job = await in_database(enqueue_probe, alice)
    for socket in (first, second):
        update = await socket.event("job-update")
        assert (update["job"]["id"], update["job"]["state"]) == (str(job.id), "queued")
        assert_described(update, "event.job-update")
    await in_database(run_due)
    running = await first.find(lambda frame: frame.get("job", {}).get("progress") == 40)
    assert (running["job"]["state"], running["job"]["progressMessage"]) == ("running", "Counting")
    done = await first.find(lambda frame: frame.get("job", {}).get("state") == "succeeded")
    assert done["job"]["revision"] > running["job"]["revision"]
    assert "result" not in done["job"]
    assert_described(done, "event.job-update")
    await second.find(lambda frame: frame.get("job", {}).get("state") == "succeeded")
    assert (await stranger.call("ping"))["type"] == "reply"
    assert not [frame for frame in stranger.seen if frame["type"] == "job-update"]


async def test_an_older_state_that_arrives_late_is_not_shown(
    make_task: MakeTask,
    alice: User,
    connect: Connect,
) -> None:
    make_task(lambda *_: None)
    socket = await connect(alice)
    job = await in_database(enqueue_probe, alice)
    await socket.event("job-update")
    older = JobReport(user_id=alice.id, job=view_job(await in_database(_read, job)))
    await in_database(_cancel, job)
    assert (await socket.event("job-update"))["job"]["state"] == "cancelled"
    live.show_job(running_hub(), "site", older)
    await socket.call("ping")
    assert not [frame for frame in socket.seen if frame["type"] == "job-update"]


def _read(job: Job) -> Job:
    return Job.objects.select_related("file").get(id=job.id)


def _cancel(job: Job) -> None:
    states.cancel(job.id)
    publish_on_commit(job.id)

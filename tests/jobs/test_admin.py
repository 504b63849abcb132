"""Jobs and schedules in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.models import PruningState
from apikit.pruning import PRUNERS, begin_run, make_due
from apikit.recurring import RECURRING_WORK, record_run
from jobs import states
from jobs.errors import JobNotFoundError
from jobs.models import Job, JobState, Schedule
from jobs.schedules import SCHEDULES, ScheduledTask, run_for_staff
from jobs.services import cancel_for_staff, enqueue_for_site, retry_for_staff
from tests.conftest import MakePoll, actor_of
from tests.jobs.conftest import MakeTask, ProbePayload, enqueue_probe, returns, run_due
from tests.moderation_client import ModerationClient, log_of, messages_of

pytestmark = pytest.mark.django_db(transaction=True)

HOURLY = ScheduledTask("hourly", "probe", ProbePayload(), timedelta(hours=1), timedelta(0))


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.fixture(autouse=True)
def _probe(make_task: MakeTask) -> None:
    make_task(returns({"answer": "<b>42</b>"}))


def rows_of(answer: Any) -> list[Job]:
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_the_list_has_all_jobs_and_is_filtered(
    moderator: ModerationClient, alice: User, bob: User
) -> None:
    of_alice, of_bob = enqueue_probe(alice), enqueue_probe(bob)
    of_site = enqueue_for_site(type_="probe", payload=ProbePayload())
    states.cancel(of_bob.id)
    everything = moderator.list_of(Job)
    assert rows_of(everything) == [of_site, of_bob, of_alice]
    for words in ("alice@example.org", "the site", "cancelled"):
        assert words in everything.content.decode()
    assert rows_of(moderator.list_of(Job, state="cancelled")) == [of_bob]
    assert rows_of(moderator.list_of(Job, type="data_processing.recount")) == []
    assert rows_of(moderator.list_of(Job, q="ALICE")) == [of_alice]
    assert rows_of(moderator.list_of(Job, q=str(of_site.id))) == [of_site]
    assert rows_of(moderator.list_of(Job, owner=bob.id)) == [of_bob]


def test_a_job_is_shown_with_its_result(moderator: ModerationClient, alice: User) -> None:
    job = enqueue_probe(alice)
    run_due()
    page = moderator.page_of(job)
    assert "&lt;b&gt;42&lt;/b&gt;" in page.content.decode()
    assert page.context["object_actions"] == []


def test_jobs_are_cancelled_and_retried_with_a_log(
    moderator: ModerationClient, alice: User
) -> None:
    job = enqueue_probe(alice)
    moderator.act("cancel_jobs", job)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert [name for name, _ in moderator.page_of(job).context["object_actions"]] == ["retry_jobs"]
    moderator.act("retry_jobs", job)
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert log_of(job) == ["Cancelled.", "Queued again."]


def test_only_staff_cancel_and_retry_the_jobs_of_others(alice: User, staff: User) -> None:
    job = enqueue_probe(alice)
    for act in (cancel_for_staff, retry_for_staff):
        for actor in (actor_of(alice), Actor()):
            with pytest.raises(ForbiddenError):
                act(actor=actor, job_id=job.id)
    job.delete()
    with pytest.raises(JobNotFoundError):
        cancel_for_staff(actor=actor_of(staff), job_id=job.id)


def test_staff_retry_jobs_of_the_site(staff: User) -> None:
    job = enqueue_for_site(type_="probe", payload=ProbePayload())
    cancel_for_staff(actor=actor_of(staff), job_id=job.id)
    retry_for_staff(actor=actor_of(staff), job_id=job.id)
    job.refresh_from_db()
    assert (job.state, job.owner) == (JobState.QUEUED, None)


def test_all_recurring_work_is_listed_with_its_last_and_next_run(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    job = enqueue_for_site(type_="probe", payload=ProbePayload())
    now = timezone.now()
    schedule = Schedule.objects.create(
        name="hourly", next_run_at=now, last_run_at=now, last_job=job
    )
    make_poll(closes_at=datetime(2996, 5, 4, 9, 30, tzinfo=UTC))
    record_run("poll_deadlines", 7)
    make_due("uploads")
    run = begin_run("uploads")
    assert run is not None
    run.step()
    listed = moderator.list_of(Schedule)
    assert f"/admin/jobs/job/{job.id}/change/" in listed.content.decode()
    assert moderator.page_of(schedule).status_code == 200
    rows = {row.name: row for row in listed.context["recurring_work"]}
    assert rows.keys() == {*PRUNERS, *RECURRING_WORK}
    assert "2996-05-04 09:30" in rows["poll_deadlines"].next_run
    assert str(now.year) in rows["poll_deadlines"].last_run
    assert rows["poll_deadlines"].last_count == "7"
    assert (rows["uploads"].last_count, str(now.year) in rows["uploads"].last_run) == ("0", True)
    assert (rows["deleted_polls"].next_run, rows["sessions"].last_run) == ("nothing to do", "")


def test_a_schedule_is_run_at_once(
    moderator: ModerationClient, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCHEDULES, "hourly", HOURLY)
    next_run_at = timezone.now() + timedelta(minutes=50)
    schedule = Schedule.objects.create(name="hourly", next_run_at=next_run_at)
    moderator.act("run_schedules", schedule)
    [job] = Job.objects.all()
    refused = moderator.act("run_schedules", schedule)
    assert "not finished" in messages_of(refused)[0]
    schedule.refresh_from_db()
    assert (schedule.last_job, schedule.next_run_at) == (job, next_run_at)
    assert run_due() == 1
    assert log_of(schedule) == ["Job created."]
    moderator.act("run_schedules", Schedule.objects.create(name="older", next_run_at=next_run_at))
    assert Job.objects.count() == 1


def test_only_staff_run_schedules(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULES, "hourly", HOURLY)
    for actor in (actor_of(alice), Actor()):
        with pytest.raises(ForbiddenError):
            run_for_staff(actor=actor, name="hourly")


def test_pruning_is_run_at_once(moderator: ModerationClient) -> None:
    state = PruningState.objects.create(
        kind="uploads",
        leased_until=timezone.now(),
        next_run_at=timezone.now() + timedelta(minutes=50),
    )
    assert begin_run("uploads") is None
    assert "uploads" in moderator.list_of(PruningState).content.decode()
    moderator.act("prune_now", state)
    assert begin_run("uploads") is not None

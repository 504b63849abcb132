"""Jobs and schedules in the admin."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from jobs import states
from jobs.errors import JobNotFoundError
from jobs.models import Job, JobState, Schedule
from jobs.services import cancel_for_staff, enqueue_for_site, retry_for_staff
from tests.conftest import actor_of
from tests.jobs.conftest import MakeTask, ProbePayload, enqueue_probe, returns, run_due
from tests.moderation_client import ModerationClient, log_of

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_schedules_are_listed_with_their_last_and_next_run(moderator: ModerationClient) -> None:
    job = enqueue_for_site(type_="probe", payload=ProbePayload())
    now = timezone.now()
    schedule = Schedule.objects.create(
        name="hourly", next_run_at=now, last_run_at=now, last_job=job
    )
    listed = moderator.list_of(Schedule).content.decode()
    assert f"/admin/jobs/job/{job.id}/change/" in listed
    assert moderator.page_of(schedule).status_code == 200

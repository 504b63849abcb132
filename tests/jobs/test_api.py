"""The job endpoints: what they return, and to whom."""

import io
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from jobs import states
from jobs.models import Job, JobState
from jobs.results import FileResult
from jobs.run import Run
from tests.conftest import ClientFor
from tests.jobs.conftest import (
    MakeTask,
    ProbePayload,
    enqueue_probe,
    returns,
    run_due,
    take,
    take_next,
)
from workspaces.models import Member, Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db

PROBE = {"type": "probe", "payload": {"number": 7}}


@pytest.fixture(autouse=True)
def _probe(make_task: MakeTask) -> None:
    make_task(returns({"answer": 42}))


@pytest.fixture
def alices(client_for: ClientFor, alice: User) -> APIClient:
    return client_for(alice)


def make_project(owner: User, **members: User) -> Project:
    now = timezone.now()
    project = Project.objects.create(name="Team", creator=owner, created_at=now, updated_at=now)
    for role, user in {"owner": owner, **members}.items():
        Member.objects.create(project=project, user=user, role=Role(role), joined_at=now)
    return project


def test_a_job_from_its_creation_to_its_result(alices: APIClient, alice: User) -> None:
    created = alices.post("/api/jobs", PROBE)
    assert created.status_code == 202
    assert created.json()["message"] == "Job created successfully"
    job = created.json()["job"]
    assert (job["type"], job["state"], job["attempts"]) == ("probe", "queued", 0)
    assert job["payload"] == {"number": 7, "words": []}
    address = f"/api/jobs/{job['id']}"
    assert alices.get(f"{address}/result").json()["code"] == "job.no_result"
    run_due()
    job = alices.get(address).json()["job"]
    assert (job["state"], job["progress"], job["result"]) == ("succeeded", 100, {"answer": 42})
    assert alices.get(f"{address}/result").json() == {"result": {"answer": 42}}
    assert alices.delete(address).status_code == 200
    assert alices.get(address).json()["code"] == "job.not_found"


def test_an_error_is_shown(alices: APIClient, make_task: MakeTask) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        raise RuntimeError("secret")

    make_task(handler)
    job_id = alices.post("/api/jobs", PROBE).json()["job"]["id"]
    run_due()
    job = alices.get(f"/api/jobs/{job_id}").json()["job"]
    assert job["error"]["code"] == "job.failed"
    assert "secret" not in str(job)


def test_a_file_is_downloaded(alices: APIClient, make_task: MakeTask) -> None:
    content = b"x" * 300_000

    def handler(run: Run, payload: ProbePayload) -> FileResult:
        return FileResult("Übersicht.pdf", "application/pdf", io.BytesIO(content))

    make_task(handler)
    job_id = alices.post("/api/jobs", PROBE).json()["job"]["id"]
    run_due()
    file = alices.get(f"/api/jobs/{job_id}").json()["job"]["file"]
    expected = {"name": "Übersicht.pdf", "mediaType": "application/pdf", "sizeBytes": 300_000}
    assert file == expected
    response: Any = alices.get(f"/api/jobs/{job_id}/result")
    assert b"".join(response.streaming_content) == content
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9C")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "nothing", "payload": {}}, "type"),
        ({"type": "internal", "payload": {}}, "type"),
        ({"type": "probe"}, "payload"),
        ({"type": "probe", "payload": {"number": "x"}}, "payload.number"),
        ({"type": "probe", "payload": "text"}, "payload"),
        ({"type": "probe", "payload": {}, "number": 1}, "number"),
        ({"payload": {}}, "type"),
    ],
)
def test_bad_bodies_are_refused(
    alices: APIClient, make_task: MakeTask, body: Any, field: str
) -> None:
    make_task(returns(), name="internal", is_internal=True)
    response = alices.post("/api/jobs", body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_some_types_take_their_fields_beside_the_type(
    alices: APIClient, make_task: MakeTask
) -> None:
    make_task(returns(), accepts_bare_fields=True)
    job = alices.post("/api/jobs", {"type": "probe", "number": 3}).json()["job"]
    assert job["payload"]["number"] == 3
    assert alices.post("/api/jobs", PROBE | {"number": 3}).status_code == 400


def test_the_same_key_creates_one_job(alices: APIClient) -> None:
    responses = [alices.post("/api/jobs", PROBE, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert responses[0].json() == responses[1].json()
    assert Job.objects.count() == 1
    other = {"type": "probe", "payload": {}}
    assert alices.post("/api/jobs", other, HTTP_IDEMPOTENCY_KEY="k").status_code == 422


def test_cancelling(alices: APIClient, alice: User) -> None:
    queued, running, done = (enqueue_probe(alice) for _ in range(3))
    take(running, "worker")
    take(done, "worker")
    states.succeed(done.id, "worker", None)
    for job in (queued, running, running):
        response = alices.post(f"/api/jobs/{job.id}/cancel")
        assert (response.status_code, response.json()["job"]["state"]) == (200, "cancelled")
    assert alices.post(f"/api/jobs/{done.id}/cancel").json()["code"] == "job.finished"


def test_retrying(alices: APIClient, alice: User) -> None:
    job = enqueue_probe(alice)
    address = f"/api/jobs/{job.id}/retry"
    assert alices.post(address).json()["code"] == "job.not_retryable"
    run = take_next()
    assert run is not None
    assert alices.post(address).json()["code"] == "job.not_retryable"
    states.cancel(job.id)
    response = alices.post(address)
    assert response.status_code == 202
    assert (response.json()["job"]["state"], response.json()["job"]["attempts"]) == ("queued", 0)
    assert run_due() == 1
    assert alices.post(address).json()["code"] == "job.not_retryable"


def test_only_finished_jobs_are_deleted(alices: APIClient, alice: User) -> None:
    job = enqueue_probe(alice)
    assert alices.delete(f"/api/jobs/{job.id}").json()["code"] == "job.not_finished"
    take_next()
    assert alices.delete(f"/api/jobs/{job.id}").json()["code"] == "job.not_finished"


def test_the_list_has_your_own_jobs_by_type_and_state(
    alices: APIClient, alice: User, bob: User, make_task: MakeTask
) -> None:
    make_task(returns(), name="other")
    first, second = enqueue_probe(alice), enqueue_probe(alice)
    enqueue_probe(bob)
    states.cancel(second.id)
    Job.objects.filter(id=second.id).update(type="other")

    def listed(query: str) -> list[UUID]:
        return [UUID(job["id"]) for job in alices.get(f"/api/jobs{query}").json()["jobs"]]

    assert listed("") == [second.id, first.id]
    assert listed("?type=other") == [second.id]
    assert listed("?state=queued") == [first.id]
    assert alices.get("/api/jobs?state=lost").status_code == 400


def test_a_list_takes_few_queries(
    alices: APIClient, alice: User, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        enqueue_probe(alice)
    # The token, the count and the page.
    with django_assert_num_queries(3):
        alices.get("/api/jobs")


PATHS = [("get", ""), ("get", "/result"), ("post", "/cancel"), ("post", "/retry"), ("delete", "")]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_the_jobs_of_others_look_missing(
    client_for: ClientFor,
    alice: User,
    bob: User,
    guest: User,
    staff: User,
    method: str,
    path: str,
) -> None:
    job = enqueue_probe(alice)

    def refused(user: User | None, job_id: UUID) -> tuple[int, str]:
        response = getattr(client_for(user), method)(f"/api/jobs/{job_id}{path}")
        return response.status_code, json.loads(response.content)["code"]

    for stranger in (bob, staff):
        assert refused(stranger, job.id) == refused(stranger, uuid4()) == (404, "job.not_found")
    assert refused(guest, job.id) == (403, "auth.account_required")
    assert refused(None, job.id) == (401, "auth.required")
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_roles_decide_about_the_jobs_of_a_project(
    client_for: ClientFor, alice: User, bob: User, charlie: User, staff: User
) -> None:
    project = make_project(alice, viewer=bob)
    body = PROBE | {"projectId": str(project.id)}
    job_id = client_for(alice).post("/api/jobs", body).json()["job"]["id"]
    expected = {
        alice: (200, 200, 200, 202),
        bob: (200, 200, 403, 403),
        charlie: (404, 404, 404, 404),
        staff: (200, 200, 200, 202),
    }
    for user, statuses in expected.items():
        client = client_for(user)
        seen = (
            client.get(f"/api/jobs?projectId={project.id}").status_code,
            client.get(f"/api/jobs/{job_id}").status_code,
            client.post(f"/api/jobs/{job_id}/cancel").status_code,
            client.post("/api/jobs", body).status_code,
        )
        assert seen == statuses, user.name
    # The list without a project has one's own jobs only.
    assert client_for(bob).get("/api/jobs").json()["jobs"] == []


def test_a_removed_member_loses_their_jobs_in_the_project(
    client_for: ClientFor, alice: User, bob: User
) -> None:
    project = make_project(alice, collaborator=bob)
    body = PROBE | {"projectId": str(project.id)}
    job_id = client_for(bob).post("/api/jobs", body).json()["job"]["id"]
    Member.objects.filter(user=bob).delete()
    assert client_for(bob).get(f"/api/jobs/{job_id}").json()["code"] == "job.not_found"
    run_due()
    job = Job.objects.get(id=job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "project.not_found")

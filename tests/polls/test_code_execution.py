"""Jobs of the type ``code_execution``: over REST, with the results of polls, on and off."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from jobs import states
from jobs.execution import execute
from jobs.models import Job
from polls import tasks
from polls.models import Poll, ResultsVisibility
from sandbox.errors import ProgramStoppedError, SandboxFailedError, SandboxUnavailableError
from sandbox.limits import CODE_MAX_BYTES
from sandbox.outcomes import Outcome, ProgramError
from tests.conftest import ClientFor, MakePoll
from tests.jobs.conftest import run_due, take_next
from tests.sandbox.conftest import confinement  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db

PAYLOAD = {"code": "console.log('Hello World')", "language": "javascript"}
BODY = {"type": "code_execution", "payload": PAYLOAD}
FINISHED = {"succeeded", "failed", "cancelled"}


@pytest.fixture(autouse=True)
def _on(settings: Settings) -> None:
    settings.FEATURE_CODE_EXECUTION = True


@pytest.fixture
def alices(client_for: ClientFor, alice: User) -> APIClient:
    return client_for(alice)


def create(client: APIClient, **payload: Any) -> dict[str, Any]:
    response = client.post("/api/v1/jobs", {**BODY, "payload": PAYLOAD | payload})
    assert response.status_code == 202, response.json()
    job: dict[str, Any] = response.json()["job"]
    return job


def read(client: APIClient, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/jobs/{job['id']}").json()["job"]
    return found


@pytest.mark.usefixtures("confinement")
@pytest.mark.both
@pytest.mark.parametrize("body", [BODY, {"type": "code_execution", **PAYLOAD}])
def test_the_program_of_the_contract_runs(alices: APIClient, body: dict[str, Any]) -> None:
    response = alices.post("/api/v1/jobs", body)
    assert response.status_code == 202
    job = response.json()["job"]
    while job["state"] not in FINISHED:
        run_due()
        job = read(alices, job)
    result = job["result"]
    duration_ms = result.pop("durationMs")
    assert result == {"stdout": "Hello World\n", "stderr": "", "value": None, "error": None}
    assert duration_ms > 0
    assert alices.get(f"/api/v1/jobs/{job['id']}/result").json()["result"]["stdout"]


@pytest.mark.usefixtures("confinement")
@pytest.mark.both
def test_the_largest_result_is_stored(alices: APIClient) -> None:
    code = (
        "const text = '\\u{1f600}\\u0001\\0'.repeat(20_000);"
        "console.log(text); console.error(text); '\\u0001'.repeat(5_000)"
    )
    job = create(alices, code=code)
    run_due()
    result = read(alices, job)["result"]
    assert len(result["value"]) == 5000
    assert "more characters were left out" in result["stdout"]


@pytest.mark.usefixtures("confinement")
def test_a_program_that_throws_is_a_result(alices: APIClient) -> None:
    job = create(alices, code="console.log('before');\nnull.x")
    run_due()
    job = read(alices, job)
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert job["result"]["stdout"] == "before\n"
    error = job["result"]["error"]
    assert (error["name"], error["line"]) == ("TypeError", 2)


def outcome(value: Any = None, error: ProgramError | None = None) -> Outcome:
    return Outcome(stdout="", stderr="", value=value, error=error, duration_s=0.0123)


def echo_input(code: str, *, input_value: Any, **options: Any) -> Outcome:
    return outcome(input_value)


def test_the_results_of_a_poll_are_its_input(
    alices: APIClient, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "run_program", echo_input)
    poll = make_poll()
    job = create(alices, pollId=str(poll.id))
    run_due()
    shown = alices.get(f"/api/polls/{poll.id}/results").json()["poll"]
    assert read(alices, job)["result"]["value"] == shown
    job = create(alices)
    run_due()
    assert read(alices, job)["result"] == {
        "stdout": "", "stderr": "", "value": None, "error": None, "durationMs": 12.3
    }  # fmt: skip


def test_only_results_that_the_owner_may_see(
    alices: APIClient, client_for: ClientFor, charlie: User, make_poll: MakePoll
) -> None:
    def refusal(client: APIClient, poll_id: object) -> tuple[int, str]:
        response = client.post("/api/jobs", {**BODY, "payload": PAYLOAD | {"pollId": str(poll_id)}})
        return response.status_code, response.json()["code"]

    charlies = client_for(charlie)
    assert refusal(alices, uuid4()) == (404, "poll.not_found")
    hidden = make_poll(results_visibility=ResultsVisibility.OWNER)
    assert refusal(charlies, hidden.id) == (403, "results.hidden")
    assert refusal(charlies, make_poll(is_published=False).id) == (404, "poll.not_found")
    create(alices, pollId=str(hidden.id))


def test_rights_are_checked_again_when_the_job_runs(
    client_for: ClientFor, charlie: User, make_poll: MakePoll
) -> None:
    charlies, poll = client_for(charlie), make_poll()
    job = create(charlies, pollId=str(poll.id))
    Poll.objects.filter(id=poll.id).update(results_visibility=ResultsVisibility.OWNER)
    run_due()
    assert read(charlies, job)["error"]["code"] == "results.hidden"


@pytest.mark.parametrize(
    ("payload", "field", "message"),
    [
        (
            {**PAYLOAD, "language": "python"},
            "payload.language",
            'Must be "javascript"; other languages, such as Python, are not supported.',
        ),
        ({**PAYLOAD, "language": "JavaScript"}, "payload.language", 'Must be "javascript"'),
        ({"code": "1"}, "payload.language", "This field is required."),
        ({**PAYLOAD, "code": ""}, "payload.code", "At least 1 character is needed."),
        ({**PAYLOAD, "code": "1\0"}, "payload", "NUL characters are not allowed."),
        ({**PAYLOAD, "code": 1}, "payload.code", "Must be a string."),
        (
            {**PAYLOAD, "code": "ä" * (CODE_MAX_BYTES // 2 + 1)},
            "payload.code",
            "Must be at most 65,536 bytes long in UTF-8.",
        ),
        ({**PAYLOAD, "pollId": "x"}, "payload.pollId", "Must be"),
        ({**PAYLOAD, "input": {}}, "payload.input", "There is no such field."),
    ],
)
def test_bad_payloads_are_refused(
    alices: APIClient, payload: dict[str, Any], field: str, message: str
) -> None:
    response = alices.post("/api/v1/jobs", {**BODY, "payload": payload})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


def test_unpaired_surrogates_are_refused(alices: APIClient) -> None:
    body = b'{"type": "code_execution", "payload": {"code": "\\ud800", "language": "javascript"}}'
    response = alices.post("/api/v1/jobs", body, content_type="application/json")
    assert response.status_code == 400


def test_off_the_error_names_the_setting(alices: APIClient, settings: Settings) -> None:
    job = create(alices)
    settings.FEATURE_CODE_EXECUTION = False
    response = alices.post("/api/v1/jobs", BODY)
    assert (response.status_code, response.json()["code"]) == (403, "job.type_disabled")
    assert "FEATURE_CODE_EXECUTION" in response.json()["message"]
    run_due()
    assert read(alices, job)["error"]["code"] == "job.type_disabled"


def test_it_is_off_by_default() -> None:
    from polling_site.config.definitions import SETTINGS

    assert SETTINGS["FEATURE_CODE_EXECUTION"].default == "false"


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (
            SandboxUnavailableError("The kernel lacks Landlock."),
            "failed",
            "job.programs_unavailable",
        ),
        (SandboxFailedError("x"), "queued", "server.unavailable"),
    ],
)
def test_a_sandbox_that_does_not_work_fails_the_job(
    alices: APIClient, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str, code: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> Outcome:
        raise error

    monkeypatch.setattr(tasks, "run_program", fail)
    job = create(alices)
    run_due()
    job = read(alices, job)
    assert (job["state"], job["error"]["code"]) == (state, code)
    if state == "failed":
        assert job["error"]["message"].endswith("The kernel lacks Landlock.")


def test_cancelling_stops_the_program(alices: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    created = create(alices)
    run = take_next()
    assert run is not None

    def stop(code: str, *, should_stop: Any, **options: Any) -> Outcome:
        asked.append(should_stop())
        states.cancel(run.id)
        run.stop()
        asked.append(should_stop())
        raise ProgramStoppedError

    monkeypatch.setattr(tasks, "run_program", stop)
    execute(run)
    assert asked == [False, True]
    assert read(alices, created)["state"] == "cancelled"
    assert Job.objects.get(id=run.id).result is None

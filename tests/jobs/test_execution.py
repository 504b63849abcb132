"""What comes of an attempt: success, another attempt, or failure."""

import io
from typing import Any

import pytest
from django.db import OperationalError, transaction

from accounts.models import User
from apikit.errors import ForbiddenError, ServerUnavailableError, ValidationFailedError
from jobs import states
from jobs.errors import JobTypeDisabledError, StoppedError
from jobs.execution import execute
from jobs.models import CHUNK_BYTES, Job, JobState
from jobs.registry import RetryPolicy
from jobs.results import FileResult, read_file
from jobs.run import Run
from jobs.services import enqueue
from tests.conftest import actor_of
from tests.jobs.conftest import (
    MakeTask,
    ProbePayload,
    enqueue_probe,
    expire,
    hurry,
    returns,
    run_due,
    take,
    take_next,
)

pytestmark = pytest.mark.django_db


def _fails_the_test(run: Run, payload: ProbePayload) -> None:
    pytest.fail("ran")


def test_a_job_runs_once_and_keeps_its_result(make_task: MakeTask, alice: User) -> None:
    seen: list[Any] = []

    def handler(run: Run, payload: ProbePayload) -> dict[str, Any]:
        assert run.actor is not None
        seen.append((run.actor.id, payload.number, run.attempt))
        return {"double": payload.number * 2}

    make_task(handler)
    job = enqueue_probe(alice, {"number": 21})
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert run_due() == 1
    assert run_due() == 0
    job.refresh_from_db()
    assert seen == [(alice.id, 21, 1)]
    assert (job.state, job.progress, job.result) == (JobState.SUCCEEDED, 100, {"double": 42})
    assert job.started_at is not None
    assert job.finished_at is not None
    assert (job.worker, job.leased_until, job.slot) == ("", None, None)


def test_a_delayed_job_waits(make_task: MakeTask, alice: User) -> None:
    make_task(returns())
    job = enqueue_probe(alice, delay_s=60)
    assert run_due() == 0
    # Not even a worker that does not look first gets it.
    assert take(job, "worker") is None
    hurry(job)
    assert run_due() == 1


def test_an_unexpected_error_is_tried_again_later_without_showing_its_text(
    make_task: MakeTask, alice: User
) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        raise RuntimeError("secret")

    make_task(handler, retries=RetryPolicy(max_attempts=2, first_pause_s=100))
    job = enqueue_probe(alice)
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == (JobState.QUEUED, 1, "job.failed")
    assert 45 < (job.run_at - job.created_at).total_seconds() < 110
    hurry(job)
    assert run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == (JobState.FAILED, 2, "job.failed")
    assert "secret" not in job.error_message


def test_a_later_attempt_can_succeed(make_task: MakeTask, alice: User) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        if run.attempt == 1:
            raise OperationalError("gone")

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.QUEUED, "server.unavailable")
    hurry(job)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == (JobState.SUCCEEDED, 2, "")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ForbiddenError("Not yours."), JobState.FAILED),
        (ValidationFailedError.of("x", "Wrong."), JobState.FAILED),
        (ServerUnavailableError(), JobState.QUEUED),
    ],
)
def test_permanent_errors_are_not_tried_again(
    make_task: MakeTask, alice: User, error: Exception, state: JobState
) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        raise error

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (state, 1)
    assert job.error_message.startswith(str(error))
    if isinstance(error, ValidationFailedError):
        assert job.error_message.endswith("x: Wrong.")


def test_pauses_double_up_to_a_limit_and_vary() -> None:
    policy = RetryPolicy(first_pause_s=2, max_pause_s=20)
    pauses = [[policy.pause_s(attempt) for _ in range(50)] for attempt in range(1, 7)]
    for full_s, seen in zip([2, 4, 8, 16, 20, 20], pauses, strict=True):
        assert full_s / 2 <= min(seen) < max(seen) <= full_s


def test_the_effect_is_undone_if_another_worker_has_the_job(
    make_task: MakeTask, alice: User, bob: User
) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        if run.attempt == 1:
            expire(run.job)
            states.reclaim_lost()
            assert take_next() is not None
        with transaction.atomic():
            User.objects.filter(id=bob.id).update(name=f"attempt {run.attempt}")
            run.succeed({"attempt": run.attempt})

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    bob.refresh_from_db()
    assert (job.state, job.attempts, bob.name) == (JobState.RUNNING, 2, "Bob")
    execute(Run(job))
    job.refresh_from_db()
    bob.refresh_from_db()
    assert (job.state, job.result, bob.name) == (
        JobState.SUCCEEDED,
        {"attempt": 2},
        "attempt 2",
    )


def test_the_effect_is_undone_if_the_job_was_cancelled(
    make_task: MakeTask, alice: User, bob: User
) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        states.cancel(run.id)
        with transaction.atomic():
            User.objects.filter(id=bob.id).update(name="changed")
            run.succeed()

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    bob.refresh_from_db()
    assert (job.state, bob.name) == (JobState.CANCELLED, "Bob")


def test_a_failed_attempt_does_not_change_a_cancelled_job(make_task: MakeTask, alice: User) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        states.cancel(run.id)
        raise RuntimeError

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.CANCELLED, "")


def test_progress_is_shown_at_most_four_times_a_second(make_task: MakeTask, alice: User) -> None:
    def handler(run: Run, payload: ProbePayload) -> None:
        run.report(10, "Reading")
        revision = Job.objects.get(id=run.id).revision
        for percent in range(11, 99):
            run.report(percent, "Counting")
        shown = Job.objects.get(id=run.id)
        assert shown.revision - revision < 5
        assert shown.progress >= 10

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.SUCCEEDED, "")


def test_reporting_stops_a_job_that_was_cancelled(make_task: MakeTask, alice: User) -> None:
    ends: list[str] = []

    def handler(run: Run, payload: ProbePayload) -> None:
        states.cancel(run.id)
        with run.stopping(lambda: ends.append("stopped")), pytest.raises(StoppedError):
            run.report(10)
        run.check()

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert ends == ["stopped"]


def test_rights_are_checked_when_enqueued_and_again_when_run(
    make_task: MakeTask, alice: User
) -> None:
    refused: list[str] = []

    def authorize(actor: Any, payload: ProbePayload) -> None:
        if payload.number == 2 or refused:
            raise ForbiddenError("Not yours.")

    make_task(returns(), authorize=authorize)
    with pytest.raises(ForbiddenError):
        enqueue_probe(alice, {"number": 2})
    job = enqueue_probe(alice)
    refused.append("from now on")
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code, job.error_message) == (
        JobState.FAILED,
        "forbidden",
        "Not yours.",
    )


def test_jobs_of_a_suspended_owner_do_not_run(make_task: MakeTask, alice: User) -> None:
    make_task(_fails_the_test)
    job = enqueue_probe(alice)
    User.objects.filter(id=alice.id).update(is_active=False)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "job.owner_gone")


def test_a_type_that_is_turned_off_is_refused(make_task: MakeTask, alice: User) -> None:
    is_on = [True]
    make_task(returns(), is_enabled=lambda: bool(is_on))
    job = enqueue_probe(alice)
    is_on.clear()
    with pytest.raises(JobTypeDisabledError):
        enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "job.type_disabled")


def test_a_type_that_this_process_does_not_know_waits(
    make_task: MakeTask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_task(returns())
    job = enqueue_probe(alice)
    Job.objects.filter(id=job.id).update(type="newer")
    assert run_due() == 0
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_a_file_is_stored_in_chunks(make_task: MakeTask, alice: User) -> None:
    content = bytes(range(256)) * 2500

    def handler(run: Run, payload: ProbePayload) -> FileResult:
        return FileResult("report.bin", "application/octet-stream", io.BytesIO(content))

    make_task(handler)
    job = enqueue_probe(alice)
    run_due()
    job = Job.objects.get(id=job.id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, None)
    assert (job.file.name, job.file.size_bytes) == ("report.bin", len(content))
    chunks = list(read_file(job.file))
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) == CHUNK_BYTES


@pytest.mark.both
def test_a_result_is_stored_whatever_it_contains(make_task: MakeTask, alice: User) -> None:
    make_task(returns({"text": "a\0b\ud800", "numbers": [float("nan"), 1.5], "k\0": None}))
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert job.result == {"text": "a\ufffdb\ufffd", "numbers": [None, 1.5], "k\ufffd": None}


def test_a_result_that_is_too_large_fails_the_job(make_task: MakeTask, alice: User) -> None:
    make_task(returns({"text": "x" * 300_000}))
    job = enqueue_probe(alice)
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "job.result_too_large")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"number": "x"}, "payload.number"),
        ({"colour": 1}, "payload.colour"),
        ({"words": [1]}, "payload.words.0"),
        ({"words": ["a\0"]}, "payload"),
        ({"a\0": 1}, "payload.a\0"),
        ([], "payload"),
    ],
)
def test_payloads_are_checked_strictly(
    make_task: MakeTask, alice: User, payload: Any, field: str
) -> None:
    make_task(returns())
    with pytest.raises(ValidationFailedError) as caught:
        enqueue(actor=actor_of(alice), type_="probe", payload=payload)
    assert [each.field for each in caught.value.errors] == [field]
    assert not Job.objects.exists()

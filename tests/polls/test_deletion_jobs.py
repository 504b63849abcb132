"""The job that deletes a poll and waits until its votes are gone."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from jobs import states
from jobs.execution import execute
from jobs.models import Job, JobState
from jobs.services import cancel_job, enqueue
from polls import archive_imports
from polls.errors import PollNotFoundError
from polls.models import Poll, PollRemoval
from polls.removal import oldest_removal, remove_chunk
from polls.services import delete_poll
from tests.conftest import ClientFor, MakePoll, actor_of, finish_removals, vote
from tests.jobs.conftest import run_due, take_next
from tests.moderation_client import ModerationClient

pytestmark = pytest.mark.django_db(transaction=True)


def delete(user: User, poll_id: UUID) -> Job:
    payload = {"action": "delete_poll", "pollId": str(poll_id)}
    return enqueue(actor=actor_of(user), type_="data_processing", payload=payload)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Between two looks, a server removes a chunk; the progress at each."""
    seen: list[tuple[int, str]] = []

    def sleep(seconds: float) -> None:
        seen.append(Job.objects.values_list("progress", "progress_message").get())
        remove_chunk()

    monkeypatch.setattr("polls.deletion_job.sleep", sleep)
    monkeypatch.setattr("jobs.run.PROGRESS_INTERVAL_S", 0)
    monkeypatch.setattr("polls.removal.CHUNK_ROWS", 2)
    return seen


def test_the_poll_is_gone_at_once_and_the_job_waits_for_its_votes(
    alice: User,
    bob: User,
    charlie: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    looks: list[Any],
) -> None:
    poll = make_poll()
    for voter in (alice, bob, charlie):
        vote(voter, poll, 0)
    body = {"type": "data_processing", "payload": {"action": "delete_poll", "pollId": str(poll.id)}}
    assert client_for(alice).post("/api/jobs", body).status_code == 202
    run_due()
    job = Job.objects.get()
    assert (job.state, job.result) == (
        JobState.SUCCEEDED,
        {"pollId": str(poll.id), "voteCount": 3},
    )
    assert not Poll.objects.filter(id=poll.id).exists()
    assert looks[:2] == [(0, "0 of 3 votes removed"), (66, "2 of 3 votes removed")]


def test_an_attempt_after_an_interrupted_one_continues(
    alice: User, bob: User, make_poll: MakePoll, looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    job = delete(alice, poll.id)
    run = take_next()
    assert run is not None

    def lose_worker(seconds: float) -> None:
        states.give_back(run.id, run.worker)
        run.stop()

    with monkeypatch.context() as patch:
        patch.setattr("polls.deletion_job.sleep", lose_worker)
        execute(run)
    finish_removals()
    run_due()
    job.refresh_from_db()
    assert (job.state, job.result) == (
        JobState.SUCCEEDED,
        {"pollId": str(poll.id), "voteCount": 1},
    )


def test_a_job_cancelled_before_it_begins_keeps_the_poll(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    cancel_job(actor=actor_of(alice), job_id=delete(alice, poll.id).id)
    assert run_due() == 0
    assert Poll.objects.filter(id=poll.id).exists()
    assert not PollRemoval.objects.exists()


def test_only_those_who_manage_a_poll_delete_it(
    alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    with pytest.raises(PollNotFoundError):
        delete(bob, poll.id)
    delete(staff, poll.id)
    job = delete(alice, poll.id)
    Poll.objects.update(creator=bob)
    run = next(each for each in iter(take_next, None) if each.id == job.id)
    execute(run)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "poll.not_found")
    assert Poll.objects.filter(id=poll.id).exists()


def test_the_admin_lists_removals_but_not_polls_that_are_being_imported(
    staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    archive_imports.reserve_poll(
        [archive_imports.ImportedOption(text=text, vote_count=0) for text in ("Yes", "No")]
    )
    rows = ModerationClient(staff).list_of(PollRemoval).context["cl"].result_list
    assert [row.poll_id for row in rows] == [poll.id]
    assert oldest_removal() == rows[0].deleted_at

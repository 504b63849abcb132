"""The jobs that recount polls."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from jobs.models import Job, JobState, Schedule
from jobs.schedules import enqueue_due
from jobs.services import enqueue
from polls.errors import PollNotFoundError
from polls.models import Option, Poll
from tests.conftest import ClientFor, MakePoll, actor_of, vote
from tests.jobs.conftest import run_due

pytestmark = pytest.mark.django_db(transaction=True)


def recount(user: User, poll: Poll) -> Job:
    payload = {"action": "recount", "pollId": str(poll.id)}
    return enqueue(actor=actor_of(user), type_="data_processing", payload=payload)


def miscount(poll: Poll) -> Option:
    """Makes a counter wrong, behind the ledger's back."""
    option = poll.options.order_by("position")[0]
    Option.objects.filter(id=option.id).update(vote_count=7)
    return option


def test_a_right_tally_is_left_alone(alice: User, bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    version = Poll.objects.get(id=poll.id).version
    job = recount(alice, poll)
    run_due()
    job.refresh_from_db()
    assert job.result == {
        "pollId": str(poll.id),
        "isCorrect": True,
        "ballotCount": 1,
        "mismatches": [],
    }
    assert Poll.objects.get(id=poll.id).version == version


def test_a_wrong_tally_is_corrected(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, other = make_poll(), make_poll()
    vote(bob, poll, 0)
    option, untouched = miscount(poll), miscount(other)
    body = {"type": "data_processing", "payload": {"action": "recount", "pollId": str(poll.id)}}
    job_id = client_for(alice).post("/api/jobs", body).json()["job"]["id"]
    run_due()
    job = Job.objects.get(id=job_id)
    assert job.state == JobState.SUCCEEDED
    assert job.result is not None
    assert job.result["isCorrect"] is False
    assert job.result["mismatches"] == [
        {"pollId": str(poll.id), "optionId": str(option.id), "kept": 7, "counted": 1}
    ]
    option.refresh_from_db()
    untouched.refresh_from_db()
    assert (option.vote_count, untouched.vote_count) == (1, 7)


def test_only_those_who_manage_a_poll_recount_it(
    alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    draft, published = make_poll(is_published=False), make_poll()
    for poll in (draft, published):
        with pytest.raises(PollNotFoundError):
            recount(bob, poll)
    recount(staff, draft)


def test_a_poll_deleted_meanwhile_fails_the_job(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    job = recount(alice, poll)
    poll.delete()
    run_due()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "poll.not_found")


def test_all_tallies_are_checked_every_night(alice: User, bob: User, make_poll: MakePoll) -> None:
    polls = [make_poll() for _ in range(3)]
    vote(bob, polls[0], 0)
    option = miscount(polls[1])
    assert enqueue_due() == []
    schedule = Schedule.objects.get(name="nightly_recount")
    assert (schedule.next_run_at.hour, schedule.next_run_at.minute) == (3, 0)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Schedule.objects.filter(name="nightly_recount").update(next_run_at=an_hour_ago)
    [job] = enqueue_due()
    run_due()
    job.refresh_from_db()
    assert job.result is not None
    assert (job.result["pollCount"], job.result["mismatchCount"]) == (3, 1)
    assert job.result["mismatches"][0]["optionId"] == str(option.id)

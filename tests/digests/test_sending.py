"""Digests are sent once to those who want one, and only if something happened."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import get_connection
from django.utils import timezone

from accounts.models import Digest, User
from accounts.services import suspend_user
from digests import tasks
from digests.collecting import collect_content, vote_counter
from digests.models import DigestState
from digests.periods import last_end
from jobs.models import Job, JobState, Schedule
from jobs.schedules import enqueue_due
from jobs.services import enqueue_for_site
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, make_user, vote
from tests.jobs.conftest import hurry, run_due
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import join, open_workspace
from votes.models import Vote
from workspaces.invitations import invite
from workspaces.models import Member, Project
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
MORNING = datetime(2026, 5, 6, 6, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past six on a Wednesday, for the job that sends."""
    monkeypatch.setattr("digests.tasks.timezone.now", lambda: MORNING + timedelta(minutes=30))


def want(*users: User, digest: Digest = Digest.DAILY, since: datetime = MORNING - DAY) -> None:
    """Lets accounts have digests that covered everything until ``since``."""
    for user in users:
        User.objects.filter(id=user.id).update(digest=digest)
        DigestState.objects.create(user=user, covered_until=since)


def at(poll: Poll, moment: datetime = MORNING - DAY / 2) -> Poll:
    """Moves what happened in a poll to another time."""
    Poll.objects.filter(id=poll.id).update(opened_at=moment, tallied_at=moment)
    Poll.objects.filter(id=poll.id, closed_at__isnull=False).update(closed_at=moment)
    Vote.objects.filter(poll=poll).update(created_at=moment)
    return poll


def send() -> Job:
    """Runs the job until it waits or has finished."""
    job = enqueue_for_site(type_=tasks.NAME, payload=tasks.DigestsPayload())
    run_due()
    job.refresh_from_db()
    return job


def recipients() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


def test_periods_end_in_the_morning_of_days_and_mondays() -> None:
    assert last_end(Digest.DAILY, MORNING) == MORNING
    assert last_end(Digest.DAILY, MORNING - timedelta(seconds=1)) == MORNING - DAY
    assert last_end(Digest.WEEKLY, MORNING) == datetime(2026, 5, 4, 6, tzinfo=UTC)


def test_a_digest_is_sent_once_and_the_next_one_has_only_what_is_new(
    alice: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    want(alice)
    poll = make_poll()
    vote(bob, poll, 0)
    at(poll)
    assert send().result == {"sentCount": 1, "quietCount": 0, "failedCount": 0}
    assert send().result == {"sentCount": 0, "quietCount": 0, "failedCount": 0}
    assert recipients() == ["alice@example.org"]
    assert "1 person voted" in mail.outbox[0].body
    next_day = MORNING + DAY + timedelta(minutes=30)
    monkeypatch.setattr("digests.tasks.timezone.now", lambda: next_day)
    assert send().result == {"sentCount": 0, "quietCount": 1, "failedCount": 0}
    state = DigestState.objects.get()
    assert (state.covered_until, state.sent_at) == (MORNING + DAY, MORNING + timedelta(minutes=30))


def test_only_accounts_that_want_one_and_can_read_it_get_one(
    alice: User, bob: User, charlie: User, staff: User, make_poll: MakePoll
) -> None:
    want(alice, bob, charlie)
    for user in (alice, bob, charlie, staff):
        at(make_poll(actor=actor_of(user)))
    User.objects.filter(id=bob.id).update(digest=Digest.OFF)
    suspend_user(actor=actor_of(staff), user_id=charlie.id, reason="spam")
    send()
    assert recipients() == ["alice@example.org"]
    # It would begin long ago if bob wanted one again.
    assert not DigestState.objects.filter(user=bob).exists()


def test_the_first_digest_begins_after_it_was_chosen(alice: User, make_poll: MakePoll) -> None:
    User.objects.update(digest=Digest.WEEKLY)
    at(make_poll(), MORNING - 5 * DAY)
    send()
    assert mail.outbox == []
    assert DigestState.objects.get().covered_until == datetime(2026, 5, 4, 6, tzinfo=UTC)


def test_a_worker_that_read_the_row_too_early_sends_nothing(
    alice: User, make_poll: MakePoll
) -> None:
    want(alice)
    at(make_poll())
    [row] = tasks._due(timezone.now())
    for expected in ("sent", "quiet"):
        assert tasks._serve(*row, get_connection(), vote_counter()) == expected
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error",
    [SMTPServerDisconnected("gone"), SMTPRecipientsRefused({"alice@example.org": (451, b"later")})],
)
def test_a_mail_server_that_is_away_gets_it_later(
    alice: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    want(alice)
    at(make_poll())
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", raises(error))
        job = send()
    assert (job.state, mail.outbox) == (JobState.QUEUED, [])
    hurry(job)
    run_due()
    assert recipients() == ["alice@example.org"]


def test_an_address_that_is_refused_keeps_nobody_else_from_theirs(
    alice: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    want(alice, bob)
    for user in (alice, bob):
        at(make_poll(actor=actor_of(user)))
    error = SMTPRecipientsRefused({"alice@example.org": (550, b"no such user")})
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", raises(error))
        assert send().result == {"sentCount": 0, "quietCount": 0, "failedCount": 2}
    assert send().result == {"sentCount": 0, "quietCount": 0, "failedCount": 0}


def raises(error: Exception) -> Any:
    def send_messages(self: Any, messages: Any) -> None:
        raise error

    return send_messages


def test_a_job_is_bounded_and_another_one_does_the_rest(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PAGE", 2)
    monkeypatch.setattr(tasks, "MAX_PER_RUN", 3)
    users = [make_user(f"Person{number}") for number in range(7)]
    want(*users)
    for user in users:
        at(make_poll(actor=actor_of(user)))
    send()
    assert recipients() == sorted(f"person{number}@example.org" for number in range(7))
    results = [each.result for each in Job.objects.order_by("id") if each.result]
    assert [each["sentCount"] for each in results] == [3, 3, 1]


def test_it_is_scheduled_every_hour() -> None:
    enqueue_due()
    Schedule.objects.filter(name=tasks.NAME).update(next_run_at=timezone.now() - timedelta(hours=5))
    assert [job.type for job in enqueue_due()] == [tasks.NAME]
    assert enqueue_due() == []


# What it contains


@pytest.fixture
def project(alice: User) -> Project:
    project = create_project(actor=actor_of(alice), name="Town hall")
    Member.objects.update(joined_at=MORNING - 9 * DAY)
    return project


def test_it_has_the_news_of_those_projects_whose_polls_one_edits(
    alice: User, bob: User, charlie: User, project: Project, make_poll: MakePoll
) -> None:
    join(project, bob, Role.COLLABORATOR)
    join(project, charlie, Role.VIEWER)
    Member.objects.filter(user__in=[bob, charlie]).update(joined_at=MORNING - DAY / 2)
    team_poll = make_team_poll(alice, open_workspace(project))
    own = make_poll(question="Red or blue?")
    for user in (bob, charlie):
        vote(user, team_poll, 0)
    close_poll(actor=actor_of(alice), poll_id=team_poll.id)
    at(team_poll)
    at(own)
    invite(actor=actor_of(alice), project_id=project.id, email="dora@example.org", role=Role.VIEWER)
    now = MORNING - timedelta(hours=2)
    Job.objects.create(
        type="probe",
        owner=alice,
        state=JobState.FAILED,
        run_at=now,
        created_at=now,
        finished_at=now,
    )

    def content_of(user: User) -> Any:
        return collect_content(user, MORNING - DAY, MORNING, vote_counter())

    content = content_of(alice)
    assert [(each.question, each.project, each.new_ballots) for each in content.polls] == [
        ("Tea or coffee?", "Town hall", 2),
        ("Red or blue?", "", 0),
    ]
    assert (content.opened, content.closed, content.ballots, content.failed_jobs) == (2, 1, 2, 1)
    assert sorted(content.members) == [("Bob", "Town hall"), ("Charlie", "Town hall")]
    assert not content.is_empty
    assert content_of(bob).ballots == 2
    assert content_of(bob).failed_jobs == 0
    assert content_of(charlie).is_empty
    # Not by itself a reason to write.
    assert collect_content(alice, MORNING, MORNING + DAY, vote_counter()).is_empty


def test_lists_are_bounded_and_the_number_of_queries_is_as_well(
    alice: User,
    project: Project,
    make_poll: MakePoll,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    monkeypatch.setattr("digests.collecting.MAX_LISTED", 2)
    for number in range(5):
        at(make_poll(question=f"Poll {number}?"))
        join(project, make_user(f"Person{number}"), Role.VIEWER)
    Member.objects.exclude(user=alice).update(joined_at=MORNING - DAY / 2)
    Poll.objects.update(tallied_at=None)
    with django_assert_num_queries(6):
        content = collect_content(alice, MORNING - DAY, MORNING, vote_counter())
    assert (len(content.polls), content.more_polls, content.opened) == (2, 3, 5)
    assert (len(content.members), content.more_members) == (2, 3)

"""Reports of polls: who can send them, how many are kept, what moderators decide."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from apikit.actors import visitor
from apikit.errors import AuthenticationRequiredError, ForbiddenError, TooManyRequestsError
from polls import abuse_reports
from polls.abuse_reports import (
    count_report_attempt,
    decide_report,
    list_reported_polls,
    report_poll,
)
from polls.errors import PollNotFoundError
from polls.models import AbuseReason, AbuseReport, AbuseReportState, Poll
from polls.services import delete_poll, hide_poll
from tests.conftest import MakePoll, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

SPAM = AbuseReason.SPAM


def report(user: User, poll: Poll, note: str = "") -> bool:
    return report_poll(actor=actor_of(user), poll_id=poll.id, reason=SPAM, note=note)


def test_only_the_first_report_of_a_user_is_stored(
    make_poll: MakePoll, bob: User, guest: User
) -> None:
    poll, other = make_poll(), make_poll(question="Other?")
    assert report(bob, poll, "first")
    assert not report(bob, poll, "second")
    assert report(bob, other)
    assert report(guest, poll)
    assert AbuseReport.objects.get(poll=poll, reporter=bob).note == "first"


def test_the_database_allows_one_report_per_user_and_poll(make_poll: MakePoll, bob: User) -> None:
    poll = make_poll()
    report(bob, poll)
    with pytest.raises(IntegrityError):
        AbuseReport.objects.create(poll=poll, reporter=bob, reason=SPAM, created_at=timezone.now())


def test_a_hidden_poll_a_draft_and_a_missing_one_are_refused_alike(
    make_poll: MakePoll, bob: User, staff: User
) -> None:
    hidden, unpublished = make_poll(), make_poll(is_published=False)
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    for poll_id in (hidden.id, unpublished.id, uuid4()):
        with pytest.raises(PollNotFoundError):
            report_poll(actor=actor_of(bob), poll_id=poll_id, reason=SPAM)
    with pytest.raises(AuthenticationRequiredError):
        report_poll(actor=visitor(), poll_id=make_poll().id, reason=SPAM)


def test_the_number_of_open_reports_per_poll_is_bounded(
    make_poll: MakePoll, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abuse_reports, "MAX_OPEN_REPORTS_PER_POLL", 1)
    poll = make_poll()
    assert report(bob, poll)
    assert not report(charlie, poll)
    assert AbuseReport.objects.count() == 1


def test_an_account_has_a_limit_of_its_own_and_guests_share_one(
    limited: Settings, bob: User, guest: User
) -> None:
    limited.ABUSE_REPORTS_PER_HOUR = 1
    count_report_attempt(actor=actor_of(guest), address="192.0.2.1")
    count_report_attempt(actor=actor_of(bob), address="192.0.2.1")
    for actor in (actor_of(guest), visitor(), actor_of(bob)):
        with pytest.raises(TooManyRequestsError):
            count_report_attempt(actor=actor, address="192.0.2.1")
    count_report_attempt(actor=visitor(), address="192.0.2.2")


@pytest.mark.parametrize("state", [AbuseReportState.RESOLVED, AbuseReportState.DISMISSED])
def test_a_report_is_decided_once_and_by_staff(
    make_poll: MakePoll, bob: User, staff: User, state: AbuseReportState
) -> None:
    report(bob, make_poll())
    entry = AbuseReport.objects.get()
    with pytest.raises(ForbiddenError):
        decide_report(actor=actor_of(bob), report_id=entry.id, state=state)
    assert decide_report(actor=actor_of(staff), report_id=entry.id, state=state)
    assert not decide_report(actor=actor_of(staff), report_id=entry.id, state=state)
    entry.refresh_from_db()
    assert (entry.state, entry.decided_by) == (state, staff)


def test_hiding_a_poll_resolves_its_open_reports(
    make_poll: MakePoll, bob: User, charlie: User, staff: User
) -> None:
    poll, other = make_poll(), make_poll()
    for each in (poll, other):
        report(bob, each)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    states = dict(AbuseReport.objects.values_list("poll_id", "state"))
    assert states == {poll.id: "resolved", other.id: "open"}


def test_reports_are_deleted_with_the_poll_and_with_the_person(
    make_poll: MakePoll, bob: User, charlie: User, alice: User
) -> None:
    poll, other = make_poll(), make_poll()
    report(bob, poll)
    report(charlie, other)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert AbuseReport.objects.get().poll_id == other.id
    charlie.delete()
    assert not AbuseReport.objects.exists()


def test_the_polls_with_most_open_reports_come_first(
    make_poll: MakePoll, bob: User, charlie: User, staff: User
) -> None:
    once, twice, decided = make_poll(), make_poll(), make_poll()
    for user, poll in ((bob, twice), (charlie, twice), (bob, once), (bob, decided)):
        report(user, poll)
    entry = AbuseReport.objects.get(poll=decided)
    decide_report(actor=actor_of(staff), report_id=entry.id, state=AbuseReportState.DISMISSED)
    queue = list_reported_polls(actor_of(staff), 10)
    assert [(each.poll, each.report_count) for each in queue] == [(twice, 2), (once, 1)]
    assert [each.poll for each in list_reported_polls(actor_of(staff), 1)] == [twice]
    with pytest.raises(ForbiddenError):
        list_reported_polls(actor_of(bob), 10)

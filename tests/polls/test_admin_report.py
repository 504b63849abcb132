"""The report of turnout."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll, PollKind
from tests.conftest import MakePoll, vote
from tests.moderation_client import ModerationClient
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def test_the_report_has_counts_shares_and_times(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, charlie: User, guest: User
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1)
    vote(charlie, poll, 0)
    response = moderator.client.get(f"{moderator.address(Poll)}{poll.id}/report/")
    report = response.context["report"]
    assert (report.poll.ballot_count, report.tally.total_votes) == (2, 3)
    assert [option.percentage for option in report.tally.options] == [66.7, 33.3, 0.0]
    assert sum(count for _, count in report.by_time) == 2
    text = response.content.decode()
    assert "66.7 %" in text
    assert "100.0 %" in text  # of the people


@pytest.mark.parametrize("count", [2, 40])
def test_the_report_takes_three_queries(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    charlie: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll(options=[f"Option {number}" for number in range(count)])
    vote(bob, poll, 0)
    vote(charlie, poll, 1)
    moderator.settle()
    with django_assert_num_queries(5):
        moderator.client.get(f"{moderator.address(Poll)}{poll.id}/report/")


def test_the_report_of_a_huge_poll_leaves_out_the_times(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polls.reports.COUNTED_BY_TIME_MAX", 0)
    poll = make_poll()
    vote(bob, poll, 0)
    response = moderator.client.get(f"{moderator.address(Poll)}{poll.id}/report/")
    assert response.context["report"].by_time is None
    assert "too many ballots" in response.content.decode()


@pytest.mark.parametrize(("shown", "step"), [(2, "minute"), (1, "hour")])
def test_the_report_uses_longer_steps_for_long_polls(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    charlie: User,
    monkeypatch: pytest.MonkeyPatch,
    shown: int,
    step: str,
) -> None:
    monkeypatch.setattr("polls.reports.STEPS_SHOWN_MAX", shown)
    poll = make_poll()
    hour = timezone.now().replace(minute=0)
    for minute, voter in enumerate([bob, charlie]):
        vote(voter, poll, 0)
        Vote.objects.filter(user=voter).update(created_at=hour + timedelta(minutes=minute))
    report = moderator.client.get(f"{moderator.address(Poll)}{poll.id}/report/").context["report"]
    assert (report.step, [count for _, count in report.by_time]) == (
        step,
        [1, 1] if step == "minute" else [2],
    )


def test_the_report_of_a_missing_poll_is_not_found(moderator: ModerationClient) -> None:
    nothing = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
    assert moderator.client.get(f"{moderator.address(Poll)}{nothing}/report/").status_code == 404

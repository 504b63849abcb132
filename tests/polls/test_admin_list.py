"""The list of polls in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.moderation import paging
from apikit.ids import first_id_at
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of, vote
from tests.moderation_client import ModerationClient, closed, draft, overdue

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def questions(response: Any) -> list[str]:
    return [poll.question for poll in response.context["cl"].result_list]


def test_the_list_shows_ballots_and_votes(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, charlie: User
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1, 2)
    vote(charlie, poll, 1)
    page = moderator.list_of(Poll).content.decode()
    assert '<td class="field-ballots">2</td>' in page
    assert '<td class="field-total_votes">4</td>' in page


def test_the_list_takes_deadlines_into_account(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    overdue(make_poll)
    assert "Closed</span>" in moderator.list_of(Poll).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "draft"}, ["draft"]),
        ({"state": "open"}, ["hidden", "later", "open"]),
        ({"state": "closed"}, ["closed", "overdue"]),
        ({"state": "waiting"}, ["later"]),
        ({"hidden": "yes"}, ["hidden"]),
        ({"hidden": "no"}, ["closed", "draft", "later", "open", "overdue"]),
        ({"kind__exact": "multiple"}, ["later"]),
        ({"results_visibility__exact": "owner"}, ["draft"]),
        ({"made": "hour"}, ["closed", "draft", "hidden", "later", "open", "overdue"]),
        ({"q": "overd"}, ["overdue"]),
        ({"q": "alice@exam"}, ["closed", "draft", "hidden", "later", "open", "overdue"]),
        ({"q": "nobody"}, []),
    ],
)
def test_the_list_is_filtered(
    moderator: ModerationClient,
    make_poll: MakePoll,
    staff: User,
    query: dict[str, str],
    found: list[str],
) -> None:
    make_poll(question="open")
    draft(make_poll, question="draft", results_visibility=ResultsVisibility.OWNER)
    closed(make_poll, staff, question="closed")
    overdue(make_poll, question="overdue")
    later = timezone.now() + timedelta(hours=1)
    make_poll(question="later", opens_at=later, kind=PollKind.MULTIPLE)
    hidden = make_poll(question="hidden")
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    assert sorted(questions(moderator.list_of(Poll, **query))) == found


def test_a_poll_is_found_by_its_join_code_however_it_is_typed(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    code = make_poll(question="mine").join_code
    make_poll(question="other")
    assert questions(moderator.list_of(Poll, q=code)) == ["mine"]
    assert "mine" in questions(moderator.list_of(Poll, q=f"{code[:3]} {code[3:]}"))


def test_old_polls_are_not_in_the_filter_by_age(
    moderator: ModerationClient, make_poll: MakePoll, alice: User
) -> None:
    now = timezone.now()
    old = {"id": first_id_at(now - timedelta(days=2)), "created_at": now, "updated_at": now}
    Poll.objects.create(creator=alice, question="old", join_code="999", **old)
    make_poll(question="new")
    assert questions(moderator.list_of(Poll, made="day")) == ["new"]
    assert questions(moderator.list_of(Poll, made="week")) == ["new", "old"]


@pytest.mark.parametrize(
    "query", [{"creator": "nonsense"}, {"p": "999"}, {"o": "99.x"}, {"state": "?"}, {"q": '"'}]
)
def test_invalid_query_parameters_are_refused(
    moderator: ModerationClient, make_poll: MakePoll, query: dict[str, str]
) -> None:
    make_poll()
    assert moderator.list_of(Poll, **query).status_code in {200, 302}


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_length_of_the_list(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        vote(bob, make_poll(question=f"Number {number}?"), 0)
    moderator.settle()
    # The session, the person, how many there are, and they themselves.
    with django_assert_num_queries(4):
        assert len(questions(moderator.list_of(Poll))) == count


def test_counting_stops_at_the_bound(
    moderator: ModerationClient, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_MAX", 2)
    for number in range(3):
        make_poll(question=f"Number {number}?")
    response = moderator.list_of(Poll)
    assert response.context["cl"].result_count == 2
    assert "filter the list" in response.context["title"]


@pytest.mark.parametrize(
    "name",
    ["question__contains", "hidden_reason", "created_at__gte", "opens_at__year", "creator__name"],
)
def test_other_lookups_are_refused(
    moderator: ModerationClient, make_poll: MakePoll, name: str
) -> None:
    for value in ("0001-01-01", "9" * 30, "x"):
        assert moderator.list_of(Poll, **{name: value}).status_code == 400
    poll = make_poll()
    assert questions(moderator.list_of(Poll, creator=poll.creator_id)) == [poll.question]

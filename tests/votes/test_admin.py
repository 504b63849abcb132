"""The admin page of votes, which is read-only."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll
from tests.conftest import MakePoll, make_user, vote
from tests.moderation_client import ModerationClient
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.fixture
def polls(make_poll: MakePoll, bob: User, charlie: User) -> list[Poll]:
    polls = [make_poll(), make_poll(question="Left or right?")]
    for poll in polls:
        vote(bob, poll, 0)
        vote(charlie, poll, 1)
    return polls


def voters(answer: Any) -> list[str]:
    return sorted(vote.user.name for vote in answer.context["cl"].result_list)


def test_the_list_shows_voters_and_options(moderator: ModerationClient, polls: list[Poll]) -> None:
    page = moderator.list_of(Vote).content.decode()
    for words in ("Tea or coffee?", "Left or right?", "Coffee", "bob@example.org"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "left"}, ["Bob", "Charlie"]),
        ({"q": "bob@"}, ["Bob", "Bob"]),
        ({"q": "charl"}, ["Charlie", "Charlie"]),
        ({"q": "nobody"}, []),
        ({"made": "hour"}, ["Bob", "Bob", "Charlie", "Charlie"]),
    ],
)
def test_the_list_is_filtered(
    moderator: ModerationClient, polls: list[Poll], query: dict[str, str], found: list[str]
) -> None:
    assert voters(moderator.list_of(Vote, **query)) == found


def test_the_list_is_filtered_by_poll_and_by_person(
    moderator: ModerationClient, polls: list[Poll], bob: User
) -> None:
    assert voters(moderator.list_of(Vote, poll=polls[0].id)) == ["Bob", "Charlie"]
    assert voters(moderator.list_of(Vote, user=bob.id)) == ["Bob", "Bob"]
    assert voters(moderator.list_of(Vote, q=polls[0].join_code)) == ["Bob", "Charlie"]
    links = [address for address, _ in moderator.page_of(polls[0]).context["object_links"]]
    assert f"/admin/votes/vote/?poll={polls[0].id}" in links


def test_nobody_adds_changes_or_deletes_a_vote(
    moderator: ModerationClient, polls: list[Poll]
) -> None:
    vote = Vote.objects.first()
    assert vote is not None
    list_page, page = moderator.address(Vote), moderator.address(Vote, vote)
    assert moderator.client.get(page).status_code == 200
    assert moderator.client.get(f"{list_page}add/").status_code == 403
    assert moderator.client.post(f"{list_page}add/", {}).status_code == 403
    assert moderator.client.post(page, {}).status_code == 403
    assert (
        moderator.client.post(f"{list_page}{vote.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    moderator.act("delete_selected", vote, reason="x")
    assert Vote.objects.count() == 4


@pytest.mark.parametrize("lookup", ["user__password__startswith", "user__email", "nonsense"])
def test_only_indexed_columns_can_be_searched(
    moderator: ModerationClient, polls: list[Poll], lookup: str
) -> None:
    assert moderator.list_of(Vote, **{lookup: "x"}).status_code in {302, 400}


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_votes(
    moderator: ModerationClient,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        vote(make_user(f"Voter{number}"), make_poll(), 0)
    moderator.settle()
    # The session, the person, how many there are, and they themselves.
    with django_assert_num_queries(4):
        moderator.list_of(Vote)
    with django_assert_num_queries(6):
        moderator.list_of(Vote, q="voter")
    first = Vote.objects.first()
    assert first is not None
    moderator.page_of(first)
    with django_assert_num_queries(3):
        moderator.page_of(first)

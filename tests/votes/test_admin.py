"""The admin page of votes, which is read-only."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll
from tests.conftest import MakePoll, make_user, vote
from tests.desk import Desk
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


@pytest.fixture
def polls(make_poll: MakePoll, bob: User, charlie: User) -> list[Poll]:
    polls = [make_poll(), make_poll(question="Left or right?")]
    for poll in polls:
        vote(bob, poll, 0)
        vote(charlie, poll, 1)
    return polls


def voters(answer: Any) -> list[str]:
    return sorted(vote.user.name for vote in answer.context["cl"].result_list)


def test_the_list_shows_voters_and_options(desk: Desk, polls: list[Poll]) -> None:
    page = desk.list_of(Vote).content.decode()
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
    desk: Desk, polls: list[Poll], query: dict[str, str], found: list[str]
) -> None:
    assert voters(desk.list_of(Vote, **query)) == found


def test_the_list_is_filtered_by_poll_and_by_person(
    desk: Desk, polls: list[Poll], bob: User
) -> None:
    assert voters(desk.list_of(Vote, poll=polls[0].id)) == ["Bob", "Charlie"]
    assert voters(desk.list_of(Vote, user=bob.id)) == ["Bob", "Bob"]
    assert voters(desk.list_of(Vote, q=polls[0].join_code)) == ["Bob", "Charlie"]
    links = [address for address, _ in desk.page_of(polls[0]).context["desk_links"]]
    assert f"/admin/votes/vote/?poll={polls[0].id}" in links


def test_nobody_adds_changes_or_deletes_a_vote(desk: Desk, polls: list[Poll]) -> None:
    vote = Vote.objects.first()
    assert vote is not None
    list_page, page = desk.address(Vote), desk.address(Vote, vote)
    assert desk.client.get(page).status_code == 200
    assert desk.client.get(f"{list_page}add/").status_code == 403
    assert desk.client.post(f"{list_page}add/", {}).status_code == 403
    assert desk.client.post(page, {}).status_code == 403
    assert desk.client.post(f"{list_page}{vote.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.act("delete_selected", vote, reason="x")
    assert Vote.objects.count() == 4


@pytest.mark.parametrize("lookup", ["user__password__startswith", "user__email", "nonsense"])
def test_only_indexed_columns_can_be_searched(desk: Desk, polls: list[Poll], lookup: str) -> None:
    assert desk.list_of(Vote, **{lookup: "x"}).status_code in {302, 400}


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_votes(
    desk: Desk,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        vote(make_user(f"Voter{number}"), make_poll(), 0)
    desk.settle()
    # The session, the person, how many there are, and they themselves.
    with django_assert_num_queries(4):
        desk.list_of(Vote)
    with django_assert_num_queries(6):
        desk.list_of(Vote, q="voter")
    first = Vote.objects.first()
    assert first is not None
    desk.page_of(first)
    with django_assert_num_queries(3):
        desk.page_of(first)

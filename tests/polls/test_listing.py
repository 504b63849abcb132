"""Listing polls: what is in it, for whom, in what order, in how many pages."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import fields_of, refusal_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]

QueryLimit = Any


@pytest.fixture
def polls(alice: User, bob: User, make_poll: MakePoll) -> None:
    """Of alice's and of bob's: a draft, an open, a closed and a hidden poll each."""
    for user in (alice, bob):
        for state in ("draft", "open", "closed", "hidden"):
            poll = make_poll(
                actor=actor_of(user),
                question=f"{user.name}'s {state}",
                is_published=state != "draft",
            )
            if state == "closed":
                close_poll(actor=actor_of(user), poll_id=poll.id)
            if state == "hidden":
                Poll.objects.filter(id=poll.id).update(hidden_at=timezone.now())


def listed(client: APIClient, query: str = "") -> list[str]:
    """The questions of the polls in the answer, in their order."""
    response = client.get(f"/api/polls?{query}")
    assert response.status_code == 200, response.json()
    return [poll["question"] for poll in response.json()["polls"]]


def names(user: str, *states: str) -> set[str]:
    return {f"{user}'s {state}" for state in states}


ALICES = names("Alice", "open", "closed")
BOBS = names("Bob", "open", "closed")
PUBLIC = ALICES | BOBS
ALICES_HIDDEN = names("Alice", "hidden")
HIDDEN = ALICES_HIDDEN | names("Bob", "hidden")
ALICES_DRAFT = names("Alice", "draft")
DRAFTS = ALICES_DRAFT | names("Bob", "draft")

# What alice, charlie, a visitor and the staff are shown. {alice} stands for her id.
LISTS: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "": (PUBLIC | ALICES_HIDDEN, PUBLIC, PUBLIC, PUBLIC | HIDDEN),
    "published=true": (PUBLIC | ALICES_HIDDEN, PUBLIC, PUBLIC, PUBLIC | HIDDEN),
    "creator={alice}": (
        ALICES | ALICES_HIDDEN | ALICES_DRAFT,
        ALICES,
        ALICES,
        ALICES | ALICES_HIDDEN,
    ),
    "creator={alice}&published=true": (
        ALICES | ALICES_HIDDEN,
        ALICES,
        ALICES,
        ALICES | ALICES_HIDDEN,
    ),
    "state=open": (
        names("Alice", "open", "hidden") | names("Bob", "open"),
        names("Alice", "open") | names("Bob", "open"),
        names("Alice", "open") | names("Bob", "open"),
        names("Alice", "open") | names("Bob", "open") | HIDDEN,
    ),
    "state=closed": (names("Alice", "closed") | names("Bob", "closed"),) * 4,
    "state=draft": (ALICES_DRAFT, set(), set(), DRAFTS),
    "state=draft&published=true": (set(),) * 4,
    "state=draft&creator={alice}": (ALICES_DRAFT, set(), set(), ALICES_DRAFT),
    "state=open&creator={alice}&search=OPEN": (names("Alice", "open"),) * 4,
    "state=closed&creator={alice}&search=bob": (set(),) * 4,
    "search=alice": (ALICES | ALICES_HIDDEN, ALICES, ALICES, ALICES | ALICES_HIDDEN),
}
# The same for those who have polls of their own to ask for.
OWN_LISTS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "published=false": (ALICES_DRAFT, set(), set()),
    "published=false&creator={alice}": (ALICES_DRAFT, set(), set()),
    "published=false&state=draft": (ALICES_DRAFT, set(), set()),
    "published=false&state=open": (set(),) * 3,
    "published=false&search=bob": (set(),) * 3,
    "creator=me": (ALICES | ALICES_HIDDEN | ALICES_DRAFT, set(), set()),
    "creator=me&published=false": (ALICES_DRAFT, set(), set()),
    "creator=me&published=true": (ALICES | ALICES_HIDDEN, set(), set()),
    "creator=me&state=closed": (names("Alice", "closed"), set(), set()),
}


@pytest.mark.usefixtures("polls")
def test_filters_return_only_visible_polls(
    alice: User, charlie: User, staff: User, client_for: ClientFor
) -> None:
    clients = [client_for(user) for user in (alice, charlie, None, staff)]
    for query, expected in LISTS.items():
        shown = [listed(client, query.format(alice=alice.id)) for client in clients]
        assert [set(each) for each in shown] == list(expected), query
        assert [len(each) for each in shown] == [len(each) for each in expected], query


@pytest.mark.usefixtures("polls")
def test_creator_me_lists_own_polls(
    alice: User, charlie: User, staff: User, client_for: ClientFor
) -> None:
    clients = [client_for(user) for user in (alice, charlie, staff)]
    for query, expected in OWN_LISTS.items():
        shown = [set(listed(client, query.format(alice=alice.id))) for client in clients]
        assert shown == list(expected), query
        response = client_for(None).get(f"/api/polls?{query.format(alice=alice.id)}")
        assert refusal_of(response) == (401, "auth.required"), query


def test_the_newest_come_first(make_poll: MakePoll, client_for: ClientFor) -> None:
    for number in range(5):
        make_poll(question=f"Question {number}")
    assert listed(client_for(None)) == [f"Question {number}" for number in (4, 3, 2, 1, 0)]


# Searching


SEARCHES = {
    "%25": ["100% sure?"],
    "0%25 s": ["100% sure?"],
    "_": ["snake_case?"],
    "\\": ["Back\\slash?"],
    "SURE": ["100% sure?"],
    "Caf%C3%A9": ["Café?"],
    "Cafe%CC%81": ["Café?"],
    "%20%20sure%20": ["100% sure?"],
    "чай": ["Зелёный чай?"],
    "'": [],
    "%25sure": [],
    "a_e": [],
}


def test_a_search_is_taken_literally(make_poll: MakePoll, client_for: ClientFor) -> None:
    for question in ("100% sure?", "snake_case?", "Back\\slash?", "Café?", "Зелёный чай?"):
        make_poll(question=question)
    client = client_for(None)
    assert {search: listed(client, f"search={search}") for search in SEARCHES} == SEARCHES


def test_an_empty_search_finds_everything(make_poll: MakePoll, client_for: ClientFor) -> None:
    make_poll()
    for search in ("", "%20", "%E2%80%8B"):
        assert len(listed(client_for(None), f"search={search}")) == 1


# Queries that can't be


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=1.5", "page"),
        ("page=" + "9" * 30, "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=", "limit"),
        ("published=maybe", "published"),
        ("state=OPEN", "state"),
        ("state=published", "state"),
        ("creator=alice", "creator"),
        ("creator=", "creator"),
        ("search=%00", "search"),
        ("search=" + "x" * 501, "search"),
    ],
)
def test_an_invalid_query_is_refused(client_for: ClientFor, query: str, field: str) -> None:
    assert fields_of(client_for(None).get(f"/api/polls?{query}")) == [field]


# Pages


# The numbers of the polls on a page; page, limit, and how many polls and pages there are.
PAGES: dict[str, tuple[list[int], tuple[int, ...]]] = {
    "": ([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], (1, 10, 12, 2)),
    "page=2": ([1, 0], (2, 10, 12, 2)),
    "page=3": ([], (3, 10, 12, 2)),
    "page=1000000&limit=100": ([], (1000000, 100, 12, 1)),
    "limit=1": ([11], (1, 1, 12, 12)),
    "limit=100": ([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], (1, 100, 12, 1)),
    "page=2&limit=5": ([6, 5, 4, 3, 2], (2, 5, 12, 3)),
    "page=2&limit=6": ([5, 4, 3, 2, 1, 0], (2, 6, 12, 2)),
    "search=number 1&limit=2": ([11, 10], (1, 2, 3, 2)),
    "search=nothing": ([], (1, 10, 0, 0)),
}


def test_a_list_comes_in_pages(make_poll: MakePoll, client_for: ClientFor) -> None:
    for number in range(12):
        make_poll(question=f"Question number {number}")
    make_poll(question="A draft that counts nowhere", is_published=False)
    client, names = client_for(None), ("page", "limit", "totalCount", "totalPages")
    for query, (numbers, pagination) in PAGES.items():
        body = client.get(f"/api/polls?{query}").json()
        assert list(body) == ["polls", "pagination"]
        shown = [poll["question"] for poll in body["polls"]]
        assert shown == [f"Question number {number}" for number in numbers], query
        del body["pagination"]["nextCursor"]
        assert body["pagination"] == dict(zip(names, pagination, strict=True)), query


def test_a_listed_poll_is_the_same_as_a_single_one(
    make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(None)
    [shown] = client.get("/api/polls").json()["polls"]
    assert shown == client.get(f"/api/polls/{poll.id}").json()["poll"]


def test_a_list_costs_the_same_however_many_polls(
    bob: User, make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: QueryLimit
) -> None:
    client = client_for(bob)
    for _ in range(3):
        for _ in range(5):
            make_poll(results_visibility="after_vote")
        # Who asks, how many, the polls, their options, and which of them bob has voted in.
        with django_assert_num_queries(5):
            client.get("/api/polls?limit=100")

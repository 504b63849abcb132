"""One's own polls, as they are managed: searched, by state, with their numbers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.pagination import page_of
from polls.models import Poll, PollState
from polls.selectors import PollFilter, count_polls_for, list_polls_for, view_polls
from polls.services import close_poll, hide_poll
from polls.wire import PollView
from tests.conftest import MakePoll, actor_of, make_user, vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own_polls(alice: User, bob: User, make_poll: MakePoll) -> dict[str, Poll]:
    """alice's polls by what they are, in the order they were made; and one of bob's."""
    polls = {
        "draft": make_poll(question="Lunch on Monday?", is_published=False),
        "open": make_poll(question="Lunch on Tuesday?"),
        "past": make_poll(question="Dinner on Wednesday?"),
        "closed": make_poll(question="Dinner on 100% of days?"),
    }
    Poll.objects.filter(id=polls["past"].id).update(closes_at=timezone.now() - timedelta(minutes=1))
    close_poll(actor=actor_of(alice), poll_id=polls["closed"].id)
    make_poll(actor=actor_of(bob), question="Lunch with Bob?")
    return polls


def own(user: User, **narrow: Any) -> list[PollView]:
    """What the page of one's own polls shows."""
    actor = actor_of(user)
    rows = list_polls_for(actor, PollFilter(creator_id=user.id, **narrow))
    page, _ = page_of(rows, {"page": 1, "limit": 20})
    return view_polls(page, actor)


def own_counts(user: User, search: str = "") -> dict[PollState, int]:
    narrow = PollFilter(creator_id=user.id, is_personal=True, search=search)
    return count_polls_for(actor_of(user), narrow)


def questions(views: list[PollView]) -> list[str]:
    return [view.question for view in views]


def test_all_of_ones_own_are_there_newest_first(alice: User, own_polls: dict[str, Poll]) -> None:
    assert questions(own(alice)) == [poll.question for poll in reversed(own_polls.values())]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (PollState.DRAFT, ["draft"]),
        (PollState.OPEN, ["open"]),
        (PollState.CLOSED, ["closed", "past"]),
    ],
)
def test_they_are_narrowed_to_a_state(
    alice: User, own_polls: dict[str, Poll], state: PollState, names: list[str]
) -> None:
    views = own(alice, state=state)
    assert questions(views) == [own_polls[name].question for name in names]
    assert {view.state for view in views} == {state}


def test_they_are_searched_for_a_part_of_the_question(
    alice: User, own_polls: dict[str, Poll]
) -> None:
    found = ["Lunch on Tuesday?", "Lunch on Monday?"]
    assert questions(own(alice, search="lUNCH")) == found
    assert questions(own(alice, search="lunch", state=PollState.OPEN)) == found[:1]
    # What searches mean by these characters is nothing special.
    assert questions(own(alice, search="0% of")) == ["Dinner on 100% of days?"]
    assert questions(own(alice, search="_")) == []


def test_the_counts_are_those_of_the_lists(alice: User, own_polls: dict[str, Poll]) -> None:
    for search in ("", "dinner", "nothing"):
        counts = own_counts(alice, search)
        assert counts == {state: len(own(alice, search=search, state=state)) for state in PollState}
    assert sum(own_counts(alice).values()) == len(own_polls)


def test_a_poll_that_a_moderator_hid_is_still_among_them(
    alice: User, staff: User, own_polls: dict[str, Poll]
) -> None:
    hide_poll(actor=actor_of(staff), poll_id=own_polls["open"].id, reason="spam")
    assert len(own(alice)) == 4
    assert own_counts(alice)[PollState.OPEN] == 1


def test_others_see_only_what_was_published(charlie: User, own_polls: dict[str, Poll]) -> None:
    creator_id = own_polls["open"].creator_id
    rows = list_polls_for(actor_of(charlie), PollFilter(creator_id=creator_id))
    assert {poll.question for poll in rows} == {
        own_polls[name].question for name in ("open", "past", "closed")
    }


def test_the_page_costs_the_same_however_many_polls(
    alice: User, make_poll: MakePoll, django_assert_num_queries: Callable[..., Any]
) -> None:
    for round_number in range(2):
        for number in range(3):
            poll = make_poll()
            vote(make_user(f"Voter{round_number}{number}"), poll, 0)
        # How many there are, the polls, their options.
        with django_assert_num_queries(3):
            assert {view.total_votes for view in own(alice)} == {1}
        with django_assert_num_queries(1):
            own_counts(alice)

"""Which poll a presenter goes on to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from polls.errors import PollNotFoundError
from polls.models import Poll
from polls.selectors import get_next_poll_for
from polls.services import close_poll, hide_poll
from tests.conftest import MakePoll, actor_of

pytestmark = pytest.mark.django_db


def test_polls_follow_each_other_in_the_order_they_were_made(
    alice: User, make_poll: MakePoll
) -> None:
    first, second, third = make_poll(), make_poll(is_published=False), make_poll()
    alices = actor_of(alice)
    assert get_next_poll_for(alices, first.id) == second
    assert get_next_poll_for(alices, second.id) == third
    assert get_next_poll_for(alices, third.id) is None


def test_closed_polls_are_passed_over(alice: User, make_poll: MakePoll) -> None:
    first, closed, past, last = (make_poll() for _ in range(4))
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    Poll.objects.filter(id=past.id).update(closes_at=timezone.now() - timedelta(minutes=1))
    assert get_next_poll_for(actor_of(alice), first.id) == last


def test_polls_of_others_and_hidden_ones_are_passed_over(
    alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    first = make_poll()
    make_poll(actor=actor_of(bob))
    hidden, last = make_poll(), make_poll()
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    for user in (alice, staff):
        assert get_next_poll_for(actor_of(user), first.id) == last


def test_strangers_go_on_to_nothing_they_may_not_see(charlie: User, make_poll: MakePoll) -> None:
    first, draft, last = make_poll(), make_poll(is_published=False), make_poll()
    for actor in (actor_of(charlie), Actor()):
        assert get_next_poll_for(actor, first.id) == last
        for missing in (draft.id, uuid4()):
            with pytest.raises(PollNotFoundError):
                get_next_poll_for(actor, missing)


def test_it_costs_the_same_however_many_polls(
    alice: User, make_poll: MakePoll, django_assert_num_queries: Callable[..., Any]
) -> None:
    first = make_poll()
    for _ in range(2):
        for _ in range(3):
            make_poll()
        with django_assert_num_queries(4):
            get_next_poll_for(actor_of(alice), first.id)

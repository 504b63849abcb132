"""Who may run a poll: its creator and staff; for others there is none."""

from uuid import uuid4

import pytest

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import AuthenticationRequiredError, GuestRefusedError
from polls.errors import PollNotFoundError
from polls.selectors import get_managed_poll_for
from tests.conftest import MakePoll, actor_of

pytestmark = pytest.mark.django_db


def test_creator_and_staff_may_run_a_poll(alice: User, staff: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    for user in (alice, staff):
        assert get_managed_poll_for(actor_of(user), poll.id) == poll


def test_for_a_stranger_somebody_elses_poll_is_as_missing_as_none(
    charlie: User, make_poll: MakePoll
) -> None:
    for poll_id in (make_poll().id, make_poll(is_published=False).id, uuid4()):
        with pytest.raises(PollNotFoundError):
            get_managed_poll_for(actor_of(charlie), poll_id)


def test_who_has_no_account_needs_one(guest: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    with pytest.raises(GuestRefusedError):
        get_managed_poll_for(actor_of(guest), poll.id)
    with pytest.raises(AuthenticationRequiredError):
        get_managed_poll_for(Actor(), poll.id)

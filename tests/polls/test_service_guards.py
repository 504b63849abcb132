"""What the services check although the pages and the API check it, too."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.errors import ForbiddenError, ValidationFailedError
from polls.editing import update_poll
from polls.errors import PollHasVotesError, PollNotFoundError
from polls.lifecycle import state_at
from polls.models import MAX_OPTIONS, Poll, PollKind, PollState
from polls.rules import check_closes_later, check_options
from polls.saving import save_change
from polls.services import delete_poll, hide_poll, restore_poll
from tests.conftest import MakePoll, actor_of, vote

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_poll_that_is_hidden_again_keeps_its_time(staff: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    first = hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Spam").hidden_at
    again = hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Spam, again")
    assert (again.hidden_at, again.hidden_reason) == (first, "Spam, again")


def test_only_staff_hide_and_restore(alice: User, staff: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    with pytest.raises(ForbiddenError):
        hide_poll(actor=actor_of(alice), poll_id=poll.id, reason="Mine")
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Spam")
    with pytest.raises(ForbiddenError):
        restore_poll(actor=actor_of(alice), poll_id=poll.id)


def test_a_deleted_poll_can_be_neither_hidden_nor_restored(
    staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    with pytest.raises(PollNotFoundError):
        hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Spam")
    with pytest.raises(PollNotFoundError):
        restore_poll(actor=actor_of(staff), poll_id=poll.id)


def test_saving_a_change_leaves_the_tally_to_the_vote_writer(
    bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    read_before = Poll.objects.get(id=poll.id)
    vote(bob, poll, 0)
    save_change(read_before, timezone.now())
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count) == (1, 1)


def test_an_edit_does_not_reopen_a_poll_past_its_deadline(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    now = timezone.now()
    # The deadline has passed, and no process has recorded it yet.
    Poll.objects.filter(id=poll.id).update(closes_at=now - timedelta(seconds=1))
    later = now + timedelta(days=1)
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"closes_at": later})
    poll.refresh_from_db()
    assert state_at(poll, timezone.now()) == PollState.CLOSED


@pytest.mark.parametrize("count", [0, 1, MAX_OPTIONS + 1])
def test_a_poll_has_not_fewer_or_more_options_than_allowed(count: int) -> None:
    with pytest.raises(ValidationFailedError):
        check_options([f"Option {number}" for number in range(count)])


@pytest.mark.parametrize("count", [2, MAX_OPTIONS])
def test_a_poll_may_have_the_fewest_or_the_most_options(count: int) -> None:
    check_options([f"Option {number}" for number in range(count)])


def test_a_poll_cannot_close_this_very_moment() -> None:
    now = timezone.now()
    check_closes_later(now + timedelta(microseconds=1), now)
    with pytest.raises(ValidationFailedError):
        check_closes_later(now, now)


def test_the_number_of_choices_stands_once_somebody_has_voted(
    alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, max_choices=2)
    vote(bob, poll, 0)
    with pytest.raises(PollHasVotesError):
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"max_choices": 3})

"""Recounting, and repairing wrong counters."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services import delete_user, suspend_user
from polls.models import Option, Poll, PollKind
from tests.conftest import MakePoll, actor_of, finish_removals, vote
from tests.votes.conftest import counts
from votes.models import Vote
from votes.recount import Mismatch, find_mismatches

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def voted_poll(bob: User, charlie: User, make_poll: MakePoll) -> Poll:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1)
    vote(charlie, poll, 1)
    return poll


def verify(*arguments: str) -> str:
    output = StringIO()
    call_command("verify_tallies", *arguments, stdout=output)
    return output.getvalue()


def test_correct_tallies_have_no_mismatches(voted_poll: Poll) -> None:
    assert verify() == "All tallies are right.\n"


def test_wrong_tallies_are_reported_and_not_changed(voted_poll: Poll) -> None:
    option = voted_poll.options.all()[1]
    Option.objects.filter(id=option.id).update(vote_count=7)
    Poll.objects.filter(id=voted_poll.id).update(ballot_count=5)
    assert set(find_mismatches()) == {
        Mismatch(voted_poll.id, option.id, kept=7, counted=2),
        Mismatch(voted_poll.id, None, kept=5, counted=2),
    }
    with pytest.raises(CommandError, match="Wrong tallies: 1"):
        verify()
    assert counts(voted_poll) == [1, 7, 0]


def test_a_repair_corrects_the_tally_and_raises_the_version(voted_poll: Poll) -> None:
    Option.objects.update(vote_count=9)
    Poll.objects.update(ballot_count=0)
    version = Poll.objects.get().version
    assert "Repaired: 1." in verify("--repair")
    assert counts(voted_poll) == [1, 2, 0]
    assert (Poll.objects.get().ballot_count, Poll.objects.get().version) == (2, version + 1)
    assert verify() == "All tallies are right.\n"


def test_an_option_without_votes_is_counted_too(make_poll: MakePoll) -> None:
    option = make_poll().options.all()[2]
    Option.objects.filter(id=option.id).update(vote_count=1)
    assert [each.counted for each in find_mismatches()] == [0]


def test_suspending_leaves_votes_or_removes_them(
    bob: User, charlie: User, staff: User, voted_poll: Poll
) -> None:
    suspend_user(actor=actor_of(staff), user_id=charlie.id, reason="spam")
    assert counts(voted_poll) == [1, 2, 0]
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam", withdraws_contributions=True)
    assert counts(voted_poll) == [0, 1, 0]
    assert not list(find_mismatches())


def test_deleting_a_person_leaves_tallies_correct(
    alice: User, bob: User, staff: User, voted_poll: Poll
) -> None:
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert counts(voted_poll) == [0, 1, 0]
    assert not list(find_mismatches())
    delete_user(actor=actor_of(staff), user_id=alice.id)
    assert not Poll.objects.exists()
    finish_removals()
    assert not Vote.objects.exists()

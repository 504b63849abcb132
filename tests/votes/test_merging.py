"""Merging ballots: a guest and the account it signs in to are one voter."""

from collections.abc import Collection
from uuid import UUID

import pytest
from django.db import transaction

from accounts import guests
from accounts.errors import AccountSuspendedError
from accounts.guests import create_guest_of, merge_guest
from accounts.models import User
from accounts.services import delete_user, suspend_user
from apikit.errors import ApiError
from polls.errors import PollClosedError
from polls.events import BallotsChanged
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, reopen_poll
from polls.visibility import actors_seeing_results
from tests.conftest import ClientFor, MakePoll, actor_of, make_user, option_ids, vote
from tests.locks import threads, wait_for_somebody_to_wait
from tests.votes.conftest import counts
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.errors import AlreadyVotedError, ChangeRefusedError
from votes.models import Vote
from votes.recount import find_mismatches
from votes.services import cast_vote, retract_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def merge(guest: User, account: User) -> None:
    merge_guest(guest_id=guest.id, account_id=account.id)


def ballots(poll: Poll) -> set[tuple[UUID, UUID]]:
    return set(Vote.objects.filter(poll=poll).values_list("user_id", "option_id"))


def head(poll: Poll) -> tuple[int, int, list[int]]:
    poll.refresh_from_db()
    assert not list(find_mismatches())
    return poll.version, poll.ballot_count, counts(poll)


def test_a_guests_ballot_becomes_the_accounts_and_the_tally_stays(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(kind="multiple", max_choices=2)
    vote(guest, poll, 0, 2)
    before = head(poll)
    merge(guest, bob)
    ids = option_ids(poll)
    assert ballots(poll) == {(bob.id, ids[0]), (bob.id, ids[2])}
    assert head(poll) == before == (1, 1, [1, 0, 1])


def test_if_both_voted_the_accounts_ballot_counts(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    vote(bob, poll, 1)
    merge(guest, bob)
    assert ballots(poll) == {(bob.id, option_ids(poll)[1])}
    assert head(poll) == (3, 1, [0, 1, 0])


def test_a_closed_polls_tally_stays_until_it_is_reopened(
    guest: User, bob: User, alice: User, make_poll: MakePoll
) -> None:
    both, only_guest = make_poll(), make_poll()
    vote(guest, both, 0)
    vote(bob, both, 1)
    vote(guest, only_guest, 2)
    for poll in (both, only_guest):
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    merge(guest, bob)
    assert head(both) == (2, 2, [1, 1, 0])
    assert head(only_guest) == (1, 1, [0, 0, 1])
    assert ballots(only_guest) == {(bob.id, option_ids(only_guest)[2])}
    reopen_poll(actor=actor_of(alice), poll_id=both.id)
    assert head(both) == (3, 1, [0, 1, 0])


def test_a_merged_guest_has_voted_if_its_account_has(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(allow_change=True)
    merge(guest, bob)
    vote(bob, poll, 1)
    with pytest.raises(AlreadyVotedError) as refusal:
        vote(guest, poll, 0)
    # Whoever uses the device now need not be bob.
    assert refusal.value.extra == {"vote": None, "votes": []}
    with pytest.raises(ChangeRefusedError):
        retract_vote(actor=actor_of(guest), poll_id=poll.id)
    assert head(poll) == (1, 1, [0, 1, 0])


def test_a_merged_guests_new_ballot_is_its_accounts(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    merge(guest, bob)
    key = "0123456789abcdef"
    tea = option_ids(poll)[0]
    first = cast_vote(actor=actor_of(guest), poll_id=poll.id, option_ids=[tea], key=key)
    again = cast_vote(actor=actor_of(guest), poll_id=poll.id, option_ids=[tea], key=key)
    assert (first.is_replayed, again.is_replayed) == (False, True)
    assert ballots(poll) == {(bob.id, tea)}
    with pytest.raises(AlreadyVotedError):
        vote(bob, poll, 1)
    assert head(poll) == (1, 1, [1, 0, 0])


def test_a_merged_guest_who_votes_gets_the_results_as_its_account_does(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    merge(guest, bob)
    ballot = Ballot(voter_id=guest.id, option_ids=(option_ids(poll)[0],), poll_id=poll.id)
    changed = [
        event for _, event in ledger.record([ballot]).events if isinstance(event, BallotsChanged)
    ]
    assert [set(each.voted) for each in changed] == [{guest.id, bob.id}]


def test_a_closed_poll_says_so_to_a_merged_guest(
    guest: User, bob: User, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    merge(guest, bob)
    vote(bob, poll, 1)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    with pytest.raises(PollClosedError):
        vote(guest, poll, 1)


def test_one_batch_with_account_and_guest_counts_one_ballot(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(allow_change=True)
    merge(guest, bob)
    vote(bob, poll, 2)
    tea = option_ids(poll)[0]
    batch = ledger.record(
        [
            Ballot(voter_id=voter.id, poll_id=poll.id, option_ids=(tea,))
            for voter in (bob, guest, create_guest_of(bob))
        ]
    )
    kinds = [type(answer) for answer in batch.results]
    assert kinds == [Receipt, AlreadyVotedError, AlreadyVotedError]
    assert head(poll) == (2, 1, [1, 0, 0])


def test_a_second_account_inherits_nothing_and_its_guest_has_voted_if_the_first_has(
    guest: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    voted, new = make_poll(), make_poll()
    vote(guest, voted, 0)
    merge(guest, bob)
    merge(guest, charlie)
    with pytest.raises(AlreadyVotedError) as refusal:
        vote(guest, voted, 2)
    assert refusal.value.extra == {"vote": None, "votes": []}
    vote(charlie, voted, 1)
    ids = option_ids(voted)
    assert ballots(voted) == {(bob.id, ids[0]), (charlie.id, ids[1])}
    assert head(voted) == (2, 2, [1, 1, 0])
    # Where neither has voted, the guest is whoever has signed in last.
    vote(guest, new, 2)
    assert ballots(new) == {(charlie.id, option_ids(new)[2])}


def test_signing_in_by_turns_keeps_each_accounts_ballot(
    guest: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    for account in (bob, charlie, bob, charlie, bob):
        merge(guest, account)
    assert guest.earlier_accounts.count() == 2
    vote(charlie, poll, 0)
    with pytest.raises(AlreadyVotedError):
        vote(guest, poll, 1)
    vote(bob, poll, 1)
    assert head(poll) == (2, 2, [1, 1, 0])


def test_what_was_left_in_a_closed_poll_stays_with_the_first_account(
    guest: User, bob: User, charlie: User, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    vote(bob, poll, 1)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    merge(guest, bob)
    merge(guest, charlie)
    assert head(poll) == (2, 2, [1, 1, 0])
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    assert ballots(poll) == {(bob.id, option_ids(poll)[1])}
    assert head(poll) == (3, 1, [0, 1, 0])


def test_an_interrupted_merge_is_finished_for_the_account_it_was_for(
    guest: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    User.objects.filter(id=guest.id).update(merged_into=bob)
    merge(guest, charlie)
    assert ballots(poll) == {(bob.id, option_ids(poll)[0])}


def test_only_so_many_earlier_accounts_are_remembered(
    guest: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "MAX_EARLIER_ACCOUNTS", 2)
    accounts = [make_user(f"Number {number}") for number in range(4)]
    for account in accounts:
        merge(guest, account)
    assert {each.account for each in guest.earlier_accounts.all()} == set(accounts[1:3])


def test_withdrawing_an_accounts_votes_includes_those_its_guest_left_in_closed_polls(
    guest: User, bob: User, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    vote(bob, poll, 1)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    merge(guest, bob)
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert head(poll)[1:] == (0, [0, 0, 0])


def test_only_guests_are_merged_and_only_into_accounts(
    guest: User, bob: User, charlie: User
) -> None:
    merge(bob, charlie)
    merge(guest, create_guest_of(bob))
    assert not User.objects.filter(id__in=[bob.id, guest.id], merged_into__isnull=False).exists()


def test_a_suspended_accounts_guest_does_not_vote(
    guest: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    merge(guest, bob)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    with pytest.raises(AccountSuspendedError):
        vote(guest, make_poll(), 0)


def test_deleting_the_account_takes_the_merged_ballots_along(
    guest: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    merge(guest, bob)
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert head(poll) == (2, 0, [0, 0, 0])
    vote(guest, poll, 1)
    assert head(poll) == (3, 1, [0, 1, 0])


def test_results_for_voters_are_shown_to_the_accounts_guest(
    guest: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    merge(guest, bob)
    vote(bob, poll, 0)
    actors = {actor_of(user) for user in (guest, bob, charlie)}
    seeing = {actor_of(guest), actor_of(bob)}
    assert actors_seeing_results(poll, actors, {}, poll.created_at) == seeing
    merge(guest, charlie)
    assert actors_seeing_results(poll, actors, {}, poll.created_at) == seeing


@pytest.mark.parametrize("accounts", [1, 2])
def test_the_api_hides_the_choice_of_the_account_from_a_merged_guest(
    guest: User, bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor, accounts: int
) -> None:
    poll = make_poll()
    for account in [bob, charlie][:accounts]:
        merge(guest, account)
    vote(bob, poll, 0)
    shown = client_for(guest).get(f"/api/polls/{poll.id}/my-vote").json()
    assert shown == {"hasVoted": True, "vote": None, "votes": []}
    assert client_for(guest).get("/api/votes/my-votes").json()["votes"] == []


def test_many_polls_are_merged_in_several_transactions(
    guest: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    original = ledger.merge

    def merge_and_count(guest_id: UUID, account_id: UUID, poll_ids: Collection[UUID]) -> object:
        sizes.append(len(poll_ids))
        return original(guest_id, account_id, poll_ids)

    monkeypatch.setattr(ledger, "merge", merge_and_count)
    monkeypatch.setattr("votes.services.POLLS_PER_MERGE", 2)
    for poll in [make_poll() for _ in range(3)]:
        vote(guest, poll, 0)
    merge(guest, bob)
    assert sizes == [2, 1]
    assert set(Vote.objects.values_list("user_id", flat=True)) == {bob.id}


@pytest.mark.services
def test_a_ballot_that_waited_while_its_guest_was_merged_is_refused_as_busy(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    """Without the check it would be counted for the guest, besides the account's."""
    poll = make_poll()
    tea, coffee, _ = option_ids(poll)
    with threads() as run:
        with transaction.atomic():
            User.objects.filter(id=guest.id).update(merged_into=bob)
            waiting = run(
                ledger.record, [Ballot(voter_id=guest.id, poll_id=poll.id, option_ids=(tea,))]
            )
            wait_for_somebody_to_wait()
        answer = waiting.result(20).results[0]
    assert isinstance(answer, ApiError)
    assert (answer.code, answer.http_status) == ("vote.busy", 503)
    vote(guest, poll, 1)
    assert ballots(poll) == {(bob.id, coffee)}


@pytest.mark.services
def test_concurrent_sign_ins_with_one_guest_are_serialised(
    guest: User, bob: User, charlie: User
) -> None:
    """Without the lock the second would not see the first."""
    with threads() as run:
        with transaction.atomic():
            merge(guest, bob)
            waiting = run(merge, guest, charlie)
            wait_for_somebody_to_wait()
        waiting.result(20)
    guest.refresh_from_db()
    assert guest.merged_into == charlie
    assert [each.account for each in guest.earlier_accounts.all()] == [bob]


@pytest.mark.services
def test_a_ballot_under_way_is_moved_by_the_merge_that_waits_for_it(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    """The merge waits for the row of the guest, which the vote has locked, before it looks."""
    poll = make_poll()
    tea = option_ids(poll)[0]
    with threads() as run:
        with transaction.atomic():
            ledger.record([Ballot(voter_id=guest.id, poll_id=poll.id, option_ids=(tea,))])
            waiting = run(merge, guest, bob)
            wait_for_somebody_to_wait()
        waiting.result(20)
    assert ballots(poll) == {(bob.id, tea)}
    assert head(poll) == (1, 1, [1, 0, 0])


@pytest.mark.services
def test_a_merge_holds_no_guest_while_it_waits_for_a_poll(
    guest: User, bob: User, make_poll: MakePoll
) -> None:
    """A vote locks the poll before the guest; the other way round the two would deadlock."""
    poll = make_poll()
    vote(guest, poll, 0)
    with threads() as run:
        with transaction.atomic():
            Poll.objects.select_for_update().get(id=poll.id)
            waiting = run(merge, guest, bob)
            wait_for_somebody_to_wait()
            User.objects.select_for_update().get(id=guest.id)
        waiting.result(20)
    assert ballots(poll) == {(bob.id, option_ids(poll)[0])}

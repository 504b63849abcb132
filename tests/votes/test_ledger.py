"""The ledger: many ballots in one transaction, each decided on its own."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from apikit.errors import ApiError
from apikit.ids import new_id
from polls.errors import PollClosedError, PollNotFoundError
from polls.events import BallotsChanged, VoteUpdate
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, make_user, option_ids
from tests.votes.conftest import counts
from votes import ledger
from votes.ballots import Ballot, BallotResult, Outcome, Receipt
from votes.errors import AlreadyVotedError, UnknownOptionError
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def ballot(user: User, poll: Poll, *positions: int, **fields: Any) -> Ballot:
    ids = option_ids(poll)
    chosen = tuple(ids[position] for position in positions)
    return Ballot(voter_id=user.id, poll_id=poll.id, option_ids=chosen, **fields)


def outcomes(answers: list[BallotResult]) -> list[Outcome | type[ApiError]]:
    return [answer.outcome if isinstance(answer, Receipt) else type(answer) for answer in answers]


def test_each_ballot_of_a_batch_is_decided_in_the_order_of_arrival(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(allow_change=True)
    batch = ledger.record(
        [
            ballot(bob, poll, 0),
            ballot(bob, poll, 0),
            ballot(charlie, poll, 1),
            ballot(bob, poll, 2),
            ballot(charlie, poll),
            ballot(charlie, poll, 2),
        ]
    )
    assert outcomes(batch.results) == [
        Outcome.ACCEPTED,
        AlreadyVotedError,
        Outcome.ACCEPTED,
        Outcome.CHANGED,
        Outcome.RETRACTED,
        Outcome.ACCEPTED,
    ]
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (1, 2, [0, 0, 2])
    assert not list(find_mismatches())


def test_an_invalid_ballot_is_refused_alone(
    alice: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll, closed = make_poll(), make_poll()
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    stray = Ballot(voter_id=bob.id, poll_id=poll.id, option_ids=(new_id(),))
    nowhere = Ballot(voter_id=bob.id, poll_id=new_id(), option_ids=(new_id(),))
    batch = ledger.record([stray, nowhere, ballot(bob, closed, 0), ballot(charlie, poll, 1)])
    assert outcomes(batch.results) == [
        UnknownOptionError,
        PollNotFoundError,
        PollClosedError,
        Outcome.ACCEPTED,
    ]
    assert counts(poll) == [0, 1, 0]


def test_the_number_of_queries_does_not_depend_on_the_number_of_ballots(
    make_poll: MakePoll,
) -> None:
    # Each poll's first votes, so that none of them leaves a sample behind: test_samples.
    poll, other = make_poll(), make_poll()
    voters = [make_user(f"Voter{number}") for number in range(40)]

    def query_count(ballots: list[Ballot]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ledger.record(ballots)
        return len(queries)

    one = query_count([ballot(voters[0], poll, 0)])
    many = query_count([ballot(voter, other, 1) for voter in voters])
    assert one == many


def test_options_that_change_places_within_a_batch_do_not_collide(
    bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll(options=["A", "B", "C", "D"], kind=PollKind.MULTIPLE, allow_change=True)
    ledger.record([ballot(bob, poll, 0, 1)])
    before = dict(Vote.objects.values_list("option_id", "id"))
    batch = ledger.record([ballot(bob, poll, 2, 3), ballot(bob, poll, 1, 0)])
    assert outcomes(batch.results) == [Outcome.CHANGED, Outcome.CHANGED]
    assert counts(poll) == [1, 1, 0, 0]
    after = dict(Vote.objects.values_list("option_id", "id"))
    assert set(after.values()) == set(before.values())
    assert after != before


def test_the_votes_of_a_ballot_are_ranked_from_one_on(bob: User, make_poll: MakePoll) -> None:
    """The constraint on single choices relies on it, and so do reports."""
    poll = make_poll(kind=PollKind.MULTIPLE, allow_change=True)
    ledger.record([ballot(bob, poll, 2, 0)])
    assert sorted(Vote.objects.values_list("rank", flat=True)) == [1, 2]
    ledger.record([ballot(bob, poll, 1)])
    assert list(Vote.objects.values_list("rank", flat=True)) == [1]


def test_a_receipt_has_the_id_of_the_stored_vote(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll(allow_change=True)
    batch = ledger.record([ballot(bob, poll, 0), ballot(bob, poll, 1)])
    ids = {answer.votes[0].id for answer in batch.results if isinstance(answer, Receipt)}
    assert ids == {Vote.objects.get().id}


def test_a_retry_recognizes_what_was_written_already(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    lost = ballot(bob, poll, 0)
    first = ledger.record([lost])
    again = ledger.record([lost], is_retry=True)
    assert again.results == first.results
    assert again.events == []
    assert counts(poll) == [1, 0, 0]


def test_a_retried_change_is_still_a_change(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll(allow_change=True)
    ledger.record([ballot(bob, poll, 0)])
    lost = ballot(bob, poll, 1)
    first = ledger.record([lost])
    assert ledger.record([lost], is_retry=True).results == first.results
    assert outcomes(first.results) == [Outcome.CHANGED]


def test_a_retry_recognizes_its_vote_after_the_poll_closed(
    alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    lost = ballot(bob, poll, 0)
    ledger.record([lost])
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert outcomes(ledger.record([lost], is_retry=True).results) == [Outcome.ACCEPTED]


def test_a_retried_retraction_is_no_error(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll(allow_change=True)
    ledger.record([ballot(bob, poll, 0)])
    lost = ballot(bob, poll)
    ledger.record([lost])
    assert outcomes(ledger.record([lost], is_retry=True).results) == [Outcome.RETRACTED]


def test_a_key_is_honoured_within_a_batch(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    batch = ledger.record([ballot(bob, poll, 0, key="k"), ballot(bob, poll, 0, key="k")])
    first, second = batch.results
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert second.votes == first.votes
    assert counts(poll) == [1, 0, 0]


def test_the_event_has_the_tally_as_committed(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll, other = make_poll(), make_poll()
    batch = ledger.record([ballot(bob, poll, 0), ballot(charlie, poll, 1), ballot(bob, other, 2)])
    updates = dict(batch.events)
    assert set(updates) == {f"tally.{poll.id}", f"tally.{other.id}"}
    update = updates[f"tally.{poll.id}"]
    assert isinstance(update, VoteUpdate)
    assert (update.version, update.poll.total_votes) == (1, 2)
    assert [option.vote_count for option in update.poll.options] == counts(poll)
    assert update.new_vote is not None
    assert update.new_vote.option_text == "Coffee"


def test_no_event_is_published_if_nothing_changed(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    ledger.record([ballot(bob, poll, 0)])
    assert ledger.record([ballot(bob, poll, 1)]).events == []


def test_ballots_changed_lists_who_voted_and_who_retracted(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE, allow_change=True)
    ledger.record([ballot(charlie, poll, 0)])
    batch = ledger.record([ballot(bob, poll, 0), ballot(charlie, poll)])
    [(topic, event), _] = batch.events
    assert topic == f"poll.{poll.id}"
    assert event == BallotsChanged(
        poll_id=poll.id, voted=frozenset({bob.id}), retracted=frozenset({charlie.id})
    )


def test_withdrawn_votes_leave_the_tally(
    alice: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    ledger.record([ballot(bob, poll, 0, 1), ballot(charlie, poll, 1)])
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    [(_, update)] = ledger.withdraw(bob.id, poll.id)
    assert isinstance(update, VoteUpdate)
    poll.refresh_from_db()
    assert (update.version, poll.version) == (2, 2)
    assert (poll.ballot_count, counts(poll)) == (1, [0, 1, 0])
    assert not list(find_mismatches())


def insert_vote(user_id: UUID, poll: Poll, position: int, rank: int) -> None:
    now = timezone.now()
    Vote.objects.create(
        poll=poll,
        option_id=option_ids(poll)[position],
        user_id=user_id,
        rank=rank,
        request_id=new_id(),
        created_at=now,
        updated_at=now,
    )


@pytest.mark.parametrize(
    ("position", "rank", "constraint"),
    [(1, 1, "votes_one_per_person_and_rank"), (0, 2, "votes_one_per_person_and_option")],
)
def test_the_database_itself_refuses_a_second_vote(
    bob: User, make_poll: MakePoll, position: int, rank: int, constraint: str
) -> None:
    poll = make_poll()
    insert_vote(bob.id, poll, 0, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_vote(bob.id, poll, position, rank)
    assert constraint in {each.name for each in Vote._meta.constraints}


def test_a_person_or_an_option_with_votes_cannot_be_deleted(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    ledger.record([ballot(bob, poll, 0)])
    remove: Callable[[], object]
    for remove in (bob.delete, poll.options.all()[0].delete):
        with pytest.raises(IntegrityError):
            remove()
    assert counts(poll) == [1, 0, 0]


@pytest.mark.services
def test_polls_and_people_are_locked_in_the_order_of_their_ids(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    polls = [make_poll(), make_poll()]
    ballots = [ballot(user, poll, 0) for poll in reversed(polls) for user in (charlie, bob)]
    with CaptureQueriesContext(connection) as queries:
        ledger.record(ballots)
    locking = [query["sql"] for query in queries if "FOR " in query["sql"]]
    assert len(locking) == 2
    assert re.search(r'ORDER BY "polls_poll"\."id" ASC FOR UPDATE$', locking[0])
    # The people are locked one after the other, as the subquery returns them.
    ordered = r"ORDER BY own\.id\s+\) AS wanted\s+CROSS JOIN LATERAL \(\s+SELECT [^()]+"
    assert re.search(ordered + r"WHERE id = wanted\.person_id\s+FOR NO KEY UPDATE", locking[1])

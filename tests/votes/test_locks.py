"""Row locks that votes, closing and suspending share.

On PostgreSQL only: SQLite lets one transaction write at a time, whatever it writes.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.models import User
from accounts.services import suspend_user
from apikit.postgres.pipelining import PipeliningConnection
from polls.errors import PollClosedError
from polls.models import Poll, PollState
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.locks import LOCK_PATIENCE_S, Run, threads, wait_for_somebody_to_wait
from tests.votes.conftest import Clock, counts
from tests.votes.held_writer import HeldWriter
from votes import ledger
from votes.ballots import Ballot, Outcome
from votes.models import Vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run() -> Iterator[Run]:
    with threads() as run:
        yield run


class Pause:
    """Pauses the ledger between deciding and writing, while it holds its locks."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.over = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.over.wait(LOCK_PATIENCE_S)


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Pause:
    pause = Pause()
    save = ledger._save

    def save_later(*args: Any) -> Any:
        pause()
        return save(*args)

    monkeypatch.setattr(ledger, "_save", save_later)
    return pause


def test_a_vote_waits_for_a_close_under_way_and_is_refused(
    alice: User, bob: User, make_poll: MakePoll, run: Run
) -> None:
    poll = make_poll()
    with transaction.atomic():
        close_poll(actor=actor_of(alice), poll_id=poll.id)
        voting = run(vote, bob, poll, 0)
        wait_for_somebody_to_wait()
    with pytest.raises(PollClosedError):
        voting.result(LOCK_PATIENCE_S)
    assert not Vote.objects.exists()


def test_a_close_waits_for_votes_under_way(
    alice: User, bob: User, make_poll: MakePoll, run: Run, pause: Pause
) -> None:
    poll = make_poll()
    voting = run(vote, bob, poll, 0)
    assert pause.reached.wait(LOCK_PATIENCE_S)
    closing = run(close_poll, actor=actor_of(alice), poll_id=poll.id)
    wait_for_somebody_to_wait()
    assert not closing.done()
    pause.over.set()
    voting.result(LOCK_PATIENCE_S)
    closing.result(LOCK_PATIENCE_S)
    poll.refresh_from_db()
    assert (poll.state, counts(poll)) == (PollState.CLOSED, [1, 0, 0])
    assert poll.closed_at is not None
    assert Vote.objects.get().created_at < poll.closed_at


def test_no_vote_is_written_behind_a_suspension(
    bob: User, staff: User, make_poll: MakePoll, run: Run, pause: Pause
) -> None:
    """Suspending with removal finds the vote that was under way when it began."""
    poll = make_poll()
    voting = run(vote, bob, poll, 0)
    assert pause.reached.wait(LOCK_PATIENCE_S)
    suspending = run(
        suspend_user,
        actor=actor_of(staff),
        user_id=bob.id,
        reason="spam",
        withdraws_contributions=True,
    )
    wait_for_somebody_to_wait()
    pause.over.set()
    voting.result(LOCK_PATIENCE_S)
    suspending.result(LOCK_PATIENCE_S)
    assert not Vote.objects.exists()
    assert counts(poll) == [0, 0, 0]


def test_votes_in_two_processes_take_turns_in_one_poll(
    bob: User, charlie: User, make_poll: MakePoll, run: Run, pause: Pause
) -> None:
    """The second reads what the first has written, so each version includes all before it."""
    poll = make_poll()
    ballots = [
        Ballot(voter_id=user.id, poll_id=poll.id, option_ids=(poll.options.all()[0].id,))
        for user in (bob, charlie)
    ]
    first = run(ledger.record, ballots[:1])
    assert pause.reached.wait(LOCK_PATIENCE_S)
    second = run(ledger.record, ballots[1:])
    wait_for_somebody_to_wait()
    pause.over.set()
    tallies = [
        (event.version, event.poll.total_votes)
        for batch in (first.result(LOCK_PATIENCE_S), second.result(LOCK_PATIENCE_S))
        for _, event in batch.events
    ]
    assert tallies == [(1, 1), (2, 2)]
    assert Poll.objects.get().version == 2


def test_ballots_queued_while_waiting_for_the_lock_join_the_transaction(
    bob: User, charlie: User, guest: User, staff: User, make_poll: MakePoll
) -> None:
    """Ballots for other polls do not join, because locks are only taken in the order of ids."""
    poll, other = make_poll(), make_poll()

    def ballot(user: User, chosen: Poll) -> Ballot:
        return Ballot(voter_id=user.id, poll_id=chosen.id, option_ids=(option_ids(chosen)[0],))

    early = [ballot(bob, poll), ballot(charlie, poll)]
    elsewhere, late = ballot(guest, other), ballot(staff, poll)
    writer = HeldWriter()
    with transaction.atomic():
        Poll.objects.select_for_update().get(id=poll.id)
        with writer.held():
            answers = [writer.submit(each) for each in early]
        wait_for_somebody_to_wait()
        answers += [writer.submit(each) for each in (elsewhere, late)]
    outcomes = [answer.result(LOCK_PATIENCE_S).outcome for answer in answers]
    writer.stop()
    assert set(outcomes) == {Outcome.ACCEPTED}
    for each, votes in ((poll, 3), (other, 1)):
        each.refresh_from_db()
        assert (each.version, counts(each)) == (1, [votes, 0, 0])


def test_the_writer_uses_a_pipelining_connection(
    bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll, kinds = make_poll(), []
    save = ledger._save

    def look_and_save(*args: Any) -> Any:
        kinds.append(type(connections[DEFAULT_DB_ALIAS]))
        return save(*args)

    monkeypatch.setattr(ledger, "_save", look_and_save)
    vote(bob, poll, 0)
    assert kinds == [PipeliningConnection]


def test_a_vote_that_waits_past_the_deadline_does_not_count(
    bob: User, make_poll: MakePoll, run: Run, clock: Clock
) -> None:
    poll = make_poll(closes_at=clock.now() + timedelta(hours=1))
    with transaction.atomic():
        Poll.objects.select_for_update().get(id=poll.id)
        voting = run(vote, bob, poll, 0)
        wait_for_somebody_to_wait()
        clock.advance(3600)
    with pytest.raises(PollClosedError):
        voting.result(LOCK_PATIENCE_S)
    assert not Vote.objects.exists()

"""Several changes to a poll at once: they take turns, and each sees what the one before has done.

On PostgreSQL only: SQLite lets one transaction write at a time, whatever it writes.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from apikit.errors import PreconditionFailedError
from polls.deadlines import apply_deadlines
from polls.deleting import delete_polls_of
from polls.editing import update_poll
from polls.events import PollUpdate
from polls.models import Option, Poll, PollState
from polls.services import close_poll, publish_poll, reopen_poll
from tests.conftest import ClientFor, MakePoll, actor_of, finish_removals, make_user, option_ids
from tests.locks import LOCK_PATIENCE_S, Run, threads, wait_for_somebody_to_wait
from tests.polls.conftest import PublishedEvents
from votes.models import Vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run() -> Iterator[Run]:
    with threads() as run:
        yield run


@contextmanager
def all_waiting_for(poll: Poll, count: int) -> Iterator[None]:
    """What is begun within goes on only when so many of it wait for the poll: all at once."""
    with transaction.atomic():
        Poll.objects.select_for_update().get(id=poll.id)
        yield
        wait_for_somebody_to_wait(count=count)


def outcome_of(future: "Future[Any]") -> Any:
    """What came of it: a result, or the class of what was raised."""
    error = future.exception(LOCK_PATIENCE_S)
    return type(error) if error else future.result()


def test_of_two_edits_of_the_same_revision_one_is_refused(
    alice: User, make_poll: MakePoll, run: Run
) -> None:
    poll = make_poll()
    with all_waiting_for(poll, 2):
        edits = [
            run(
                update_poll,
                actor=actor_of(alice),
                poll_id=poll.id,
                changes={"question": question},
                expected_revisions=[1],
            )
            for question in ("First?", "Second?")
        ]
    outcomes = [outcome_of(edit) for edit in edits]
    assert outcomes.count(PreconditionFailedError) == 1
    [edited] = [each for each in outcomes if each is not PreconditionFailedError]
    poll.refresh_from_db()
    assert (poll.question, poll.revision) == (edited.question, 2)


def test_an_edit_that_waited_for_a_close_does_not_undo_it(
    alice: User, make_poll: MakePoll, run: Run
) -> None:
    poll = make_poll()
    with transaction.atomic():
        close_poll(actor=actor_of(alice), poll_id=poll.id)
        edit = run(
            update_poll, actor=actor_of(alice), poll_id=poll.id, changes={"question": "Milk?"}
        )
        wait_for_somebody_to_wait()
    assert edit.result(LOCK_PATIENCE_S).state == PollState.CLOSED
    poll.refresh_from_db()
    assert (poll.state, poll.question, poll.revision) == (PollState.CLOSED, "Milk?", 3)


def test_a_close_that_waited_for_an_edit_does_not_undo_it(
    alice: User, make_poll: MakePoll, run: Run
) -> None:
    poll = make_poll()
    with transaction.atomic():
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "Milk?"})
        close = run(close_poll, actor=actor_of(alice), poll_id=poll.id)
        wait_for_somebody_to_wait()
    close.result(LOCK_PATIENCE_S)
    poll.refresh_from_db()
    assert (poll.state, poll.question, poll.revision) == (PollState.CLOSED, "Milk?", 3)


def test_concurrent_publishing_sends_one_event(
    alice: User, make_poll: MakePoll, run: Run, events: PublishedEvents
) -> None:
    poll = make_poll(is_published=False)
    with all_waiting_for(poll, 2):
        moves = [run(publish_poll, actor=actor_of(alice), poll_id=poll.id) for _ in range(2)]
    assert {outcome_of(move).state for move in moves} == {PollState.OPEN}
    assert (len(events.new_polls()), events.changes()) == (1, ["opened"])
    poll.refresh_from_db()
    assert poll.revision == 2


def test_a_deadline_found_by_two_processes_is_published_once(
    make_poll: MakePoll, run: Run, events: PublishedEvents
) -> None:
    poll = make_poll()
    Poll.objects.update(closes_at=timezone.now())
    with all_waiting_for(poll, 2):
        looks = [run(apply_deadlines) for _ in range(2)]
    for look in looks:
        look.result(LOCK_PATIENCE_S)
    assert events.changes() == ["closed"]


def test_of_two_polls_reopened_with_one_code_one_gets_another(
    alice: User, make_poll: MakePoll, run: Run
) -> None:
    first, second = make_poll(), make_poll()
    Poll.objects.update(state=PollState.CLOSED, closed_at=timezone.now())
    Poll.objects.update(join_code="482913")
    with transaction.atomic():
        reopen_poll(actor=actor_of(alice), poll_id=first.id)
        other = run(reopen_poll, actor=actor_of(alice), poll_id=second.id)
        wait_for_somebody_to_wait()
    other.result(LOCK_PATIENCE_S)
    codes = dict(Poll.objects.values_list("id", "join_code"))
    assert codes[first.id] == "482913" != codes[second.id]


def test_a_poll_deleted_during_votes_leaves_nothing_behind(
    alice: User, make_poll: MakePoll, client_for: ClientFor, run: Run
) -> None:
    poll, owner = make_poll(), client_for(alice)
    voters = [client_for(make_user(f"Voter{number}")) for number in range(6)]
    bodies = [{"pollOptionId": str(option_ids(poll)[number % 3])} for number in range(6)]
    addresses = [f"/api/polls/{poll.id}/vote", "/api/votes"] * 3
    with all_waiting_for(poll, 2):
        # The writer of votes and the delete; which comes first is for the database to say.
        votes = [run(voters[i].post, addresses[i], bodies[i]) for i in range(3)]
        delete = run(owner.delete, f"/api/polls/{poll.id}")
        votes += [run(voters[i].post, addresses[i], bodies[i]) for i in range(3, 6)]
    assert delete.result(LOCK_PATIENCE_S).status_code == 200
    assert {vote.result(LOCK_PATIENCE_S).status_code for vote in votes} <= {201, 404}
    finish_removals()
    for rows in (Poll.objects, Option.objects, Vote.objects):
        assert not rows.exists()


def test_deleting_a_users_polls_waits_for_an_edit_and_is_published_after_it(
    alice: User, make_poll: MakePoll, run: Run, events: PublishedEvents
) -> None:
    """Clients ignore an event whose revision is not above that of the edit."""
    poll = make_poll()
    with transaction.atomic():
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "Milk?"})
        delete = run(delete_polls_of, alice.id)
        wait_for_somebody_to_wait()
    delete.result(LOCK_PATIENCE_S)
    edited, deleted = [event for _, event in events if isinstance(event, PollUpdate)]
    assert (edited.change, deleted.change) == ("edited", "deleted")
    assert deleted.order > edited.order


def test_polls_of_a_user_deleted_twice_concurrently_are_published_once(
    alice: User, make_poll: MakePoll, run: Run, events: PublishedEvents
) -> None:
    with all_waiting_for(make_poll(), 2):
        deletes = [run(delete_polls_of, alice.id) for _ in range(2)]
    for delete in deletes:
        delete.result(LOCK_PATIENCE_S)
    assert events.changes() == ["deleted"]

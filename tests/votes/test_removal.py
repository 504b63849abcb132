"""Deleted polls: hidden at once, their votes deleted in chunks."""

from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import delete_user
from apikit.ids import new_id
from polls import removal
from polls.models import Cell, Option, Poll, PollRemoval, PollState
from polls.removal import remove_chunk
from polls.services import close_poll, delete_poll
from tests.conftest import (
    ClientFor,
    MakePoll,
    actor_of,
    finish_removals,
    option_ids,
    vote,
)
from tests.moderation_client import ModerationClient
from votes import live
from votes.errors import OptionNotFoundError
from votes.models import TallySample, Vote
from votes.recount import find_mismatches
from votes.selectors import list_own_votes, votes_per_user
from votes.services import cast_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def fill(poll: Poll, count: int) -> None:
    """Votes of ``count`` people, and a sample for each."""
    users = User.objects.bulk_create(User(name="Guest", is_guest=True) for _ in range(count))
    now, option_id = timezone.now(), option_ids(poll)[0]
    Vote.objects.bulk_create(
        Vote(
            poll=poll,
            option_id=option_id,
            user=user,
            request_id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for user in users
    )
    TallySample.objects.bulk_create(
        TallySample(poll=poll, version=version, at=now, counts={}, ballot_count=version)
        for version in range(count)
    )
    Option.objects.filter(id=option_id).update(vote_count=count)
    Poll.objects.filter(id=poll.id).update(ballot_count=count, version=count)


def contents_of(poll_id: UUID) -> list[int]:
    rows: Any = (Vote.objects, TallySample.objects, Cell.objects, Option.objects)
    return [each.filter(poll_id=poll_id).count() for each in rows]


def test_deleting_takes_as_many_queries_for_a_thousand_votes_as_for_none(
    alice: User, make_poll: MakePoll
) -> None:
    small, large = make_poll(), make_poll()
    fill(large, 1000)
    queries = []
    for poll in (small, large):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            delete_poll(actor=actor_of(alice), poll_id=poll.id)
        queries.append([query["sql"].split()[0:3] for query in captured])
    assert queries[0] == queries[1]
    assert not any("votes_vote" in " ".join(words) for words in queries[1])
    assert contents_of(large.id) == [1000, 1000, 0, 3]


def test_chunks_are_bounded_and_go_on_where_they_ended(
    alice: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "CHUNK_ROWS", 4)
    poll, other = make_poll(), make_poll()
    for each in (poll, other):
        fill(each, 6)
        Cell.objects.bulk_create(
            Cell(poll=each, group="text", key=f"{number}", count=1) for number in range(6)
        )
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    left = []
    while remove_chunk():
        left.append(contents_of(poll.id))
    assert left == [
        [2, 6, 6, 3],
        [0, 6, 6, 3],
        [0, 2, 6, 3],
        [0, 0, 6, 3],
        [0, 0, 2, 3],
        [0, 0, 0, 3],
        [0, 0, 0, 0],
    ]
    [removed] = PollRemoval.objects.all()
    assert (removed.vote_count, removed.removed_count) == (6, 6)
    assert removed.finished_at is not None
    assert contents_of(other.id) == [6, 6, 6, 3]


def test_a_process_removes_what_another_has_left_behind(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    fill(poll, 3)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    hub: Any = None
    async_to_sync(live.remove_deleted_polls)(hub)
    assert contents_of(poll.id) == [0, 0, 0, 0]


def test_remaining_votes_of_a_deleted_poll_are_hidden(
    alice: User, bob: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    vote(staff, poll, 1)
    [option_id, *_] = option_ids(poll)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert contents_of(poll.id)[0] == 2
    for user in (bob, staff):
        client = client_for(user)
        assert client.get("/api/users/me").json()["user"]["voteCount"] == 0
        history = client.get("/api/votes/my-votes").json()
        assert (history["votes"], history["pagination"]["totalCount"]) == ([], 0)
        assert client.get(f"/api/polls/{poll.id}/my-vote").status_code == 404
        assert client.delete(f"/api/polls/{poll.id}/my-vote").status_code == 404
        assert list_own_votes(actor_of(user)).count() == 0
    with pytest.raises(OptionNotFoundError):
        cast_vote(actor=actor_of(bob), option_ids=[option_id])
    counted = User.objects.annotate(votes_cast=votes_per_user())
    assert set(counted.values_list("votes_cast", flat=True)) == {0}
    Option.objects.update(vote_count=7)
    assert list(find_mismatches()) == []


def test_remaining_votes_of_a_deleted_poll_are_not_in_the_admin(
    alice: User, bob: User, superuser: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    answer = ModerationClient(superuser).list_of(Vote)
    assert answer.context["cl"].result_count == 0


def test_the_join_code_is_free_at_once(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    other = make_poll()
    Poll.objects.filter(id=other.id).update(join_code=poll.join_code)
    assert Poll.objects.get(join_code=poll.join_code).state == PollState.OPEN


def test_a_person_with_votes_in_a_deleted_poll_can_be_deleted(
    alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    poll, kept = make_poll(), make_poll()
    for each in (poll, kept):
        vote(bob, each, 0)
    close_poll(actor=actor_of(alice), poll_id=kept.id)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert not User.objects.filter(id=bob.id).exists()
    assert not Vote.objects.exists()
    assert [each.vote_count for each in kept.options.all()] == [0, 0, 0]


def test_deleting_a_person_does_not_wait_for_the_votes_in_their_polls(
    alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    fill(poll, 5)
    delete_user(actor=actor_of(staff), user_id=alice.id)
    assert not User.objects.filter(id=alice.id).exists()
    assert contents_of(poll.id) == [5, 5, 0, 3]
    finish_removals()
    assert contents_of(poll.id) == [0, 0, 0, 0]


@pytest.mark.services
def test_a_poll_that_another_process_removes_is_skipped(alice: User, make_poll: MakePoll) -> None:
    from django.db import transaction

    from tests.locks import LOCK_PATIENCE_S, threads

    poll, other = make_poll(), make_poll()
    for each in (poll, other):
        fill(each, 2)
        delete_poll(actor=actor_of(alice), poll_id=each.id)
    with transaction.atomic(), threads() as run:
        PollRemoval.objects.select_for_update().get(poll_id=poll.id)
        run(finish_removals).result(LOCK_PATIENCE_S)
        assert contents_of(poll.id)[0] == 2
        assert contents_of(other.id) == [0, 0, 0, 0]


def test_a_vote_in_another_poll_needs_no_lock_of_a_removal(
    alice: User, make_poll: MakePoll
) -> None:
    """A chunk deletes rows of the deleted poll only; polls and people are not locked."""
    poll = make_poll()
    fill(poll, 2)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    with CaptureQueriesContext(connection) as captured:
        remove_chunk()
    statements = " ".join(query["sql"] for query in captured)
    assert "accounts_user" not in statements
    assert 'FROM "polls_poll" ' not in statements
    assert contents_of(poll.id)[0] == 0

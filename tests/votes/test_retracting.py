"""Taking a vote back."""

import pytest

from accounts.models import User
from polls.models import PollKind
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of, vote
from tests.votes.conftest import counts
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def test_a_vote_is_taken_back_if_changes_are_allowed(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True, kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 2)
    answer = client_for(bob).delete(f"/api/polls/{poll.id}/my-vote")
    assert (answer.status_code, answer.json()) == (200, {"message": "Vote removed successfully"})
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (2, 0, [0, 0, 0])
    assert not Vote.objects.exists()


def test_after_taking_a_vote_back_a_person_may_vote_again(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    client_for(bob).delete(f"/api/polls/{poll.id}/my-vote")
    vote(bob, poll, 0)
    assert counts(poll) == [1, 0, 0]


def test_a_vote_cannot_be_taken_back_if_changes_are_not_allowed(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    answer = client_for(bob).delete(f"/api/polls/{poll.id}/my-vote")
    assert (answer.status_code, answer.json()["code"]) == (409, "vote.change_refused")
    assert "already voted" in answer.json()["message"]
    assert counts(poll) == [1, 0, 0]


def test_there_has_to_be_a_vote_to_take_back(
    bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    answer = client_for(charlie).delete(f"/api/polls/{poll.id}/my-vote")
    assert (answer.status_code, answer.json()["code"]) == (404, "vote.not_found")
    assert counts(poll) == [1, 0, 0]


def test_nothing_is_taken_back_from_a_closed_poll(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    answer = client_for(bob).delete(f"/api/polls/{poll.id}/my-vote")
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.closed")
    assert counts(poll) == [1, 0, 0]


def test_a_repeated_retraction_under_its_key_is_replayed(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    client, headers = client_for(bob), {"Idempotency-Key": "take-back"}
    first = client.delete(f"/api/polls/{poll.id}/my-vote", headers=headers)
    vote(bob, poll, 1)
    second = client.delete(f"/api/polls/{poll.id}/my-vote", headers=headers)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["Idempotent-Replayed"] == "true"
    assert counts(poll) == [0, 1, 0]


def test_a_key_of_a_retraction_from_another_poll_is_refused(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    first, second = make_poll(allow_change=True), make_poll(allow_change=True)
    vote(bob, first, 0)
    vote(bob, second, 0)
    client, headers = client_for(bob), {"Idempotency-Key": "take-back"}
    assert client.delete(f"/api/polls/{first.id}/my-vote", headers=headers).status_code == 200
    answer = client.delete(f"/api/polls/{second.id}/my-vote", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")
    assert counts(second) == [1, 0, 0]

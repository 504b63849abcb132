"""Idempotency keys of votes: a repeated request gets the first response and is not counted."""

import pytest

from accounts.models import User
from apikit.actors import Actor
from apikit.models import IdempotencyRecord
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids
from tests.votes.conftest import Cast, counts
from votes.services import cast_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def test_the_same_request_under_its_key_gets_the_first_response(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    first, second = cast(bob, poll, 0, key="k1"), cast(bob, poll, 0, key="k1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert counts(poll) == [1, 0, 0]


def test_a_late_repetition_does_not_undo_a_change(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll(allow_change=True)
    first = cast(bob, poll, 0, key="first")
    cast(bob, poll, 1, key="second")
    late = cast(bob, poll, 0, key="first")
    assert (late.status_code, late.json()) == (201, first.json())
    assert counts(poll) == [0, 1, 0]


def test_a_repeated_change_is_answered_as_a_change(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll(allow_change=True)
    cast(bob, poll, 0)
    first, second = cast(bob, poll, 1, key="change"), cast(bob, poll, 1, key="change")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()


def test_a_vote_is_replayed_after_the_poll_closed(
    alice: User, bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    first = cast(bob, poll, 0, key="k1")
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert cast(bob, poll, 0, key="k1").json() == first.json()


def test_the_key_of_another_request_is_refused(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(allow_change=True)
    cast(bob, poll, 0, key="k1")
    answer = cast(bob, poll, 1, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")
    assert counts(poll) == [1, 0, 0]


def test_a_key_of_another_kind_of_request_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    headers = {"Idempotency-Key": "k1"}
    client.put(f"/api/polls/{poll.id}/publish", headers=headers)
    body = {"pollOptionId": str(option_ids(poll)[0])}
    answer = client.post(f"/api/polls/{poll.id}/vote", body, headers=headers)
    assert answer.status_code == 422


def test_keys_are_separate_for_each_person(
    bob: User, charlie: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    assert [cast(user, poll, 0, key="k1").status_code for user in (bob, charlie)] == [201, 201]
    assert counts(poll) == [2, 0, 0]


def test_a_refused_vote_spends_no_key(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    draft = make_poll(is_published=False)
    cast(bob, draft, 0, key="k1")
    assert not IdempotencyRecord.objects.exists()
    assert cast(bob, make_poll(), 0, key="k1").status_code == 201


def test_two_ways_to_name_a_poll_are_the_same_request(bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    option_id = option_ids(poll)[0]
    actor = Actor(bob.id)
    first = cast_vote(actor=actor, poll_id=poll.id, option_ids=[option_id], key="k1")
    second = cast_vote(actor=actor, option_ids=[option_id], key="k1")
    assert second.is_replayed
    assert second.votes == first.votes


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "ключ"])
def test_an_invalid_key_is_refused(
    bob: User, make_poll: MakePoll, client_for: ClientFor, key: str
) -> None:
    poll = make_poll()
    answer = client_for(bob).post(
        f"/api/polls/{poll.id}/vote",
        {"pollOptionId": str(option_ids(poll)[0])},
        HTTP_IDEMPOTENCY_KEY=key,
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert counts(poll) == [0, 0, 0]


def test_the_same_options_in_another_order_are_the_same_request(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll(kind="multiple")
    first = cast(bob, poll, 0, 2, key="a-key-of-bob")
    again = cast(bob, poll, 2, 0, key="a-key-of-bob")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()

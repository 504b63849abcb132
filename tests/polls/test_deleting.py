"""Deleting polls, with all that hangs on them."""

import pytest

from accounts.models import User
from accounts.services import delete_user
from polls.events import PollUpdate
from polls.models import Option, Poll
from polls.services import close_poll, hide_poll
from polls.topics import poll_topic
from tests.conftest import ClientFor, MakePoll, actor_of, finish_removals, vote
from tests.polls.conftest import PublishedEvents, poll_of, refusal_of
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.mark.django_db(transaction=True)
def test_a_poll_is_deleted_with_its_options_and_votes_only(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, other = make_poll(), make_poll()
    for each in (poll, other):
        vote(bob, each, 0)
    response = client_for(alice).delete(f"/api/polls/{poll.id}")
    assert (response.status_code, response.json()) == (
        200,
        {"message": "Poll deleted successfully"},
    )
    assert [each.id for each in Poll.objects.all()] == [other.id]
    finish_removals()
    assert Option.objects.count() == 3
    assert [each.poll_id for each in Vote.objects.all()] == [other.id]


def test_a_deleted_poll_is_missing_everywhere(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    address = f"/api/polls/{poll.id}"
    client.delete(address)
    responses = [
        client.delete(address),
        client.get(address),
        client.get(f"/api/polls/code/{poll.join_code}"),
        client.get(f"{address}/results"),
        client.patch(address, {"question": "Milk or sugar?"}),
        client.put(f"{address}/close"),
    ]
    assert {refusal_of(response) for response in responses} == {(404, "poll.not_found")}
    assert client.get("/api/polls").json()["polls"] == []


@pytest.mark.parametrize("state", ["draft", "open", "closed"])
def test_a_poll_can_be_deleted_in_every_state(
    alice: User, make_poll: MakePoll, client_for: ClientFor, state: str
) -> None:
    poll = make_poll(is_published=state != "draft")
    if state == "closed":
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert client_for(alice).delete(f"/api/polls/{poll.id}").status_code == 200
    assert not Poll.objects.exists()


def test_a_deletion_is_published_with_a_higher_revision(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll, client = make_poll(), client_for(alice)
    poll_of(client.patch(f"/api/polls/{poll.id}", {"allowChange": True}))
    client.delete(f"/api/polls/{poll.id}")
    assert events.changes() == ["edited", "deleted"]
    assert {topic for topic, event in events if isinstance(event, PollUpdate)} == {
        poll_topic(poll.id)
    }
    edited, deleted = [event for _, event in events if isinstance(event, PollUpdate)]
    assert edited.order < deleted.order
    assert deleted.poll is None


def test_staff_can_delete_polls_of_others(
    staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    assert client_for(staff).delete(f"/api/polls/{make_poll().id}").status_code == 200


def test_others_may_not(bob: User, guest: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    address = f"/api/polls/{make_poll().id}"
    refusals = [refusal_of(client_for(user).delete(address)) for user in (bob, guest, None)]
    assert refusals == [
        (403, "poll.not_owner"),
        (403, "auth.account_required"),
        (401, "auth.required"),
    ]
    assert Poll.objects.exists()


def test_the_creator_cannot_delete_a_hidden_poll(
    alice: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    response = client_for(alice).delete(f"/api/polls/{poll.id}")
    assert refusal_of(response) == (409, "poll.hidden")


@pytest.mark.django_db(transaction=True)
def test_polls_of_a_deleted_user_are_deleted_and_published(
    alice: User, bob: User, staff: User, make_poll: MakePoll, events: PublishedEvents
) -> None:
    kept = make_poll(actor=actor_of(bob))
    for _ in range(2):
        vote(bob, make_poll(), 0)
    vote(alice, kept, 0)
    delete_user(actor=actor_of(staff), user_id=alice.id)
    assert [poll.id for poll in Poll.objects.all()] == [kept.id]
    finish_removals()
    assert not Vote.objects.exists()
    assert events.changes() == ["deleted", "deleted"]

"""Idempotency keys of writes to polls: a repeated request is answered as before, and done once."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from apikit.models import IdempotencyRecord
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import QUESTION, PublishedEvents, Response, fields_of, poll_of, refusal_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]

EDIT = {"question": "Milk?"}

# Method, address and body of each write to a poll.
WRITES: dict[str, tuple[str, str, Any]] = {
    "create": ("post", "/api/polls", QUESTION),
    "put": ("put", "/api/polls/{id}", EDIT),
    "patch": ("patch", "/api/polls/{id}", EDIT),
    "delete": ("delete", "/api/polls/{id}", None),
    "publish": ("put", "/api/polls/{id}/publish", None),
    "close": ("put", "/api/polls/{id}/close", None),
    "reopen": ("put", "/api/polls/{id}/reopen", None),
}
OTHERS = {
    "another body": ("patch", "/api/polls/{id}", {"question": "Juice?"}),
    "another method": WRITES["put"],
    "another address": WRITES["close"],
}


def send(client: APIClient, request: tuple[str, str, Any], poll: Poll, key: str = "k1") -> Response:
    method, address, body = request
    headers = {"Idempotency-Key": key}
    return getattr(client, method)(address.format(id=poll.id), body, headers=headers)


def ready_for(write: str, alice: User, make_poll: MakePoll) -> Poll:
    """A poll to which the write does something."""
    poll = make_poll(is_published=write != "publish")
    if write == "reopen":
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    return poll


@pytest.mark.parametrize("write", WRITES)
def test_every_write_happens_once(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents, write: str
) -> None:
    poll, client = ready_for(write, alice, make_poll), client_for(alice)
    first = send(client, WRITES[write], poll)
    assert first.status_code in {200, 201}
    state, event_count = list(Poll.objects.values_list("id", "revision")), len(events)
    second = send(client, WRITES[write], poll)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers.get("ETag") == first.headers.get("ETag")
    assert (list(Poll.objects.values_list("id", "revision")), len(events)) == (state, event_count)


def test_the_first_response_is_repeated_after_later_changes(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll()
    first = send(client, WRITES["patch"], poll)
    client.delete(f"/api/polls/{poll.id}")
    assert send(client, WRITES["patch"], poll).json() == first.json()


@pytest.mark.parametrize("other", OTHERS)
def test_the_key_of_another_request_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor, other: str
) -> None:
    client, poll = client_for(alice), make_poll()
    send(client, WRITES["patch"], poll)
    response = send(client, OTHERS[other], poll)
    assert refusal_of(response) == (422, "idempotency.key_reused")
    assert (Poll.objects.get().question, Poll.objects.get().state) == ("Milk?", "open")


def test_keys_of_different_users_are_separate(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    ids = {poll_of(send(client_for(user), WRITES["create"], poll))["id"] for user in (alice, bob)}
    assert len(ids) == 2


def test_a_refused_write_leaves_the_key_unused(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    client, poll = client_for(alice), make_poll(is_published=False)
    assert refusal_of(send(client, WRITES["close"], poll)) == (409, "poll.not_published")
    assert not IdempotencyRecord.objects.exists()
    client.put(f"/api/polls/{poll.id}/publish")
    assert poll_of(send(client, WRITES["close"], poll))["state"] == "closed"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tin", "ключ"])
def test_an_invalid_key_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor, key: str
) -> None:
    response = send(client_for(alice), WRITES["create"], make_poll(), key)
    assert fields_of(response) == ["Idempotency-Key"]
    assert Poll.objects.count() == 1

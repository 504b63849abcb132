"""What tests of polls have in common."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from polls.events import NewPoll, PollUpdate, VoteUpdate
from polls.models import Poll
from realtime.events import Event
from tests.conftest import ClientFor

# A REST answer, which the stubs know as something else.
Answer = Any
Ask = Callable[..., Answer]

QUESTION = {"question": "Tea or coffee?", "options": [{"text": "Tea"}, {"text": "Coffee"}]}


@pytest.fixture
def ask(client_for: ClientFor, alice: User) -> Ask:
    """Creates a poll over REST: alice's tea or coffee, unless told otherwise."""
    clients = {alice: client_for(alice)}

    def post(*, user: User | None = alice, **fields: Any) -> Answer:
        client = clients.get(user) if user else None
        return (client or client_for(user)).post("/api/polls", {**QUESTION, **fields})

    return post


def poll_of(answer: Answer) -> dict[str, Any]:
    """The poll in an answer that has to be a good one."""
    assert answer.status_code in {200, 201}, answer.json()
    poll: dict[str, Any] = answer.json()["poll"]
    return poll


def refusal_of(answer: Answer) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def fields_of(answer: Answer) -> list[str]:
    """The fields that a validation error names."""
    assert refusal_of(answer) == (400, "validation"), answer.json()
    return [error["field"] for error in answer.json()["errors"]]


def texts_of(poll: Poll) -> list[str]:
    """The options as the database has them, in their order."""
    return list(poll.options.order_by("position").values_list("text", flat=True))


class PublishedEvents(list[tuple[str, Event]]):
    """Records (topic, event) pairs published after commits."""

    def changes(self) -> list[str]:
        """The `change` of each poll-update, in order."""
        return [event.change for _, event in self if isinstance(event, PollUpdate)]

    def tallies(self) -> list[VoteUpdate]:
        return [event for _, event in self if isinstance(event, VoteUpdate)]

    def new_polls(self) -> list[NewPoll]:
        return [event for _, event in self if isinstance(event, NewPoll)]


@pytest.fixture
def events(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> PublishedEvents:
    events = PublishedEvents()
    monkeypatch.setattr(
        "polls.publishing.publish", lambda topic, event: events.append((topic, event))
    )
    return events

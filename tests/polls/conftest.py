"""Fixtures for tests of polls."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from polls.events import NewPoll, PollUpdate, VoteUpdate
from polls.models import Poll
from realtime.events import Event
from tests.conftest import ClientFor

# A REST response; the type in the stubs lacks json().
Response = Any
Ask = Callable[..., Response]

QUESTION = {"question": "Tea or coffee?", "options": [{"text": "Tea"}, {"text": "Coffee"}]}


@pytest.fixture
def ask(client_for: ClientFor, alice: User) -> Ask:
    """Creates a poll of alice over REST: tea or coffee by default."""
    clients = {alice: client_for(alice)}

    def post(*, user: User | None = alice, **fields: Any) -> Response:
        client = clients.get(user) if user else None
        return (client or client_for(user)).post("/api/polls", {**QUESTION, **fields})

    return post


def poll_of(response: Response) -> dict[str, Any]:
    """The poll in a successful response."""
    assert response.status_code in {200, 201}, response.json()
    poll: dict[str, Any] = response.json()["poll"]
    return poll


def refusal_of(response: Response) -> tuple[int, str]:
    """The status and code of an error response."""
    return response.status_code, response.json()["code"]


def fields_of(response: Response) -> list[str]:
    """The fields of a validation error."""
    assert refusal_of(response) == (400, "validation"), response.json()
    return [error["field"] for error in response.json()["errors"]]


def texts_of(poll: Poll) -> list[str]:
    """The texts of the options in the database, in order."""
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

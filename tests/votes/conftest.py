"""What tests of voting have in common."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from polls.models import Poll
from tests.conftest import ClientFor, option_ids

# A REST answer, which the stubs know as something else.
Answer = Any
Cast = Callable[..., Answer]


@pytest.fixture
def cast(client_for: ClientFor) -> Cast:
    """Casts a vote over REST: ``cast(bob, poll, 0, 2)`` for the options at these positions.

    ``body`` is sent instead of what the positions say; ``key`` is the idempotency key.
    """
    clients: dict[Any, APIClient] = {}

    def post(
        user: User | None, poll: Poll, *positions: int, body: Any = None, key: str | None = None
    ) -> Answer:
        if user not in clients:
            clients[user] = client_for(user)
        ids = [str(option_id) for option_id in option_ids(poll)]
        chosen = [ids[position] for position in positions]
        if body is None:
            one = len(chosen) == 1
            body = {"pollOptionId": chosen[0]} if one else {"pollOptionIds": chosen}
        headers = {"Idempotency-Key": key} if key else {}
        return clients[user].post(f"/api/polls/{poll.id}/vote", body, headers=headers)

    return post


def counts(poll: Poll) -> list[int]:
    """The counters of the options, as the database has them."""
    return list(poll.options.order_by("position").values_list("vote_count", flat=True))

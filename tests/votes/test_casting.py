"""Casting votes over REST: what is taken, what is refused, and in what words."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll, option_ids, vote
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)


def cast(client: APIClient, poll: Poll, *positions: int, key: str | None = None):
    ids = [str(option_id) for option_id in option_ids(poll)]
    chosen = [ids[position] for position in positions]
    body = {"pollOptionId": chosen[0]} if len(chosen) == 1 else {"pollOptionIds": chosen}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/polls/{poll.id}/vote", body, headers=headers)


def test_a_first_vote_is_counted(bob: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll()
    answer = cast(client_for(bob), poll, 1)
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "Vote submitted successfully"
    assert body["vote"]["optionText"] == "Coffee"
    assert body["vote"]["pollQuestion"] == "Tea or coffee?"
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count) == (1, 1)
    assert [option.vote_count for option in poll.options.all()] == [0, 1, 0]

"""Errors spell fields as the client did, and list the valid choices."""

from typing import Any

import pytest

from accounts.models import User
from apikit.errors import FieldError
from apikit.exception_handler import spell_as_sent
from polls.models import PollKind
from tests.conftest import ClientFor, MakePoll, option_ids

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("field", "body", "expected"),
    [
        ("pollOptionId", {"poll_option_id": 1}, "poll_option_id"),
        ("pollOptionId", {"pollOptionId": 1}, "pollOptionId"),
        ("pollOptionId", {}, "pollOptionId"),
        ("pollOptionIds.1", {"poll_option_ids": [1, 2]}, "poll_option_ids.1"),
        ("options.0.pollId", {"options": [{"poll_id": 1}]}, "options.0.poll_id"),
        ("options.7.pollId", {"options": [{"poll_id": 1}]}, "options.7.pollId"),
        ("maxChoices", {f"field_{n}": n for n in range(30_000)}, "maxChoices"),
        ("maxChoices", [1, 2], "maxChoices"),
        ("maxChoices", None, "maxChoices"),
        ("", {"poll_option_id": 1}, ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_path_is_spelled_as_in_the_body(field: str, body: Any, expected: str) -> None:
    [error] = spell_as_sent([FieldError(field, "No.")], body)
    assert error.field == expected


@pytest.mark.parametrize(
    "body",
    [
        {"poll_option_id": 7},
        {"poll_option_id": "7"},
        {"poll_option_ids": ["7"]},
        {"poll_option_ids": []},
    ],
)
@pytest.mark.parametrize("address", ["/api/polls/{}/vote", "/api/votes"])
def test_a_vote_is_refused_under_the_name_that_was_sent(
    bob: User, make_poll: MakePoll, client_for: ClientFor, address: str, body: dict[str, Any]
) -> None:
    response = client_for(bob).post(address.format(make_poll().id), body)
    assert response.status_code == 400
    [name] = body
    assert {error["field"].split(".")[0] for error in response.json()["errors"]} == {name}


def test_so_is_what_only_a_service_refuses(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    twice = {"poll_option_ids": [str(option_ids(poll)[0])] * 2}
    response = client_for(bob).post(f"/api/polls/{poll.id}/vote", twice)
    assert [error["field"] for error in response.json()["errors"]] == ["poll_option_ids"]
    changes = {"closes_at": "2001-01-01T00:00:00Z"}
    response = client_for(alice).patch(f"/api/polls/{poll.id}", changes)
    assert [error["field"] for error in response.json()["errors"]] == ["closes_at"]


@pytest.mark.parametrize(
    ("method", "address", "sent", "words"),
    [
        ("patch", "/api/polls/{}", {"kind": "ranked"}, ", ".join(PollKind.values)),
        (
            "patch",
            "/api/polls/{}",
            {"results_visibility": "never"},
            "always, after_vote, after_close, owner",
        ),
        ("put", "/api/users/me/status", {"status": "asleep"}, "online, away, busy, offline"),
        ("get", "/api/polls", {"state": "ended"}, "draft, open, closed"),
        ("get", "/api/polls/{}/export", {"format": "pdf"}, "csv, json, xlsx"),
    ],
)
def test_a_refused_choice_lists_the_choices(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    method: str,
    address: str,
    sent: dict[str, str],
    words: str,
) -> None:
    response = getattr(client_for(alice), method)(address.format(make_poll().id), sent)
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {"field": next(iter(sent)), "message": f"Must be one of: {words}."}
    ]

"""Creating polls: what comes back, who may, and what form the body has."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from polls.models import MAX_OPTIONS, Poll
from tests.conftest import ClientFor
from tests.polls.conftest import Ask, fields_of, poll_of, refusal_of, texts_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_a_poll_is_created(alice: User, ask: Ask) -> None:
    response = ask(isPublished=True)
    assert response.status_code == 201
    poll = Poll.objects.get()
    created_at = poll.created_at.isoformat().replace("+00:00", "Z")
    ids = [str(option.id) for option in poll.options.order_by("position")]
    assert response.json() == {
        "message": "Poll created successfully",
        "poll": {
            "id": str(poll.id),
            "question": "Tea or coffee?",
            "questionEditedAt": None,
            "originalQuestion": None,
            "kind": "single",
            "isPublished": True,
            "state": "open",
            "joinCode": poll.join_code,
            "maxChoices": 1,
            "settings": {},
            "participantOptions": "none",
            "picture": None,
            "allowChange": False,
            "resultsVisibility": "always",
            "opensAt": None,
            "closesAt": None,
            "version": 0,
            "totalVotes": 0,
            "totalVoters": 0,
            "embedOrigins": [],
            "workspaceId": None,
            "createdAt": created_at,
            "updatedAt": created_at,
            "options": [
                {"id": id_, "text": text, "pollId": str(poll.id), "voteCount": 0}
                | {"limit": None, "picture": None, "addedAt": None}
                | {"state": None, "isPinned": None, "answeredAt": None}
                for id_, text in zip(ids, ("Tea", "Coffee"), strict=True)
            ],
            "creator": {"id": str(alice.id), "name": "Alice"},
        },
    }
    assert (timezone.now() - poll.created_at).total_seconds() < 60


def test_a_poll_is_a_draft_by_default(ask: Ask) -> None:
    for fields in ({}, {"isPublished": False}):
        poll = poll_of(ask(**fields))
        assert (poll["isPublished"], poll["state"]) == (False, "draft")


def test_responses_are_compact(ask: Ask) -> None:
    text = ask().content.decode()
    assert text.startswith('{"message":"Poll created successfully","poll":{"id":"')
    assert ": " not in text
    assert ", " not in text


@pytest.mark.parametrize(
    "options",
    [
        ["Tea", "Coffee"],
        [{"text": "Tea"}, {"text": "Coffee"}],
        ["Tea", {"text": "Coffee"}],
    ],
)
def test_options_are_objects_or_plain_texts(ask: Ask, options: list[Any]) -> None:
    shown = poll_of(ask(options=options))["options"]
    assert [option["text"] for option in shown] == ["Tea", "Coffee"]
    assert texts_of(Poll.objects.get()) == ["Tea", "Coffee"]


@pytest.mark.parametrize("count", [2, MAX_OPTIONS])
def test_two_to_fifty_options_are_accepted(ask: Ask, count: int) -> None:
    options = [f"Option {number}" for number in range(count)]
    assert [option["text"] for option in poll_of(ask(options=options))["options"]] == options


@pytest.mark.parametrize("count", [0, 1, MAX_OPTIONS + 1])
def test_fewer_and_more_options_are_refused(ask: Ask, count: int) -> None:
    assert fields_of(ask(options=[f"Option {number}" for number in range(count)])) == ["options"]
    assert not Poll.objects.exists()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (None, "options"),
        ("Tea", "options"),
        ({"text": "Tea"}, "options"),
        (["Tea", 1], "options.1"),
        (["Tea", None], "options.1"),
        (["Tea", ["Coffee"]], "options.1"),
        (["Tea", {}], "options.1.text"),
        (["Tea", {"text": None}], "options.1.text"),
        (["Tea", {"text": True}], "options.1.text"),
        (["Tea", {"text": "Coffee", "voteCount": 9}], "options.1.voteCount"),
        (["Tea", {"text": "Coffee", "id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"}], "options.1.id"),
    ],
)
def test_malformed_options_are_refused(ask: Ask, options: object, field: str) -> None:
    assert fields_of(ask(options=options)) == [field]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"question": None}, "question"),
        ({"question": 42}, "question"),
        ({"question": ["Tea?"]}, "question"),
        ({"isPublished": "true"}, "isPublished"),
        ({"isPublished": 1}, "isPublished"),
        ({"isPublished": None}, "isPublished"),
        ({"allowChange": 0}, "allowChange"),
        ({"kind": "Single"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["single"]}, "kind"),
        ({"resultsVisibility": "friends"}, "resultsVisibility"),
        ({"resultsVisibility": True}, "resultsVisibility"),
    ],
)
def test_a_malformed_field_is_refused(ask: Ask, fields: dict[str, object], named: str) -> None:
    assert fields_of(ask(**fields)) == [named]
    assert not Poll.objects.exists()


@pytest.mark.parametrize("missing", ["question", "options"])
def test_missing_fields_are_listed(alice: User, client_for: ClientFor, missing: str) -> None:
    body = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}
    del body[missing]
    assert fields_of(client_for(alice).post("/api/polls", body)) == [missing]


@pytest.mark.parametrize(
    "field",
    ["id", "state", "joinCode", "version", "totalVotes", "creator", "createdAt", "Question", ""],
)
def test_an_unknown_field_is_refused(ask: Ask, field: str) -> None:
    assert fields_of(ask(**{field: "x"})) == [field]


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_a_body_that_is_not_an_object_is_refused(
    alice: User, client_for: ClientFor, body: object
) -> None:
    response = client_for(alice).post("/api/polls", body, format="json")
    assert response.status_code == 400


def test_snake_case_is_accepted(ask: Ask) -> None:
    poll = poll_of(
        ask(
            is_published=True,
            kind="multiple",
            max_choices=2,
            allow_change=True,
            results_visibility="after_vote",
            opens_at="2026-05-04T09:30:00Z",
            closes_at="2996-05-04T09:30:00Z",
        )
    )
    assert poll["isPublished"] is True
    assert (poll["maxChoices"], poll["allowChange"]) == (2, True)
    assert poll["resultsVisibility"] == "after_vote"
    assert (poll["opensAt"], poll["closesAt"]) == ("2026-05-04T09:30:00Z", "2996-05-04T09:30:00Z")


def test_a_field_in_both_spellings_is_refused(ask: Ask) -> None:
    assert fields_of(ask(isPublished=True, is_published=True)) == ["is_published"]


@pytest.mark.parametrize("visibility", ["always", "after_vote", "after_close", "owner"])
def test_each_visibility_of_results_can_be_chosen(ask: Ask, visibility: str) -> None:
    assert poll_of(ask(resultsVisibility=visibility))["resultsVisibility"] == visibility


def test_changing_votes_can_be_allowed(ask: Ask) -> None:
    assert poll_of(ask(allowChange=True))["allowChange"] is True


def test_a_guest_may_not_create(ask: Ask, guest: User) -> None:
    assert refusal_of(ask(user=guest)) == (403, "auth.account_required")


def test_a_visitor_may_not_create(ask: Ask) -> None:
    response = ask(user=None)
    assert refusal_of(response) == (401, "auth.required")
    assert response.json()["message"].startswith("Authentication")


def test_permission_is_checked_before_the_fields(ask: Ask, guest: User) -> None:
    assert refusal_of(ask(user=guest, question="")) == (403, "auth.account_required")
    assert refusal_of(ask(user=None, question="")) == (401, "auth.required")

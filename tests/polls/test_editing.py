"""Editing polls: permissions, what may change, and the events it publishes."""

from typing import Any

import pytest

from accounts.models import User
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll, hide_poll
from polls.topics import poll_topic, tally_topic
from realtime.events import MAIN_PROTOCOL
from tests.conftest import ClientFor, MakePoll, actor_of, vote
from tests.polls.conftest import PublishedEvents, fields_of, poll_of, refusal_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_only_the_given_fields_change(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    before = poll_of(client.get(f"/api/polls/{poll.id}"))
    changes = {
        "question": "Milk or sugar?",
        "kind": "multiple",
        "maxChoices": 2,
        "allowChange": True,
        "resultsVisibility": "owner",
        "opensAt": "2026-05-04T09:30:00Z",
        "closesAt": "2996-05-04T09:30:00Z",
    }
    for name, value in changes.items():
        response = client.patch(f"/api/polls/{poll.id}", {name: value})
        assert response.json()["message"] == "Poll updated successfully"
        after = poll_of(response)
        follows = {"updatedAt", "version"} | ({"maxChoices"} if name == "kind" else set())
        assert after[name] == value
        assert {key for key in after if after[key] != before[key]} <= {name} | follows
        assert after["updatedAt"] > before["updatedAt"]
        before = after
    assert poll_of(client.get(f"/api/polls/{poll.id}")) == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_put_and_patch_do_the_same(
    alice: User, make_poll: MakePoll, client_for: ClientFor, method: str
) -> None:
    edit = getattr(client_for(alice), method)
    shown = poll_of(edit(f"/api/polls/{make_poll().id}", {"allow_change": True}))
    assert (shown["allowChange"], shown["question"]) == (True, "Tea or coffee?")


def test_an_empty_edit_changes_nothing(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll()
    events.clear()
    poll_of(client_for(alice).patch(f"/api/polls/{poll.id}", {}))
    poll.refresh_from_db()
    assert (poll.revision, events) == (1, [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question": "??"}, "question"),
        ({"question": None}, "question"),
        ({"isPublished": "yes"}, "isPublished"),
        ({"state": "closed"}, "state"),
        ({"joinCode": "1"}, "joinCode"),
        ({"version": 9}, "version"),
        ({"totalVotes": 9}, "totalVotes"),
        ({"creatorId": "x"}, "creatorId"),
    ],
)
def test_an_edit_is_validated_as_strictly_as_a_new_poll(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    changes: dict[str, object],
    field: str,
) -> None:
    response = client_for(alice).patch(f"/api/polls/{make_poll().id}", changes)
    assert fields_of(response) == [field]


def test_a_refused_edit_changes_nothing_at_all(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll()
    events.clear()
    changes = {"question": "Milk or sugar?", "maxChoices": 3}
    client_for(alice).patch(f"/api/polls/{poll.id}", changes)
    poll.refresh_from_db()
    assert (poll.question, poll.revision, events) == ("Tea or coffee?", 1, [])


# Who may


def test_staff_can_edit_polls_of_others(
    staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    response = client_for(staff).patch(f"/api/polls/{make_poll().id}", {"allowChange": True})
    assert poll_of(response)["creator"]["name"] == "Alice"


def test_others_may_not(bob: User, guest: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    address, changes = f"/api/polls/{make_poll().id}", {"allowChange": True}
    refusals = [refusal_of(client_for(user).patch(address, changes)) for user in (bob, guest, None)]
    assert refusals == [
        (403, "poll.not_owner"),
        (403, "auth.account_required"),
        (401, "auth.required"),
    ]
    assert not Poll.objects.get().allow_change


def test_the_creator_cannot_edit_a_hidden_poll(
    alice: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    address, changes = f"/api/polls/{poll.id}", {"allowChange": True}
    assert refusal_of(client_for(alice).patch(address, changes)) == (409, "poll.hidden")
    poll_of(client_for(staff).patch(address, changes))


# Publishing by an edit


def test_an_edit_may_publish(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll(is_published=False)
    changes = {"question": "Milk or sugar?", "isPublished": True}
    shown = poll_of(client_for(alice).put(f"/api/polls/{poll.id}", changes))
    assert (shown["state"], shown["question"]) == ("open", "Milk or sugar?")
    assert [event.poll.question for event in events.new_polls()] == ["Milk or sugar?"]


@pytest.mark.parametrize("is_published", [True, False])
def test_setting_the_same_values_changes_nothing(
    alice: User, make_poll: MakePoll, client_for: ClientFor, is_published: bool
) -> None:
    poll = make_poll(is_published=is_published)
    poll_of(client_for(alice).patch(f"/api/polls/{poll.id}", {"isPublished": is_published}))
    assert Poll.objects.get().revision == 1


def test_a_published_poll_cannot_become_a_draft(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    for _ in range(2):
        response = client.patch(f"/api/polls/{poll.id}", {"isPublished": False})
        assert fields_of(response) == ["isPublished"]
        close_poll(actor=actor_of(alice), poll_id=poll.id)


def test_an_edit_cannot_publish_a_closed_poll(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    events.clear()
    changes = {"question": "Milk or sugar?", "isPublished": True}
    response = client_for(alice).patch(f"/api/polls/{poll.id}", changes)
    assert refusal_of(response) == (409, "poll.closed")
    poll.refresh_from_db()
    assert (poll.question, events) == ("Tea or coffee?", [])


# After votes, and telling


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Milk or sugar?"},
        {"allowChange": True},
        {"resultsVisibility": "owner"},
        {"closesAt": "2996-05-04T09:30:00Z"},
    ],
)
def test_other_fields_can_change_after_votes(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    changes: dict[str, Any],
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    shown = poll_of(client_for(alice).patch(f"/api/polls/{poll.id}", changes))
    assert changes.items() <= shown.items()
    assert shown["totalVotes"] == 1


def test_an_edit_is_published_without_counts(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.OWNER, kind=PollKind.MULTIPLE)
    events.clear()
    client_for(alice).patch(f"/api/polls/{poll.id}", {"allowChange": True})
    [(topic, event)] = events
    assert topic == poll_topic(poll.id)
    body = event.body(MAIN_PROTOCOL)
    assert isinstance(body, dict)
    assert (body["change"], body["revision"]) == ("edited", 2)
    assert body["poll"]["allowChange"] is True
    assert not {"version", "totalVotes"} & set(body["poll"])
    assert {frozenset(option) for option in body["poll"]["options"]} == {
        frozenset({"id", "text", "pollId", "limit", "picture"})
        | {"addedAt", "state", "isPinned", "answeredAt"}
    }


def test_a_new_question_is_published_as_a_newer_tally(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll()
    events.clear()
    client_for(alice).patch(f"/api/polls/{poll.id}", {"question": "Milk or sugar?"})
    [event] = events.tallies()
    assert (event.version, event.poll.question) == (1, "Milk or sugar?")
    assert [topic for topic, _ in events] == [poll_topic(poll.id), tally_topic(poll.id)]

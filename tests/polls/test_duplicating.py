"""Duplicating a poll: the same again, as a draft of one's own."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from polls.models import Poll, PollKind, PollState, ResultsVisibility
from polls.selectors import whole_polls
from polls.services import close_poll, delete_poll, duplicate_poll, hide_poll
from tests.conftest import ClientFor, MakePoll, actor_of, vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def settings_of(poll: Poll) -> dict[str, Any]:
    """What a duplicate has in common with its poll."""
    names = ["question", "kind", "max_choices", "allow_change", "results_visibility"]
    return {name: getattr(poll, name) for name in [*names, "embed_origins"]} | {
        "options": [(each.position, each.text) for each in poll.options.order_by("position")]
    }


def test_a_duplicate_has_the_same_question_options_and_settings(
    alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(
        options=["A", "B", "C", "D"],
        kind=PollKind.MULTIPLE,
        max_choices=3,
        allow_change=True,
        results_visibility=ResultsVisibility.AFTER_CLOSE,
        embed_origins=["https://example.org"],
    )
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    copy.refresh_from_db()
    assert settings_of(copy) == settings_of(poll)
    assert copy.id != poll.id
    assert copy.join_code != poll.join_code


def test_a_duplicate_is_a_draft_without_votes(alice: User, bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    copy = whole_polls().get(id=copy.id)
    assert (copy.state, copy.version, copy.ballot_count) == (PollState.DRAFT, 0, 0)
    assert [option.vote_count for option in copy.options.all()] == [0, 0, 0]
    assert (copy.opened_at, copy.closed_at) == (None, None)
    poll.refresh_from_db()
    assert (poll.state, poll.ballot_count) == (PollState.CLOSED, 1)


def test_future_times_are_copied(alice: User, make_poll: MakePoll) -> None:
    now = timezone.now()
    poll = make_poll(opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2))
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert (copy.opens_at, copy.closes_at) == (poll.opens_at, poll.closes_at)
    Poll.objects.filter(id=poll.id).update(opens_at=now - timedelta(hours=1))
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert (copy.opens_at, copy.closes_at) == (None, poll.closes_at)
    Poll.objects.filter(id=poll.id).update(closes_at=now - timedelta(minutes=1))
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert (copy.opens_at, copy.closes_at) == (None, None)


def test_a_duplicate_outlives_its_poll(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert copy.options.count() == 3


def test_a_duplicate_over_rest(alice: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll()
    response = client_for(alice).post(f"/api/polls/{poll.id}/duplicate")
    assert response.status_code == 201
    assert response.json()["message"] == "Poll duplicated successfully"
    shown = response.json()["poll"]
    assert shown["id"] != str(poll.id)
    assert (shown["question"], shown["state"], shown["totalVotes"]) == (poll.question, "draft", 0)
    assert [option["text"] for option in shown["options"]] == ["Tea", "Coffee", "Water"]
    assert response.headers["ETag"] == '"1"'


def test_the_same_key_makes_one_duplicate(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client, headers = make_poll(), client_for(alice), {"Idempotency-Key": "once"}
    first = client.post(f"/api/polls/{poll.id}/duplicate", headers=headers)
    second = client.post(f"/api/polls/{poll.id}/duplicate", headers=headers)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Poll.objects.count() == 2


def test_a_duplicate_belongs_to_its_maker(staff: User, make_poll: MakePoll) -> None:
    assert duplicate_poll(actor=actor_of(staff), poll_id=make_poll().id).creator_id == staff.id


def test_others_may_not_duplicate(
    charlie: User, guest: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, draft = make_poll(), make_poll(is_published=False)
    refused = {
        (None, poll): (401, "auth.required"),
        (guest, poll): (403, "auth.account_required"),
        (charlie, poll): (403, "poll.not_owner"),
        (charlie, draft): (404, "poll.not_found"),
    }
    for (who, which), expected in refused.items():
        response = client_for(who).post(f"/api/polls/{which.id}/duplicate")
        assert (response.status_code, response.json()["code"]) == expected
    assert Poll.objects.count() == 2


def test_a_hidden_poll_cannot_be_duplicated(
    alice: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    response = client_for(alice).post(f"/api/polls/{poll.id}/duplicate")
    assert (response.status_code, response.json()["code"]) == (409, "poll.hidden")

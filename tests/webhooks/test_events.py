"""Which events are queued for whom, and that they are in the transaction of what happened."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import delete_user
from apikit.registries import Hook
from chat.rooms import open_poll_room
from chat.services import post_message
from polls import hooks as poll_hooks
from polls.deadlines import apply_deadlines
from polls.models import Poll
from polls.services import close_poll, create_poll, delete_poll, publish_poll, reopen_poll
from tests.conftest import MakePoll, actor_of, make_user, vote
from tests.webhooks.conftest import make_webhook
from webhooks import outbox
from webhooks.event_types import EVENTS, MEMBER_EVENTS
from webhooks.models import Delivery, Webhook
from workspaces.members import add_member, change_role, remove_member
from workspaces.models import Project
from workspaces.permissions import Role
from workspaces.projects import create_project, delete_project
from workspaces.spaces import create_workspace, delete_workspace

URL = "https://hooks.example.org/"
PERSONAL = [event for event in EVENTS if event not in MEMBER_EVENTS]

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(alice: User) -> Webhook:
    return make_webhook(alice, URL, *PERSONAL)


@pytest.fixture
def project(alice: User) -> Project:
    return create_project(actor=actor_of(alice), name="Town hall")


@pytest.fixture
def team_webhook(alice: User, project: Project) -> Webhook:
    return make_webhook(alice, URL, *EVENTS, project_id=project.id)


def events_for(webhook: Webhook) -> list[str]:
    deliveries = Delivery.objects.filter(webhook=webhook).order_by("id")
    return list(deliveries.values_list("event", flat=True))


def data_of(webhook: Webhook, event: str) -> dict[str, Any]:
    delivery = Delivery.objects.get(webhook=webhook, event=event)
    assert delivery.payload["type"] == event
    assert delivery.payload["timestamp"].endswith("Z")
    data: dict[str, Any] = delivery.payload["data"]
    return data


@pytest.mark.django_db(transaction=True)
def test_the_life_of_a_poll(alice: User, webhook: Webhook, make_poll: MakePoll) -> None:
    actor = actor_of(alice)
    poll = make_poll(is_published=False)
    assert events_for(webhook) == []
    publish_poll(actor=actor, poll_id=poll.id)
    publish_poll(actor=actor, poll_id=poll.id)
    assert events_for(webhook) == ["poll.published", "poll.opened"]
    assert data_of(webhook, "poll.opened")["poll"]["id"] == str(poll.id)
    vote(alice, poll, 0)
    close_poll(actor=actor, poll_id=poll.id)
    closed = data_of(webhook, "poll.closed")
    assert closed["poll"]["state"] == "closed"
    assert closed["results"]["options"][0]["voteCount"] == 1
    reopen_poll(actor=actor, poll_id=poll.id)
    delete_poll(actor=actor, poll_id=poll.id)
    assert events_for(webhook)[2:] == ["poll.closed", "poll.reopened", "poll.deleted"]
    assert data_of(webhook, "poll.deleted")["pollId"] == str(poll.id)


def test_a_poll_opens_and_closes_by_the_clock(
    alice: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    soon = timezone.now() + timedelta(hours=1)
    poll = make_poll(opens_at=soon, closes_at=soon + timedelta(hours=1))
    assert events_for(webhook) == ["poll.published"]
    ago = timezone.now() - timedelta(hours=1)
    Poll.objects.filter(id=poll.id).update(opens_at=ago)
    apply_deadlines()
    Poll.objects.filter(id=poll.id).update(closes_at=ago + timedelta(minutes=1))
    apply_deadlines()
    assert events_for(webhook) == ["poll.published", "poll.opened", "poll.closed"]


def test_only_chosen_events_of_the_owner_are_queued(
    alice: User, bob: User, project: Project, make_poll: MakePoll
) -> None:
    opened = make_webhook(alice, URL, "poll.opened")
    others = make_webhook(bob, URL, *PERSONAL)
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    space = create_workspace(actor=actor_of(alice), project_id=project.id, name="Evening")
    make_poll(workspace_id=space.id)
    assert events_for(opened) == ["poll.opened"]
    assert events_for(others) == []


def test_a_project_gets_the_events_of_its_polls(
    alice: User, webhook: Webhook, team_webhook: Webhook, project: Project, make_poll: MakePoll
) -> None:
    space = create_workspace(actor=actor_of(alice), project_id=project.id, name="Evening")
    polls = [make_poll(workspace_id=space.id), make_poll(workspace_id=space.id)]
    assert data_of_first(team_webhook)["workspaceId"] == str(space.id)
    delete_workspace(actor=actor_of(alice), workspace_id=space.id)
    assert events_for(team_webhook) == [
        *["poll.published", "poll.opened"] * len(polls),
        *["poll.deleted"] * len(polls),
    ]
    assert events_for(webhook) == []


def data_of_first(webhook: Webhook) -> dict[str, Any]:
    first = Delivery.objects.filter(webhook=webhook).order_by("id")[0]
    data: dict[str, Any] = first.payload["data"]
    return data


def test_a_project_gets_what_happens_to_its_members(
    alice: User, bob: User, project: Project, team_webhook: Webhook
) -> None:
    actor = actor_of(alice)
    carol = make_user("Carol")
    for user in (bob, carol):
        add_member(actor=actor, project_id=project.id, email=user.email or "", role=Role.VIEWER)
    change_role(actor=actor, project_id=project.id, user_id=bob.id, role=Role.COLLABORATOR)
    remove_member(actor=actor, project_id=project.id, user_id=bob.id)
    remove_member(actor=actor_of(carol), project_id=project.id, user_id=carol.id)
    assert events_for(team_webhook) == [
        "member.added",
        "member.added",
        "member.role_changed",
        "member.removed",
        "member.left",
    ]
    assert data_of(team_webhook, "member.role_changed") == {
        "projectId": str(project.id),
        "member": {"id": str(bob.id), "name": "Bob"},
        "role": "collaborator",
        "previousRole": "viewer",
        "actor": {"id": str(alice.id), "name": "Alice"},
    }


@pytest.mark.django_db(transaction=True)
def test_messages_in_the_room_of_a_poll(
    alice: User, bob: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    poll = make_poll()
    room = open_poll_room(actor=actor_of(alice), poll_id=poll.id)
    posted = post_message(actor=actor_of(bob), room_id=room.id, body="Tea!")
    data = data_of(webhook, "message.posted")
    assert data["room"]["pollId"] == str(poll.id)
    assert data["message"]["id"] == str(posted.message.id)
    assert data["message"]["author"]["name"] == "Bob"


def test_what_is_rolled_back_is_not_queued(
    alice: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    with transaction.atomic():
        make_poll()
        assert events_for(webhook) == ["poll.published", "poll.opened"]
        transaction.set_rollback(True)
    assert events_for(webhook) == []


def test_what_cannot_be_queued_does_not_happen(
    alice: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    broken: Hook[[Poll, str], None] = Hook()

    @broken.register
    def fail(poll: Poll, verb: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("polls.activity.poll_recorded", broken)
    with pytest.raises(BrokenPipeError):
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    poll.refresh_from_db()
    assert poll.state == "open"
    assert poll_hooks.poll_recorded is not broken


def test_events_of_suspended_accounts_are_not_queued(
    alice: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    poll = make_poll(is_published=False)
    User.objects.filter(id=alice.id).update(is_active=False)
    publish_poll(actor=actor_of(alice), poll_id=poll.id)
    assert events_for(webhook) == []


def test_a_deleted_project_or_account_takes_its_webhooks_along(
    alice: User, bob: User, staff: User, project: Project, team_webhook: Webhook
) -> None:
    space = create_workspace(actor=actor_of(alice), project_id=project.id, name="Evening")
    create_poll(
        actor=actor_of(alice), question="Tea?", options=["Yes", "No"], workspace_id=space.id
    )
    delete_project(actor=actor_of(alice), project_id=project.id)
    assert not Webhook.objects.exists()
    make_webhook(bob, URL, *PERSONAL)
    create_poll(actor=actor_of(bob), question="Tea?", options=["Yes", "No"], is_published=True)
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_too_many_pending_events_are_dropped_and_counted(
    alice: User, webhook: Webhook, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_PENDING", 3)
    for number in range(3):
        make_poll(question=f"Question {number}?")
    assert len(events_for(webhook)) == 3
    webhook.refresh_from_db()
    assert webhook.dropped_count == 3


def test_without_webhooks_a_change_of_a_poll_costs_one_query(
    alice: User,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    poll = make_poll()
    run: Callable[[Poll, str], None] = poll_hooks.poll_recorded.run
    with django_assert_num_queries(1):
        run(poll, "poll.closed")
    with django_assert_num_queries(0):
        run(poll, "poll.edited")

"""Queues an event for what happens in the apps below, in the same transaction.

Without webhooks this costs one query for each change of a poll or member, and one for each batch of
messages. Votes cost none: ``webhooks.tallies`` looks for changed tallies by itself.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.events import MessagePosted
from chat.hooks import messages_posted
from chat.models import Room, RoomKind
from polls.cells import read_tally
from polls.hooks import poll_recorded, polls_deleted
from polls.models import Poll
from polls.selectors import whole_polls
from polls.tally import results_of, version_of
from polls.wire import head_poll
from webhooks import event_types
from webhooks.models import Delivery, SentTally, Webhook
from webhooks.outbox import find_subscribed, new_delivery, queue_deliveries, queue_event
from webhooks.payloads import (
    ClosedPollData,
    DeletedPollData,
    MemberData,
    MessageData,
    PollData,
    RoomData,
    payload_of,
)
from workspaces.hooks import activity_recorded
from workspaces.models import Activity
from workspaces.permissions import Role
from workspaces.wire import NamedPerson


@poll_recorded.register
def queue_poll_event(poll: Poll, verb: str) -> None:
    """Queue what a change of a poll means to webhooks."""
    for event in _events_of(poll, verb):
        webhooks = find_subscribed(event, project_id=poll.project_id, owner_id=poll.creator_id)
        queue_event(webhooks, event, lambda: _poll_data(poll.id), poll_id=poll.id)


def _events_of(poll: Poll, verb: str) -> list[str]:
    is_published = verb == event_types.POLL_PUBLISHED or (
        verb == "poll.created" and poll.is_published
    )
    if is_published:
        opened = [event_types.POLL_OPENED] if poll.opened_at else []
        return [event_types.POLL_PUBLISHED, *opened]
    known = {event_types.POLL_OPENED, event_types.POLL_CLOSED, event_types.POLL_REOPENED}
    return [verb] if verb in known else []


def _poll_data(poll_id: UUID) -> PollData:
    now = timezone.now()
    poll = whole_polls().get(id=poll_id)
    fields: dict[str, Any] = {
        "project_id": poll.project_id,
        "workspace_id": poll.workspace_id,
        "revision": poll.revision,
        "poll": head_poll(poll, now),
    }
    if not poll.closed_at:
        return PollData(**fields)
    # Votes take the lock of the poll, which this transaction has: none is counted afterwards.
    tally = read_tally(poll, poll.options.all())
    return ClosedPollData(**fields, results=results_of(tally, version_of(poll, tally)))


@polls_deleted.register
def queue_deleted_polls(polls: Sequence[Poll]) -> None:
    """Queue that polls are deleted; all belong to one project or account."""
    if not polls:
        return
    event = event_types.POLL_DELETED
    webhooks = find_subscribed(event, project_id=polls[0].project_id, owner_id=polls[0].creator_id)
    if webhooks:
        now = timezone.now()
        payloads = [payload_of(event, now, _deleted_data(poll)) for poll in polls]
        queue_deliveries(
            [
                new_delivery(webhook, event, payload, now)
                for webhook in webhooks
                for payload in payloads
            ]
        )
    SentTally.objects.filter(poll_id__in=[poll.id for poll in polls]).delete()


def _deleted_data(poll: Poll) -> DeletedPollData:
    return DeletedPollData(
        poll_id=poll.id,
        question=poll.question,
        project_id=poll.project_id,
        workspace_id=poll.workspace_id,
    )


@messages_posted.register
def queue_messages(posted: Sequence[tuple[Room, MessagePosted]]) -> None:
    """Queue messages in the rooms of polls and projects."""
    rooms = {room.id: room for room, _ in posted if room.kind in (RoomKind.POLL, RoomKind.PROJECT)}
    if not rooms or not Webhook.objects.filter(watches_messages=True, disabled_at=None).exists():
        return
    webhooks = {room.id: _webhooks_of_room(room) for room in rooms.values()}
    now = timezone.now()
    deliveries: list[Delivery] = []
    for room, each in posted:
        if found := webhooks.get(room.id):
            data = MessageData(room=_room_data(room), message=each.message)
            payload = payload_of(event_types.MESSAGE_POSTED, now, data)
            deliveries += [
                new_delivery(webhook, event_types.MESSAGE_POSTED, payload, now) for webhook in found
            ]
    if deliveries:
        queue_deliveries(deliveries)


def _webhooks_of_room(room: Room) -> list[Webhook]:
    project_id, owner_id = room.project_id, None
    if room.poll_id is not None:
        place = Poll.objects.filter(id=room.poll_id).values_list("project_id", "creator_id")
        project_id, owner_id = place.first() or (None, None)
    if project_id is None and owner_id is None:
        return []
    return find_subscribed(event_types.MESSAGE_POSTED, project_id=project_id, owner_id=owner_id)


def _room_data(room: Room) -> RoomData:
    return RoomData(
        id=room.id, kind=RoomKind(room.kind), poll_id=room.poll_id, project_id=room.project_id
    )


@activity_recorded.register
def queue_member_event(activity: Activity, actor: NamedPerson | None) -> None:
    """Queue what happened to a member of a project."""
    member_id = activity.target_id
    if activity.verb not in event_types.MEMBER_EVENTS or member_id is None:
        return
    webhooks = find_subscribed(activity.verb, project_id=activity.project_id, owner_id=None)
    queue_event(
        webhooks,
        activity.verb,
        lambda: MemberData(
            project_id=activity.project_id,
            member=NamedPerson(id=member_id, name=activity.target_name),
            role=_role_in(activity.after),
            previous_role=_role_in(activity.before),
            actor=actor,
        ),
    )


def _role_in(fields: dict[str, Any] | None) -> Role | None:
    return Role(fields["role"]) if fields else None

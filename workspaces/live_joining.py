"""Joining and leaving live projects, and losing access to them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import Field

from apikit.actors import Actor
from apikit.errors import ApiError, AuthenticationRequiredError, GuestRefusedError
from apikit.wire import Id, Wire
from realtime import Hub, command, event_handler, join_log, periodic
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.database import in_database
from realtime.errors import TooManyTopicsError
from realtime.events import Event
from realtime.frames import EncodedEvent
from realtime.presence.protocol import MAX_NAMED_PEOPLE
from realtime.topics import topic_prefix
from workspaces import examples, live_people
from workspaces.activity_wire import ProjectReference
from workspaces.errors import ProjectNotFoundError
from workspaces.events import ProjectAccessChanged
from workspaces.live_frames import PROJECT_PROTOCOL
from workspaces.live_log import Joiner, ProjectSnapshot, read_snapshots, read_standings
from workspaces.live_subscriptions import subscription_of, subscriptions_of
from workspaces.live_wire import (
    MemberPresent,
    ProjectLeft,
    ProjectRole,
    view_member,
)
from workspaces.permissions import Role
from workspaces.topics import PROJECT_PREFIX, project_id_of, project_topic
from workspaces.wire import ActivityView

# ProjectAccessChanged can be lost between processes; members lose their sockets within a second.
RECHECK_INTERVAL_S = 0.75

JOIN_REFUSALS = (
    AuthenticationRequiredError,
    GuestRefusedError,
    ProjectNotFoundError,
    TooManyTopicsError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinProjectCommand(Wire):
    """``since`` is the ``seq`` of the last activity you have."""

    project_id: Id
    since: Annotated[int, Field(ge=0, lt=1 << 63)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedProject(Wire):
    """The project up to the activity ``seq``; later ones follow as events.

    ``activities`` are those since what you have, oldest first. If ``reset`` is true, because you
    have nothing, missed more than 500, or what you missed is no longer kept, they are the newest
    50 instead. ``role`` is null for staff who are not members. ``people`` are those who are here,
    as known now: ``project-presence-state`` follows.
    """

    project: ProjectReference
    role: Role | None
    seq: int
    reset: bool
    activities: Sequence[ActivityView]
    people: Sequence[MemberPresent] | None
    user_count: int


@command(
    "join-project",
    bare_field="projectId",
    refusals=JOIN_REFUSALS,
    example={"projectId": examples.PROJECT_ID, "since": 6},
    reply_example={
        "project": {"id": examples.PROJECT_ID, "name": "Town hall"},
        "role": "collaborator",
        "seq": 7,
        "reset": False,
        "activities": [examples.ACTIVITY],
        "people": [],
        "userCount": 1,
    },
)
async def join_project(hub: Hub, connection: Connection, body: JoinProjectCommand) -> JoinedProject:
    """Subscribes to a project: replies with what you have missed, then sends its events.

    Each activity is sent once, in the order of ``seq``.
    """
    snapshot = await join(hub, connection, body.project_id, body.since)
    topic = project_topic(body.project_id)
    return JoinedProject(
        project=snapshot.project,
        role=snapshot.role,
        seq=snapshot.head,
        reset=snapshot.is_reset,
        activities=snapshot.activities,
        people=_people(hub, topic),
        user_count=hub.presence.count(topic),
    )


async def join(
    hub: Hub, connection: Connection, project_id: UUID, since: int | None = None
) -> ProjectSnapshot:
    """Subscribes a socket to a project.

    :raises ApiError: those of ``JOIN_REFUSALS``.
    """
    connection.actor.account_id()
    topic = project_topic(project_id)
    joiner = Joiner(connection.actor, since)
    snapshot = await join_log(hub, connection, topic, partial(_read, hub, joiner, project_id))
    subscription = subscription_of(connection, topic)
    subscription.name, subscription.role = snapshot.name, snapshot.role
    subscription.unannounced = live_people.announce_arrivals(hub, topic).unannounced()
    return snapshot


async def _read(hub: Hub, joiner: Joiner, project_id: UUID) -> ProjectSnapshot:
    """Reads a project; concurrent joins share one read."""

    def read(joiners: Collection[Joiner]) -> dict[Joiner, ProjectSnapshot | ApiError]:
        return read_snapshots(joiners, project_id)

    results = await hub.reads.get(project_topic(project_id), joiner, read)
    result: ProjectSnapshot | ApiError = results[joiner]
    if isinstance(result, ApiError):
        raise result
    return result


def _people(hub: Hub, topic: str) -> list[MemberPresent] | None:
    if hub.presence.count(topic) > MAX_NAMED_PEOPLE:
        return None
    entries = (hub.presence.entry(topic, person) for person in hub.presence.people(topic))
    return [view_member(entry) for entry in entries if entry is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveProjectCommand(Wire):
    """Names a project."""

    project_id: Id


@command("leave-project", example={"projectId": examples.PROJECT_ID}, bare_field="projectId")
async def leave_project(hub: Hub, connection: Connection, body: LeaveProjectCommand) -> None:
    """Unsubscribes from a project; it is not an error if you are not subscribed.

    You stay a member.
    """
    hub.leave(connection, project_topic(body.project_id))


# Losing access


@event_handler(ProjectAccessChanged)
def check_members(hub: Hub, topic: str, event: ProjectAccessChanged) -> None:
    """Unsubscribes those who are no longer members, and shows others their new role."""
    project = project_topic(event.project_id)
    concerned = [
        (project, each)
        for each in hub.subscribers_of(project)
        if event.user_ids is None or each.actor.id in event.user_ids
    ]
    if concerned:
        hub.spawn(_check(hub, concerned))


@periodic(RECHECK_INTERVAL_S)
async def check_members_again(hub: Hub) -> None:
    """Does the same for changes whose event was lost; one query for all projects."""
    subscribed = [
        (topic, connection)
        for topic in list(hub.topics)
        if topic_prefix(topic) == PROJECT_PREFIX
        for connection in hub.subscribers_of(topic)
    ]
    if subscribed:
        await _check(hub, subscribed)


async def _check(hub: Hub, subscribed: Iterable[tuple[str, Connection]]) -> None:
    by_pair: dict[tuple[UUID, Actor], list[Connection]] = {}
    for topic, connection in subscribed:
        by_pair.setdefault((project_id_of(topic), connection.actor), []).append(connection)
    standings = await in_database(read_standings, by_pair.keys())
    for (project_id, actor), connections in by_pair.items():
        for connection in connections:
            if (project_id, actor) in standings:
                _show_role(hub, connection, project_id, standings[project_id, actor])
            else:
                _dismiss(hub, connection, project_id)


def _show_role(hub: Hub, connection: Connection, project_id: UUID, role: Role | None) -> None:
    topic = project_topic(project_id)
    subscription = subscriptions_of(connection).get(topic)
    if subscription is None or subscription.role == role or topic not in connection.topics:
        return
    subscription.role = role
    live_people.end_what_is_not_allowed(hub, connection, topic)
    _push(connection, ProjectRole(project_id=project_id, role=role))


def _dismiss(hub: Hub, connection: Connection, project_id: UUID) -> None:
    if not hub.leave(connection, project_topic(project_id)):
        return
    _push(connection, ProjectLeft(project_id=project_id))
    if connection.protocol == PROJECT_PROTOCOL:
        # There is nothing else to get at this endpoint.
        connection.close(CloseCode.NOT_FOUND)


def _push(connection: Connection, event: Event) -> None:
    frame = EncodedEvent(event, is_shared=False).frame(connection.protocol)
    if frame is not None:
        connection.push(frame)

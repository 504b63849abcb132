"""Who is in a live project, where, and doing what; and who gets whose online status."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ApiError, AuthenticationRequiredError
from apikit.registries import Provider
from apikit.wire import Id, Wire
from realtime import Hub, command, event_handler, named_presence
from realtime.connection import Connection
from realtime.database import in_database
from realtime.frames import EncodedEvent
from realtime.people import related_people
from realtime.presence.batches import Batches
from workspaces import examples
from workspaces.errors import (
    ActionNotAllowedError,
    PlaceNotFoundError,
    ProjectNotFoundError,
    ProjectNotJoinedError,
)
from workspaces.events import ActivityRecorded
from workspaces.live_subscriptions import NEEDED_ACTIONS, may_do, subscription_of, subscriptions_of
from workspaces.live_wire import (
    Location,
    ProjectPresenceDiff,
    ProjectPresenceState,
    UserJoined,
    UserLeft,
    view_member,
)
from workspaces.models import Member, Workspace
from workspaces.selectors import get_standing
from workspaces.topics import PROJECT_PREFIX, project_id_of, project_topic
from workspaces.wire import NamedPerson

# About a millisecond of writing, after which the event loop gets its turn.
SOCKETS_AT_ONCE = 50
# In larger projects, a wave of arrivals would send everybody to everybody.
MAX_RELATED_MEMBERS = 100


@named_presence(PROJECT_PREFIX, ProjectPresenceState, ProjectPresenceDiff, view_member)
def name_project(topic: str) -> dict[str, UUID]:
    return {"project_id": project_id_of(topic)}


@related_people.register
def read_team_mates(user_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return for each user the members of the same projects, up to a size; two queries."""
    own = Member.objects.filter(
        user__any_of=user_ids, project__member_count__lte=MAX_RELATED_MEMBERS
    )
    projects = list(own.order_by().values_list("project_id", "user_id"))
    mates: dict[UUID, set[UUID]] = {}
    if projects:
        members: dict[UUID, set[UUID]] = {}
        found = Member.objects.filter(project__any_of={project_id for project_id, _ in projects})
        for project_id, user_id in found.order_by().values_list("project_id", "user_id"):
            members.setdefault(project_id, set()).add(user_id)
        for project_id, user_id in projects:
            mates.setdefault(user_id, set()).update(members[project_id])
    return mates


# Where they are


class PollPlace(NamedTuple):
    """Where a poll is, and its question."""

    project_id: UUID | None
    workspace_id: UUID | None
    question: str


def _find_no_poll(poll_id: UUID) -> PollPlace | None:
    return None


# Returns where a poll is; None if there is none. Called in a thread.
find_poll: Provider[[UUID], PollPlace | None] = Provider(_find_no_poll)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLocationCommand(Wire):
    """Where you are: in a workspace, at a poll, or without both in the project as a whole.

    ``doing`` null shows nothing any more. The workspace of a poll need not be sent.
    """

    project_id: Id
    doing: Literal["views", "edits", "presents"] | None
    workspace_id: Id | None = None
    poll_id: Id | None = None


@command(
    "set-location",
    refusals=[
        AuthenticationRequiredError,
        ProjectNotJoinedError,
        ProjectNotFoundError,
        ActionNotAllowedError,
        PlaceNotFoundError,
    ],
    example={
        "projectId": examples.PROJECT_ID,
        "pollId": examples.POLL_ID,
        "doing": "edits",
    },
)
async def set_location(hub: Hub, connection: Connection, body: SetLocationCommand) -> None:
    """Shows the other members of a joined project where you are and what you do there.

    It ends when you leave the project, and with the socket. ``edits`` and ``presents`` need a role
    that may do so. If several of your sockets say something, the latest is shown.
    """
    topic = project_topic(body.project_id)
    if topic not in connection.joined:
        raise ProjectNotJoinedError
    location = Location()
    if body.doing is not None:
        location = await in_database(_find_location, connection.actor, body)
    _show(hub, connection, topic, location)


def _show(hub: Hub, connection: Connection, topic: str, location: Location) -> None:
    if topic in connection.joined:
        subscription = subscription_of(connection, topic)
        subscription.doing, subscription.poll_id = location.doing, location.poll_id
        hub.presence.describe(connection, topic, location.written())


def _find_location(actor: Actor, body: SetLocationCommand) -> Location:
    """Read a place that the actor may name; four queries at most."""
    assert body.doing is not None
    get_standing(actor, body.project_id, NEEDED_ACTIONS[body.doing])
    workspace_id, question = body.workspace_id, None
    if body.poll_id is not None:
        poll = find_poll(body.poll_id)
        if poll is None or poll.project_id != body.project_id:
            raise PlaceNotFoundError
        if workspace_id not in {None, poll.workspace_id}:
            raise PlaceNotFoundError
        workspace_id, question = poll.workspace_id, poll.question
    elif workspace_id is not None:
        found = Workspace.objects.filter(id=workspace_id, project_id=body.project_id)
        if not found.exists():
            raise PlaceNotFoundError
    return Location(
        doing=body.doing,
        workspace_id=workspace_id,
        poll_id=body.poll_id,
        poll_question=question,
    )


@event_handler(ActivityRecorded)
def follow_poll(hub: Hub, topic: str, event: ActivityRecorded) -> None:
    """Shows those at a poll elsewhere once it is moved, edited or deleted."""
    poll_id = event.activity.target.id
    at_poll = [
        each
        for each in hub.subscribers_of(topic)
        if subscription_of(each, topic).poll_id == poll_id
    ]
    if poll_id is not None and at_poll:
        hub.spawn(_find_again(hub, at_poll, topic, poll_id))


async def _find_again(
    hub: Hub, connections: Iterable[Connection], topic: str, poll_id: UUID
) -> None:
    for connection in connections:
        doing = subscription_of(connection, topic).doing
        place = SetLocationCommand(project_id=project_id_of(topic), doing=doing, poll_id=poll_id)  # type: ignore[arg-type]
        try:
            location = await in_database(_find_location, connection.actor, place)
        except ApiError:
            location = Location()
        # Unless they have gone elsewhere in the meantime.
        if subscription_of(connection, topic).poll_id == poll_id:
            _show(hub, connection, topic, location)


def end_what_is_not_allowed(hub: Hub, connection: Connection, topic: str) -> None:
    """Show nothing any more of a member whose new role does not allow what they said they do."""
    subscription = subscription_of(connection, topic)
    doing = subscription.doing
    if doing is not None and not may_do(connection, subscription.role, doing):
        subscription.doing = subscription.poll_id = None
        hub.presence.describe(connection, topic, None)


# Who comes and goes


class Arrivals:
    """The members in a project, over all processes, as announced to the sockets of this process."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self._hub = hub
        self._topic = topic
        self._shown: dict[int, NamedPerson] = {}
        self._batches: Batches[int] = Batches(hub, "arrivals", self._announce)
        # Those who were here before the first socket of this process are not announced.
        for person in hub.presence.people(topic):
            self._take(person)
        hub.presence.watch(topic, self.update)

    def update(self, people: Iterable[int]) -> None:
        """Announces soon which of these people, by their keys, have come or gone."""
        if self._hub.subscribers_of(self._topic):
            self._batches.add(people)
        else:
            self._hub.presence.unwatch(self._topic)
            self._batches.stop()
            _arrivals[self._hub].pop(self._topic, None)

    def unannounced(self) -> set[int]:
        """Returns those who are here already, but whose arrival is still to be announced."""
        return {each for each in self._hub.presence.people(self._topic) if each not in self._shown}

    async def _announce(self, people: list[int]) -> None:
        for person in people:
            before = self._shown.get(person)
            now = self._take(person)
            if before is None and now is not None:
                await self._write(person, UserJoined(**self._fields(now)))
            elif before is not None and now is None:
                await self._write(person, UserLeft(**self._fields(before)))

    def _take(self, person: int) -> NamedPerson | None:
        entry = self._hub.presence.entry(self._topic, person)
        if entry is None:
            self._shown.pop(person, None)
            return None
        self._shown[person] = view = NamedPerson(id=entry.user_id, name=entry.name)
        return view

    def _fields(self, user: NamedPerson) -> dict[str, Any]:
        project_id = project_id_of(self._topic)
        return {"project_id": project_id, "user": user, "timestamp": timezone.now()}

    async def _write(self, person: int, event: UserJoined | UserLeft) -> None:
        """Writes the event to everybody else, but an arrival not to those who came after it."""
        encoded = EncodedEvent(event)
        for number, connection in enumerate(self._hub.subscribers_of(self._topic), start=1):
            subscription = subscriptions_of(connection).get(self._topic)
            came_before = subscription is not None and person in subscription.unannounced
            if subscription is not None:
                subscription.unannounced.discard(person)
            frame = encoded.frame(connection.protocol)
            if connection.person != person and not came_before and frame is not None:
                connection.push_state(self._topic, event.slot, frame)
            if number % SOCKETS_AT_ONCE == 0:
                await asyncio.sleep(0)


_arrivals: WeakKeyDictionary[Hub, dict[str, Arrivals]] = WeakKeyDictionary()


def announce_arrivals(hub: Hub, topic: str) -> Arrivals:
    """Announces from now on who comes and goes, while the project has sockets in this process."""
    arrivals = _arrivals.setdefault(hub, {})
    if topic not in arrivals:
        arrivals[topic] = Arrivals(hub, topic)
    return arrivals[topic]

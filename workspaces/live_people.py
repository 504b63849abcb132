"""Who is in a live project, where, and doing what; and who gets whose online status."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import AuthenticationRequiredError
from apikit.registries import Provider
from apikit.wire import Id, Wire
from realtime import Hub, command, named_presence
from realtime.connection import Connection
from realtime.database import in_database
from realtime.people import related_people
from workspaces import examples
from workspaces.errors import (
    ActionNotAllowedError,
    PlaceNotFoundError,
    ProjectNotFoundError,
    ProjectNotJoinedError,
)
from workspaces.live_seats import NEEDED_ACTIONS, may_do, seat_of
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
from workspaces.wire import PersonView

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
    if topic in connection.joined:
        seat_of(connection, topic).doing = location.doing
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


def end_what_is_not_allowed(hub: Hub, connection: Connection, topic: str) -> None:
    """Show nothing any more of a member whose new role does not allow what they said they do."""
    seat = seat_of(connection, topic)
    if seat.doing is not None and not may_do(connection, seat.role, seat.doing):
        seat.doing = None
        hub.presence.describe(connection, topic, None)


# Who comes and goes


class _Arrivals:
    """The members in a project, over all processes, as announced to the sockets of this process."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self._hub = hub
        self._topic = topic
        self._shown: dict[int, PersonView] = {}
        self._sequence = 0
        # Those who were here before the first socket of this process are not announced.
        for person in hub.presence.people(topic):
            self._take(person)
        hub.presence.watch(topic, self.update)

    def update(self, people: Iterable[int]) -> None:
        """Announces those of these people, by their keys, who have come or gone."""
        if not self._hub.subscribers_of(self._topic):
            self._hub.presence.unwatch(self._topic)
            _arrivals[self._hub].pop(self._topic, None)
            return
        for person in people:
            before = self._shown.get(person)
            now = self._take(person)
            if before is None and now is not None:
                self._announce(UserJoined, now)
            elif before is not None and now is None:
                self._announce(UserLeft, before)

    def _take(self, person: int) -> PersonView | None:
        entry = self._hub.presence.entry(self._topic, person)
        if entry is None:
            self._shown.pop(person, None)
            return None
        self._shown[person] = view = PersonView(id=entry.user_id, name=entry.name)
        return view

    def _announce(self, event_class: type[UserJoined | UserLeft], user: PersonView) -> None:
        self._sequence += 1
        event = event_class(
            project_id=project_id_of(self._topic),
            user=user,
            timestamp=timezone.now(),
            sequence=self._sequence,
        )
        self._hub.deliver(self._topic, event)


_arrivals: WeakKeyDictionary[Hub, dict[str, _Arrivals]] = WeakKeyDictionary()


def announce_arrivals(hub: Hub, topic: str) -> None:
    """Announces from now on who comes and goes, while the project has sockets in this process."""
    arrivals = _arrivals.setdefault(hub, {})
    if topic not in arrivals:
        arrivals[topic] = _Arrivals(hub, topic)

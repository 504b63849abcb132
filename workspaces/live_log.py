"""Reads what is new in projects: for processes that missed events, and for clients that join."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ApiError
from realtime import LogSlice, log_reader
from realtime.logs import MAX_ENTRIES
from workspaces.activity_log import activities_of, show_activity
from workspaces.activity_wire import ProjectReference
from workspaces.errors import ProjectNotFoundError
from workspaces.events import ActivityRecorded
from workspaces.models import Project
from workspaces.permissions import Action, Role, allows
from workspaces.selectors import read_roles
from workspaces.topics import PROJECT_PREFIX, project_id_of, project_topic
from workspaces.wire import ActivityView

# A client that joins gets so many activities, unless it names what it has.
PAGE = 50


@log_reader(PROJECT_PREFIX)
def read_projects(known: Mapping[str, int]) -> dict[str, LogSlice]:
    """Reads the activities of projects after the known ones; one query while nothing is new."""
    projects = Project.objects.filter(id__any_of=[project_id_of(topic) for topic in known])
    slices = {}
    for project_id, head in projects.order_by().values_list("id", "last_seq"):
        last = known[project_topic(project_id)]
        if head > last:
            slices[project_topic(project_id)] = _read_entries(project_id, last, head)
    return slices


def _read_entries(project_id: UUID, last: int, head: int) -> LogSlice:
    end = min(head, last + MAX_ENTRIES)
    found = activities_of(project_id).filter(seq__gt=last, seq__lte=end).order_by("seq")
    events = [ActivityRecorded(project_id=project_id, activity=show_activity(row)) for row in found]
    return LogSlice(events, end, has_more=end < head)


# Joining


@dataclass(frozen=True, slots=True)
class Joiner:
    """Somebody who joins a project; ``since`` is the ``seq`` of the last activity they have."""

    actor: Actor
    since: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectSnapshot:
    """A project as somebody joins it: what they have missed, or the newest ones (``is_reset``).

    ``name`` is the joiner's, ``role`` None for staff who are not members.
    """

    head: int
    project: ProjectReference
    name: str
    role: Role | None
    is_reset: bool
    activities: Sequence[ActivityView]


def read_snapshots(
    joiners: Collection[Joiner], project_id: UUID
) -> dict[Joiner, ProjectSnapshot | ApiError]:
    """Reads a project for all who join it at the same time; five queries at most."""
    # Before the roles, so that somebody who was removed by then is refused.
    project = Project.objects.filter(id=project_id).first()
    user_ids = {each.actor.id for each in joiners if each.actor.id}
    roles = read_roles([project_id], user_ids)
    results: dict[Joiner, ProjectSnapshot | ApiError] = {}
    members: dict[Joiner, Role | None] = {}
    for joiner in joiners:
        role = None if joiner.actor.id is None else roles.get((project_id, joiner.actor.id))
        if project is not None and allows(role, Action.JOIN_LIVE, is_staff=joiner.actor.is_staff):
            members[joiner] = role
        else:
            results[joiner] = ProjectNotFoundError()
    if project is not None and members:
        names = dict(User.objects.filter(id__any_of=user_ids).values_list("id", "name"))
        results |= _Reading(project, members, names).snapshots()
    return results


class _Reading:
    """The activities that joiners need, read together, up to the head that was read first."""

    def __init__(
        self,
        project: Project,
        members: Mapping[Joiner, Role | None],
        names: Mapping[UUID, str],
    ) -> None:
        self._project = project
        self._names = names
        self._members = members
        self._head = project.last_seq
        self._missed = self._read_missed()
        self._newest: Sequence[ActivityView] = ()
        if any(self._is_reset(each) for each in members):
            self._newest = self._read_after(max(0, self._head - PAGE))

    def snapshots(self) -> dict[Joiner, ProjectSnapshot | ApiError]:
        return {joiner: self._snapshot(joiner) for joiner in self._members}

    def _snapshot(self, joiner: Joiner) -> ProjectSnapshot:
        is_reset = self._is_reset(joiner)
        return ProjectSnapshot(
            head=self._head,
            project=ProjectReference(id=self._project.id, name=self._project.name),
            name=self._names.get(joiner.actor.account_id(), ""),
            role=self._members[joiner],
            is_reset=is_reset,
            activities=self._newest if is_reset else self._after(joiner.since),
        )

    def _is_reset(self, joiner: Joiner) -> bool:
        """Whether the joiner names nothing, too old an activity, or one that has not happened."""
        if not self._is_near(joiner.since):
            return True
        # Without gaps, unless some were pruned.
        return len(self._after(joiner.since)) != self._head - (joiner.since or 0)

    def _is_near(self, since: int | None) -> bool:
        return since is not None and 0 <= self._head - since <= MAX_ENTRIES

    def _after(self, since: int | None) -> Sequence[ActivityView]:
        return [each for each in self._missed if each.seq > (since or 0)]

    def _read_missed(self) -> Sequence[ActivityView]:
        near = [each.since for each in self._members if each.since is not None]
        near = [since for since in near if self._is_near(since) and since < self._head]
        return self._read_after(min(near)) if near else ()

    def _read_after(self, seq: int) -> Sequence[ActivityView]:
        found = activities_of(self._project.id).filter(seq__gt=seq, seq__lte=self._head)
        return [show_activity(row) for row in found.order_by("seq")]


def read_standings(pairs: Iterable[tuple[UUID, Actor]]) -> dict[tuple[UUID, Actor], Role | None]:
    """Returns the roles of those who may still be in these projects live; one query.

    Staff need no role, but a project that exists: a second query for those who have none.
    """
    pairs = list(pairs)
    roles = read_roles(
        {project_id for project_id, _ in pairs}, {actor.id for _, actor in pairs if actor.id}
    )
    standings: dict[tuple[UUID, Actor], Role | None] = {}
    staff = []
    for project_id, actor in pairs:
        role = None if actor.id is None else roles.get((project_id, actor.id))
        if role is not None and allows(role, Action.JOIN_LIVE):
            standings[project_id, actor] = role
        elif actor.is_staff:
            staff.append((project_id, actor))
    if staff:
        ids = {project_id for project_id, _ in staff}
        standing = set(Project.objects.filter(id__any_of=ids).values_list("id", flat=True))
        standings |= {pair: None for pair in staff if pair[0] in standing}
    return standings

"""Which of the sockets that watch a poll may still see it, and which see its tally.

A socket is subscribed to the tally only while its user may see it. Who may changes when the poll
changes, when somebody votes, and when roles in the poll's project change.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID
from weakref import WeakKeyDictionary

from polls.events import BallotsChanged, PollUpdate, VoteUpdate, gone_update
from polls.models import ResultsVisibility
from polls.snapshots import PollSnapshot, get_snapshots_for
from polls.topics import poll_id_of, poll_topic, tally_topic
from realtime import Hub, event_handler, periodic
from realtime.connection import Connection
from realtime.database import in_database
from workspaces.events import ProjectAccessChanged
from workspaces.selectors import read_revisions


@dataclass(slots=True)
class _Teams:
    """What a hub knows of the projects of watched polls.

    ``projects`` is by the topic of the poll; ``revisions`` are those at which the subscribers were
    checked. ``access_changes`` counts the checks.
    """

    projects: dict[str, UUID] = field(default_factory=dict)
    revisions: dict[UUID, int] = field(default_factory=dict)
    access_changes: int = 0


_teams: WeakKeyDictionary[Hub, _Teams] = WeakKeyDictionary()


def count_access_changes(hub: Hub) -> int:
    """Return a number that rises when roles change, so that a join notices it while it reads."""
    return _teams_of(hub).access_changes


def note_project(hub: Hub, topic: str, project_id: UUID | None) -> None:
    """Remember the project of a watched poll, whose roles decide about the subscribers."""
    projects = _teams_of(hub).projects
    if project_id is not None:
        projects[topic] = project_id
    elif projects:
        projects.pop(topic, None)


def tally_in(snapshot: PollSnapshot) -> VoteUpdate:
    """Return the tally of a snapshot as an event."""
    return VoteUpdate(version=snapshot.version, poll=snapshot.tally)


# When the poll changes


@event_handler(PollUpdate)
def regroup_watchers(hub: Hub, topic: str, event: PollUpdate) -> None:
    if event.change == "deleted":
        hub.spawn(_dismiss(hub, topic))
    else:
        hub.spawn(_regroup(hub, event.poll_id, hub.subscribers_of(topic)))


async def _dismiss(hub: Hub, topic: str) -> None:
    """Unsubscribes everyone from a topic after its events are written."""
    await hub.until_written(topic)
    for connection in hub.subscribers_of(topic):
        hub.leave(connection, topic)


# When somebody votes


@event_handler(BallotsChanged)
def regroup_voters(hub: Hub, topic: str, event: BallotsChanged) -> None:
    """Subscribes new voters to after-vote results."""
    newest = cast(PollUpdate | None, hub.newest(topic, PollUpdate.name))
    if newest is None or newest.poll is None:
        return
    if newest.poll.results_visibility != ResultsVisibility.AFTER_VOTE:
        return
    tally = tally_topic(event.poll_id)
    uncertain = _followers(hub, topic, event.retracted)
    for connection in uncertain:
        hub.join(connection, topic, (topic,))
    for connection in _followers(hub, topic, event.voted):
        hub.join(connection, topic, (topic, tally))
        known = hub.newest(tally, VoteUpdate.name)
        if known is None:
            uncertain.append(connection)
        else:
            connection.push_event(tally, known)
    if uncertain:
        hub.spawn(_regroup(hub, event.poll_id, uncertain))


@periodic(10)
async def regroup_all_voters(hub: Hub) -> None:
    """Does the same for ballots whose BallotsChanged event was lost."""
    for topic in list(hub.topics):
        newest = cast(PollUpdate | None, hub.newest(topic, PollUpdate.name))
        head = newest.poll if newest else None
        if head and head.results_visibility == ResultsVisibility.AFTER_VOTE:
            await _regroup(hub, head.id, hub.subscribers_of(topic))


def _followers(hub: Hub, topic: str, user_ids: Iterable[UUID]) -> list[Connection]:
    return [
        connection
        for user_id in user_ids
        for connection in hub.connections_of(user_id)
        if topic in connection.joined
    ]


# When roles change


@event_handler(ProjectAccessChanged)
def regroup_members(hub: Hub, topic: str, event: ProjectAccessChanged) -> None:
    """Checks the sockets of people whose role in a project has changed."""
    _teams_of(hub).access_changes += 1
    for poll in _topics_of(hub, {event.project_id}):
        concerned = _of_accounts(hub, poll, event.user_ids)
        hub.spawn(_regroup(hub, poll_id_of(poll), concerned))


@periodic(1)
async def regroup_all_members(hub: Hub) -> None:
    """Does the same for changes whose event was lost; one query while a team's poll is watched.

    The revision of a project rises with every change of its members.
    """
    teams = _teams_of(hub)
    teams.projects = {
        topic: project_id for topic, project_id in teams.projects.items() if topic in hub.topics
    }
    if not teams.projects:
        teams.revisions = {}
        return
    revisions = await in_database(read_revisions, set(teams.projects.values()))
    changed = {each for each in revisions if revisions[each] != teams.revisions.get(each)}
    if changed:
        teams.access_changes += 1
        for topic in _topics_of(hub, changed):
            await _regroup(hub, poll_id_of(topic), _of_accounts(hub, topic))
    teams.revisions = revisions


def _topics_of(hub: Hub, project_ids: Collection[UUID]) -> list[str]:
    projects = _teams_of(hub).projects
    return [topic for topic, project_id in projects.items() if project_id in project_ids]


def _of_accounts(
    hub: Hub, topic: str, user_ids: Collection[UUID] | None = None
) -> list[Connection]:
    """Returns the subscribers that can be members: guests and visitors cannot."""
    return [
        connection
        for connection in hub.subscribers_of(topic)
        if connection.actor.id is not None
        and not connection.actor.is_guest
        and (user_ids is None or connection.actor.id in user_ids)
    ]


async def _regroup(hub: Hub, poll_id: UUID, connections: list[Connection]) -> None:
    """Subscribes each connection to the tally, or unsubscribes it, as the user may see it.

    Those who may not see the poll any more are unsubscribed from it as if it were deleted.
    """
    if not connections:
        return
    topic, tally = poll_topic(poll_id), tally_topic(poll_id)
    snapshots = await in_database(get_snapshots_for, {each.actor for each in connections}, poll_id)
    # Snapshots differ only in what the actor may see.
    if (any_of_them := next(iter(snapshots.values()), None)) is not None:
        note_project(hub, topic, any_of_them.project_id)
        hub.deliver(tally, tally_in(any_of_them))
    for connection in connections:
        if topic not in connection.joined:
            continue  # gone in the meantime
        saw = tally in connection.joined[topic]
        own = snapshots.get(connection.actor)
        if own is None:
            _exclude(hub, topic, connection)
        elif not own.shows_results:
            hub.join(connection, topic, (topic,))
        else:
            hub.join(connection, topic, (topic, tally))
            if not saw:
                connection.push_event(tally, hub.newest(tally, VoteUpdate.name) or tally_in(own))


def _exclude(hub: Hub, topic: str, connection: Connection) -> None:
    """Unsubscribes one client; the revision is above the one that it has."""
    newest = hub.newest(topic, PollUpdate.name)
    revision = 1 if newest is None else newest.order + 1
    connection.push_event(topic, gone_update(poll_id_of(topic), revision))
    hub.leave(connection, topic)


def _teams_of(hub: Hub) -> _Teams:
    return _teams.setdefault(hub, _Teams())

"""Polls over sockets: joining, leaving, reloading. ``polls.watchers`` decides who sees what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from apikit.wire import Id, Wire, encode
from polls import host_live, watchers  # noqa: F401 - the first registers itself
from polls.cells import read_tally
from polls.deadlines import apply_deadlines
from polls.errors import PollNotFoundError
from polls.events import (
    POLL_UPDATE_PROTOCOL,
    PollUpdate,
    PollUpdateFrame,
    UserJoinedPoll,
    UserLeftPoll,
    VoteUpdate,
    gone_update,
    update_of,
)
from polls.examples import POLL_HEAD, POLL_ID, RESULTS
from polls.kinds.ranking import RankingTally
from polls.models import Poll
from polls.rounds import remember_rounds
from polls.selectors import whole_polls
from polls.snapshots import PollSnapshot, get_snapshots_for
from polls.tally import PollResults, hidden_results, results_of, version_of
from polls.topics import POLL_PREFIX, TALLY_PREFIX, poll_id_of, poll_topic, tally_topic
from polls.wire import PollHead, head_poll
from realtime import (
    Hub,
    command,
    endpoint,
    event_handler,
    periodic,
    presence_event,
    reloader,
)
from realtime.connection import Connection
from realtime.database import in_database
from realtime.errors import TooManyTopicsError
from realtime.events import StateEvent
from realtime.frames import Frame
from workspaces.live_people import PollPlace, find_poll

# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReference(Wire):
    """Names a poll."""

    poll_id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedPoll(Wire):
    """The results of the poll, and the number of people who watch it.

    ``head`` and ``revision`` are those of ``poll-update``: they show a client that reconnects what
    it has missed, for instance that the poll was closed.
    """

    poll: PollResults
    user_count: int
    revision: int
    head: PollHead


@command(
    "join-poll",
    refusals=[PollNotFoundError, TooManyTopicsError],
    example={"pollId": POLL_ID},
    reply_example={"poll": RESULTS, "userCount": 1, "revision": 2, "head": POLL_HEAD},
    bare_field="pollId",
    reply_event="poll-data",
)
async def join_poll(hub: Hub, connection: Connection, body: PollReference) -> JoinedPoll:
    """Subscribes to a poll: replies with its state, then sends its events.

    The numbers are null while the results are hidden from you; when that ends, they are sent.
    """
    return await _join(hub, connection, body.poll_id)


@command("leave-poll", example={"pollId": POLL_ID}, bare_field="pollId")
async def leave_poll(hub: Hub, connection: Connection, body: PollReference) -> None:
    """Unsubscribes from a poll; it is not an error if you are not subscribed."""
    hub.leave(connection, poll_topic(body.poll_id))


@endpoint("/ws/{pollId}", POLL_UPDATE_PROTOCOL, refusals=[PollNotFoundError])
async def open_poll_endpoint(hub: Hub, connection: Connection, poll_id: str) -> None:
    """A legacy endpoint for one poll: joins it at once and sends a snapshot first.

    If the poll does not exist or you cannot see it, an error follows, then a close with 4504.
    """
    try:
        joined = await _join(hub, connection, UUID(poll_id))
    except ValueError:
        raise PollNotFoundError from None
    connection.push(Frame(encode(PollUpdateFrame(poll=joined.poll).body())))


async def _join(hub: Hub, connection: Connection, poll_id: UUID) -> JoinedPoll:
    topic, tally = poll_topic(poll_id), tally_topic(poll_id)
    async with hub.receiving(topic, tally):
        changes = watchers.count_access_changes(hub)
        snapshot = await _read_snapshot(hub, connection.actor, poll_id)
        if _is_outdated(hub, topic, snapshot) or changes != watchers.count_access_changes(hub):
            snapshot = await _read_snapshot(hub, connection.actor, poll_id)
        _publish_newer(hub, topic, snapshot)
        newest = cast(PollUpdate, hub.newest(topic, PollUpdate.name))
        if newest.poll is None:
            raise PollNotFoundError
        hub.join(connection, topic, (topic, tally) if snapshot.shows_results else (topic,))
        watchers.note_project(hub, topic, snapshot.project_id)
        return JoinedPoll(
            poll=_newest_results(hub, tally, snapshot),
            user_count=hub.presence.count(topic),
            revision=newest.revision,
            head=newest.poll,
        )


async def _read_snapshot(hub: Hub, actor: Actor, poll_id: UUID) -> PollSnapshot:
    """Reads the snapshot of a poll; concurrent joins share one read."""

    def read(actors: Collection[Actor]) -> dict[Actor, PollSnapshot]:
        return get_snapshots_for(actors, poll_id)

    topic = poll_topic(poll_id)
    snapshots: dict[Actor, PollSnapshot] = await hub.reads.get(topic, actor, read)
    if actor not in snapshots:
        raise PollNotFoundError
    return snapshots[actor]


def _is_outdated(hub: Hub, topic: str, snapshot: PollSnapshot) -> bool:
    """Whether a poll-update arrived during the read: it may have changed what is visible."""
    newest = hub.newest(topic, PollUpdate.name)
    return newest is not None and newest.order > snapshot.revision


def _publish_newer(hub: Hub, topic: str, snapshot: PollSnapshot) -> None:
    """Publishes the snapshot in this process if it is newer than what watchers have."""
    update = update_of(snapshot.head, snapshot.revision)
    newest = hub.newest(topic, PollUpdate.name)
    if newest is None:
        hub.deliver(topic, update)
    elif newest.order < update.order:
        hub.receive(topic, update)
    hub.deliver(tally_topic(snapshot.head.id), watchers.tally_in(snapshot))


def _newest_results(hub: Hub, tally: str, snapshot: PollSnapshot) -> PollResults:
    if not snapshot.shows_results:
        return hidden_results(snapshot.tally)
    newest = cast(VoteUpdate, hub.newest(tally, VoteUpdate.name))
    return results_of(newest.poll, newest.version)


@find_poll.register
def find_poll_of_team(poll_id: UUID) -> PollPlace | None:
    """Returns where a poll is, for members who say that they are there; one query."""
    rows = Poll.objects.filter(id=poll_id).values_list("project_id", "workspace_id", "question")
    row = rows.first()
    return None if row is None else PollPlace(*row)


# Reloading and periodic tasks


@reloader(POLL_PREFIX, PollUpdate)
def reload_polls(known: Mapping[str, int]) -> list[tuple[str, StateEvent]]:
    """Reads changes of subscribed polls, in case their events were lost."""
    revisions = {
        poll_topic(poll_id): (revision, hidden_at)
        for poll_id, revision, hidden_at in Poll.objects.filter(
            id__in=[poll_id_of(topic) for topic in known]
        ).values_list("id", "revision", "hidden_at")
    }
    newer: list[tuple[str, StateEvent]] = []
    changed = []
    for topic, order in known.items():
        revision, hidden_at = revisions.get(topic, (order + 1, True))
        if revision <= order:
            continue
        if hidden_at:
            newer.append((topic, gone_update(poll_id_of(topic), revision)))
        else:
            changed.append(poll_id_of(topic))
    now = timezone.now()
    newer.extend(
        (poll_topic(poll.id), update_of(head_poll(poll, now), poll.revision))
        for poll in (whole_polls().filter(id__in=changed) if changed else ())
    )
    return newer


@reloader(TALLY_PREFIX, VoteUpdate)
def reload_tallies(known: Mapping[str, int]) -> list[tuple[str, StateEvent]]:
    """Reads tallies that are newer than what subscribers have, in case events were lost."""
    versions = Poll.objects.filter(id__in=[poll_id_of(topic) for topic in known])
    stale = [
        poll_id
        for poll_id, version in versions.values_list("id", "version")
        if version > known[tally_topic(poll_id)]
    ]
    if not stale:
        return []
    tallies = [
        (poll, read_tally(poll, poll.options.all())) for poll in whole_polls().filter(id__in=stale)
    ]
    return [
        (tally_topic(poll.id), VoteUpdate(version=version_of(poll, tally), poll=tally))
        for poll, tally in tallies
    ]


@event_handler(VoteUpdate)
def remember_counted_rounds(hub: Hub, topic: str, event: VoteUpdate) -> None:
    """Keeps the rounds that another process has counted."""
    tally = event.poll.tally
    if isinstance(tally, RankingTally) and tally.runoff is not None:
        remember_rounds(event.poll.id, event.version, tally.runoff)


@presence_event(POLL_PREFIX)
def count_watchers(topic: str, before: int, now: int, sequence: int) -> StateEvent:
    event_class = UserJoinedPoll if now > before else UserLeftPoll
    return event_class(poll_id=poll_id_of(topic), user_count=now, sequence=sequence)


@periodic(1)
async def apply_poll_deadlines(hub: Hub) -> None:
    await in_database(apply_deadlines)

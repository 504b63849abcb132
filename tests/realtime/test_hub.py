"""The hub: delivery to the sockets of every process, and convergence after lost events.

A second hub on the same loop stands for another process. The two communicate only through the
channel layer, which is Redis in the services half of the tests.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from accounts.models import User
from apikit.actors import visitor
from apikit.registries import Hook
from polls import services
from polls.events import VoteUpdate
from polls.models import Poll, ResultsVisibility
from polls.snapshots import get_snapshots_for
from polls.topics import tally_topic
from realtime import bridge
from realtime.bridge import ChannelLayerBridge
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.database import in_database
from realtime.events import MAIN_PROTOCOL, Event
from realtime.handlers import EVENT_HANDLERS
from realtime.hub import Hub
from realtime.running import running_hub, start_hub
from realtime.transport import Transport
from tests.conftest import CommitGate, MakePoll, actor_of, option_ids, vote
from tests.realtime.conftest import Connect, eventually
from tests.sockets import PATIENCE_S, SocketClient

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def elsewhere(hub: Hub) -> AsyncIterator[Hub]:
    """The hub of another process."""
    other = Hub()
    start_hub(other)
    yield other
    await other.stop()


async def update_for(poll: Poll, user: User) -> VoteUpdate:
    """The tally of a poll, as another process would publish it."""
    actor = actor_of(user)
    snapshot = (await in_database(get_snapshots_for, [actor], poll.id))[actor]
    return VoteUpdate(version=snapshot.version, poll=snapshot.tally)


def lose_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drops all events of votes and changes from now on."""
    for module in ("votes.writer", "votes.services", "polls.publishing"):
        monkeypatch.setattr(f"{module}.publish", lambda _topic, _event: None)


# Between processes


async def test_an_event_of_another_process_reaches_local_watchers(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    update = await update_for(poll, alice)
    newer = VoteUpdate(version=5, poll=update.poll)
    elsewhere.publish(tally_topic(poll.id), newer)
    assert (await client.event("vote-update"))["version"] == 5


async def test_an_older_state_is_not_written(
    alice: User, make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally = (await update_for(poll, alice)).poll
    for version in (3, 2, 3, 4, 1):
        hub.deliver(tally_topic(poll.id), VoteUpdate(version=version, poll=tally))
        await hub.until_written(tally_topic(poll.id))
    assert (await client.names_seen()).count("vote-update") == 2
    assert [frame["version"] for frame in client.seen if "version" in frame] == [3, 4]


async def test_watchers_of_all_processes_are_counted(
    make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    here, there = await connect(), await connect()
    await here.join(poll.id)
    # Subscribes the second client's socket in the other process.
    [connection] = [each for each in running_hub().connections if not each.joined]
    elsewhere.join(connection, topic, (topic,))
    assert (await here.event("user-joined-poll", userCount=2))["userCount"] == 2
    await eventually(lambda: elsewhere.presence.count(topic) == 2)
    elsewhere.leave(connection, topic)
    assert (await here.event("user-left-poll"))["userCount"] == 1
    await there.call("ping")


async def test_a_new_process_learns_the_people_of_the_others(
    make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    for _ in range(3):
        await (await connect()).join(poll.id)
    transport = Transport(no_text, no_close, lambda: None)
    own = Connection(elsewhere.backlog, transport, visitor(), MAIN_PROTOCOL)
    async with elsewhere.receiving(topic):
        elsewhere.subscribe(own, topic)
        await eventually(lambda: elsewhere.presence.count(topic) == 4)
        elsewhere.unsubscribe(own, topic)


async def test_a_process_that_stops_takes_its_people_with_it(
    make_poll: MakePoll, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.presence.processes.DEAD_AFTER_S", 1000.0)
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    client = await connect()
    await client.join(poll.id)
    other = Hub()
    start_hub(other)
    transport = Transport(no_text, no_close, lambda: None)
    other.join(Connection(other.backlog, transport, visitor(), MAIN_PROTOCOL), topic, (topic,))
    await client.event("user-joined-poll", userCount=2)
    # Both hubs share one layer here, which closing would flush.
    monkeypatch.setattr(other.bridge, "close", lambda: asyncio.sleep(0))
    await other.stop()
    await client.event("user-left-poll", userCount=1)


async def test_a_process_that_falls_silent_is_dropped(
    make_poll: MakePoll,
    connect: Connect,
    hub: Hub,
    elsewhere: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    client = await connect()
    await client.join(poll.id)
    transport = Transport(no_text, no_close, lambda: None)
    own = Connection(elsewhere.backlog, transport, visitor(), MAIN_PROTOCOL)
    elsewhere.join(own, topic, (topic,))
    await client.event("user-joined-poll", userCount=2)
    monkeypatch.setattr(elsewhere.bridge, "send", lambda _topic, _event: None)
    # The time since its last beat.
    hub.presence._processes._known[elsewhere.id].last_received_s -= 11.0
    await client.event("user-left-poll", userCount=1)
    monkeypatch.undo()
    # It is alive after all.
    await client.event("user-joined-poll", userCount=2)
    elsewhere.leave(own, topic)


async def no_text(_text: str) -> None: ...


async def no_close(_code: CloseCode) -> None: ...


async def test_a_person_with_several_sockets_is_one_watcher(
    bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    """So is a browser with several tabs, signed in or not."""
    poll = await in_database(make_poll)
    cookie = [(b"cookie", b"tallyroom_csrf=abc")]
    first = await connect(bob)
    assert (await first.join(poll.id))["userCount"] == 1
    assert (await (await connect(bob)).join(poll.id))["userCount"] == 1
    assert (await (await connect(charlie)).join(poll.id))["userCount"] == 2
    for _ in range(2):
        assert (await (await connect(headers=cookie)).join(poll.id))["userCount"] == 3
    assert (await (await connect()).join(poll.id))["userCount"] == 4
    assert (await first.event("user-joined-poll", userCount=4))["userCount"] == 4


# Convergence


async def test_a_tally_is_reloaded_after_its_event_was_lost(
    bob: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_events(monkeypatch)
    poll = await in_database(make_poll)
    client, legacy = await connect(), await connect(path=f"/ws/{poll.id}")
    await client.join(poll.id)
    await legacy.event("poll_update")
    await in_database(vote, bob, poll, 0)
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 1
    assert (await legacy.event("poll_update"))["poll"]["total_votes"] == 1


async def test_a_change_is_reloaded_after_its_event_was_lost(
    alice: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_events(monkeypatch)
    poll = await in_database(make_poll, results_visibility=ResultsVisibility.AFTER_CLOSE)
    client = await connect()
    await client.join(poll.id)
    await in_database(services.close_poll, actor=actor_of(alice), poll_id=poll.id)
    assert (await client.event("poll-update"))["change"] == "closed"
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 0


@pytest.mark.parametrize("ending", ["delete", "hide"])
async def test_a_removed_poll_is_noticed_after_its_event_was_lost(
    alice: User,
    staff: User,
    make_poll: MakePoll,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    lose_events(monkeypatch)
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    if ending == "delete":
        await in_database(services.delete_poll, actor=actor_of(alice), poll_id=poll.id)
    else:
        await in_database(services.hide_poll, actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert (await client.event("poll-update"))["change"] == "deleted"


async def test_a_deadline_is_published_when_it_passes(
    make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll, opens_at=timezone.now() + timedelta(hours=1))
    client = await connect()
    await client.join(poll.id)
    past = timezone.now() - timedelta(seconds=1)
    await in_database(Poll.objects.filter(id=poll.id).update, opens_at=past)
    opened = await client.event("poll-update", change="opened")
    await in_database(Poll.objects.filter(id=poll.id).update, closes_at=timezone.now())
    closed = await client.event("poll-update", change="closed")
    assert (opened["poll"]["state"], closed["poll"]["state"]) == ("open", "closed")


async def test_only_the_newest_tally_is_repeated(
    make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await client.event("user-joined-poll")
    # The hub also knows states that are not repeated.
    assert hub.newest(f"poll.{poll.id}", "poll-update") is not None
    hub.repeat()
    for topic in list(hub.topics):
        await hub.until_written(topic)
    assert await client.names_seen() == ["vote-update"]
    assert client.seen[0]["version"] == 0


async def test_a_join_during_a_vote_misses_nothing(
    bob: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vote commits after the snapshot is read and before the socket is subscribed."""
    poll = await in_database(make_poll)

    def read_then_vote(*args: Any) -> Any:
        snapshots = get_snapshots_for(*args)
        vote(bob, poll, 0)
        return snapshots

    monkeypatch.setattr("polls.live.get_snapshots_for", read_then_vote)
    client = await connect()
    reply = await client.join(poll.id)
    if reply["poll"]["version"] == 0:
        reply = {"poll": (await client.event("vote-update"))["poll"]}
    assert reply["poll"]["totalVotes"] == 1


# Channel layer outages


class UnavailableLayer:
    """A channel layer whose server does not answer until ``is_up`` is set."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.is_up = False

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any) -> Any:
            if not self.is_up and name != "receive":
                raise RedisConnectionError
            return await getattr(self.layer, name)(*args)

        return call


@pytest.fixture
def unavailable_layer(monkeypatch: pytest.MonkeyPatch) -> UnavailableLayer:
    layer = UnavailableLayer(bridge.get_layer())
    monkeypatch.setattr(bridge, "get_layer", lambda: layer)
    return layer


async def test_local_delivery_works_without_the_layer(
    unavailable_layer: UnavailableLayer, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await in_database(vote, bob, poll, 0)
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 1


async def test_queued_events_are_sent_when_the_layer_is_back(
    unavailable_layer: UnavailableLayer, alice: User, make_poll: MakePoll, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    tally = (await update_for(poll, alice)).poll
    topic = tally_topic(poll.id)
    received: list[Event] = []
    other = ChannelLayerBridge("another process", lambda _, event: received.append(event))
    other._layer = unavailable_layer.layer
    tasks = [asyncio.create_task(task()) for task in other.background_tasks()]
    other.subscribe(topic)
    await eventually(lambda: topic in other._joined)
    for version in range(1, 50):
        hub.publish(topic, VoteUpdate(version=version, poll=tally))
    await eventually(lambda: not hub.bridge._is_up)
    unavailable_layer.is_up = True
    await eventually(lambda: bool(received))
    # Only the newest state is sent.
    assert received == [VoteUpdate(version=49, poll=tally)]
    for task in tasks:
        task.cancel()


async def test_a_failing_event_handler_does_not_stop_delivery(
    alice: User,
    make_poll: MakePoll,
    connect: Connect,
    hub: Hub,
    elsewhere: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From any process: the event is delivered, and the other handlers run."""
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally = (await update_for(poll, alice)).poll
    reached: list[int] = []

    def fail(_hub: Hub, _topic: str, _event: VoteUpdate) -> None:
        raise ZeroDivisionError

    def record(_hub: Hub, _topic: str, event: VoteUpdate) -> None:
        reached.append(event.version)

    handlers: Hook[[Hub, str, Any], None] = Hook()
    handlers.register(fail)
    handlers.register(record)
    monkeypatch.setitem(EVENT_HANDLERS, VoteUpdate, handlers)
    with capture_logs() as logs:
        hub.publish(tally_topic(poll.id), VoteUpdate(version=1, poll=tally))
        assert (await client.event("vote-update"))["version"] == 1
        elsewhere.bridge.send(tally_topic(poll.id), VoteUpdate(version=2, poll=tally))
        assert (await client.event("vote-update"))["version"] == 2
    assert reached == [1, 2]
    assert [each["event"] for each in logs] == ["event handler failed"] * 2


async def test_an_event_that_cannot_be_encoded_is_logged_and_skipped(
    alice: User, make_poll: MakePoll, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally, topic = (await update_for(poll, alice)).poll, tally_topic(poll.id)
    body = VoteUpdate.body

    def break_down(self: VoteUpdate, protocol: str) -> Any:
        if self.version == 1:
            raise ZeroDivisionError
        return body(self, protocol)

    monkeypatch.setattr(VoteUpdate, "body", break_down)
    with capture_logs() as logs:
        for version in (1, 2):
            hub.deliver(topic, VoteUpdate(version=version, poll=tally))
            await hub.until_written(topic)
    assert (await client.event("vote-update"))["version"] == 2
    [logged] = logs
    assert (logged["event"], logged["event_name"]) == ("event not encoded", "vote-update")
    assert logged["exc_info"]


# Shutdown


async def test_draining_finishes_commands_and_asks_clients_to_reconnect(
    bob: User, make_poll: MakePoll, connect: Connect, hub: Hub, commit_gate: CommitGate
) -> None:
    poll = await in_database(make_poll)
    client = await connect(bob)
    await client.join(poll.id)
    option_id = (await in_database(option_ids, poll))[0]
    voting = asyncio.create_task(client.call("cast-vote", pollId=poll.id, pollOptionId=option_id))
    await eventually(commit_gate.arrived.is_set)
    draining = asyncio.create_task(hub.drain(PATIENCE_S))
    await eventually(lambda: hub.is_draining)
    commit_gate.may_pass.set()
    assert (await voting)["status"] == "ok"
    assert await client.closed_with() == 4000
    await client.close()
    await draining
    assert not hub.connections


async def test_a_draining_process_refuses_new_sockets(connect: Connect, hub: Hub) -> None:
    await hub.drain(PATIENCE_S)
    assert await (await connect()).closed_with() == CloseCode.RESTARTING


async def test_draining_has_a_timeout(hub: Hub, connect: Connect, settings: Settings) -> None:
    client: SocketClient = await connect()
    [connection] = hub.connections
    connection.is_busy = True
    await hub.drain(0.05)
    assert hub.connections
    await client.close()


async def test_a_topic_without_subscribers_is_dropped(
    make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    assert set(hub.topics) == {"site", f"poll.{poll.id}", f"tally.{poll.id}"}
    await client.close()
    await eventually(lambda: set(hub.topics) == {"site"})
    await eventually(lambda: hub.bridge._joined == {"site"})

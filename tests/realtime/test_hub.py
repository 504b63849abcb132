"""The hub: what reaches the sockets of every process, and what finds it out when news gets lost.

A second hub on the same loop stands for another process: the two know of each other only through
the channel layer, which is Redis in the services half of the tests.
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
from polls import services
from polls.events import VoteUpdate
from polls.models import Poll, ResultsVisibility
from polls.selectors import get_snapshots_for
from polls.topics import tally_topic
from realtime import link
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.database import in_database
from realtime.events import MAIN_DIALECT, Event
from realtime.hub import Hub, running_hub
from realtime.link import Link
from realtime.registry import REACTIONS
from realtime.transport import Transport
from tests.conftest import CommitGate, MakePoll, actor_of, option_ids, vote
from tests.realtime.conftest import Connect, eventually
from tests.sockets import PATIENCE_S, SocketClient

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def elsewhere(hub: Hub) -> AsyncIterator[Hub]:
    """The hub of another process."""
    other = Hub()
    other.start()
    yield other
    await other.stop()


async def update_for(poll: Poll, user: User) -> VoteUpdate:
    """How the poll stands, as another process would tell."""
    actor = actor_of(user)
    snapshot = (await in_database(get_snapshots_for, [actor], poll.id))[actor]
    return VoteUpdate(version=snapshot.version, poll=snapshot.tally)


def lose_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, nobody is told of votes and changes."""
    for module in ("votes.writer", "votes.services", "polls.announcements"):
        monkeypatch.setattr(f"{module}.publish", lambda _topic, _event: None)


# Between processes


async def test_news_of_another_process_reaches_who_watches_here(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    update = await update_for(poll, alice)
    newer = VoteUpdate(version=5, poll=update.poll)
    elsewhere.announce(tally_topic(poll.id), newer)
    assert (await client.event("vote-update"))["version"] == 5


async def test_older_news_is_not_written(
    alice: User, make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally = (await update_for(poll, alice)).poll
    for version in (3, 2, 3, 4, 1):
        hub.deliver(tally_topic(poll.id), VoteUpdate(version=version, poll=tally))
        await hub.written(tally_topic(poll.id))
    assert (await client.names_seen()).count("vote-update") == 2
    assert [frame["version"] for frame in client.seen if "version" in frame] == [3, 4]


async def test_watchers_of_all_processes_are_counted(
    make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    here, there = await connect(), await connect()
    await here.join(poll.id)
    # Moves the second client's socket into the other process.
    [connection] = [each for each in running_hub().connections if not each.joined]
    connection.hub = elsewhere
    connection.join(topic, (topic,))
    assert (await here.event("user-joined-poll", userCount=2))["userCount"] == 2
    await eventually(lambda: elsewhere.watchers.count(topic) == 2)
    connection.leave(topic)
    assert (await here.event("user-left-poll"))["userCount"] == 1
    connection.hub = running_hub()
    await there.call("ping")


async def test_a_process_that_comes_later_learns_who_watches_elsewhere(
    make_poll: MakePoll, connect: Connect, elsewhere: Hub
) -> None:
    poll = await in_database(make_poll)
    topic = f"poll.{poll.id}"
    for _ in range(3):
        await (await connect()).join(poll.id)
    own = Connection(elsewhere, Transport(no_text, no_close, lambda: None), visitor(), MAIN_DIALECT)
    async with elsewhere.listening(topic):
        elsewhere.subscribe(own, topic)
        await eventually(lambda: elsewhere.watchers.count(topic) == 4)
        elsewhere.unsubscribe(own, topic)


async def no_text(_text: str) -> None: ...


async def no_close(_code: CloseCode) -> None: ...


async def test_a_person_with_several_sockets_is_one_watcher(
    bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    """As is a browser whose pages are open in several tabs, signed in or not."""
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


# What gets lost is found again


async def test_a_tally_is_read_again_though_the_news_of_it_got_lost(
    bob: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_news(monkeypatch)
    poll = await in_database(make_poll)
    client, older = await connect(), await connect(path=f"/ws/{poll.id}")
    await client.join(poll.id)
    await older.event("poll_update")
    await in_database(vote, bob, poll, 0)
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 1
    assert (await older.event("poll_update"))["poll"]["total_votes"] == 1


async def test_a_change_is_read_again_though_the_news_of_it_got_lost(
    alice: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_news(monkeypatch)
    poll = await in_database(make_poll, results_visibility=ResultsVisibility.AFTER_CLOSE)
    client = await connect()
    await client.join(poll.id)
    await in_database(services.close_poll, actor=actor_of(alice), poll_id=poll.id)
    assert (await client.event("poll-update"))["change"] == "closed"
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 0


@pytest.mark.parametrize("ending", ["delete", "hide"])
async def test_an_ending_is_found_out_though_the_news_of_it_got_lost(
    alice: User,
    staff: User,
    make_poll: MakePoll,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    lose_news(monkeypatch)
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    if ending == "delete":
        await in_database(services.delete_poll, actor=actor_of(alice), poll_id=poll.id)
    else:
        await in_database(services.hide_poll, actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert (await client.event("poll-update"))["change"] == "deleted"


async def test_a_deadline_is_announced_when_it_passes(
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


async def test_the_newest_tally_is_repeated_and_nothing_else(
    make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await client.event("user-joined-poll")
    # States that are not repeated are known as well.
    assert hub.newest(f"poll.{poll.id}", "poll-update") is not None
    hub.repeat()
    for topic in list(hub.topics):
        await hub.written(topic)
    assert await client.names_seen() == ["vote-update"]
    assert client.seen[0]["version"] == 0


async def test_joining_at_the_moment_of_a_vote_misses_nothing(
    bob: User, make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vote is committed after the snapshot was read and before the socket follows."""
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


# The channel layer goes away


class DeafLayer:
    """A channel layer whose server does not answer, until it does."""

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
def deaf_layer(monkeypatch: pytest.MonkeyPatch) -> DeafLayer:
    layer = DeafLayer(link.get_layer())
    monkeypatch.setattr(link, "get_layer", lambda: layer)
    return layer


async def test_without_the_layer_everything_goes_on_in_each_process(
    deaf_layer: DeafLayer, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await in_database(vote, bob, poll, 0)
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 1


async def test_what_waited_for_the_layer_is_sent_when_it_is_back(
    deaf_layer: DeafLayer, alice: User, make_poll: MakePoll, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    tally = (await update_for(poll, alice)).poll
    topic = tally_topic(poll.id)
    heard: list[Event] = []
    other = Link("another process", lambda _, event: heard.append(event))
    other._layer = deaf_layer.layer
    tasks = [asyncio.create_task(work()) for work in other.works()]
    other.listen(topic)
    await eventually(lambda: topic in other._joined)
    for version in range(1, 50):
        hub.announce(topic, VoteUpdate(version=version, poll=tally))
    await eventually(lambda: not hub.link._is_up)
    deaf_layer.is_up = True
    await eventually(lambda: bool(heard))
    # Of states that waited only the newest is worth sending.
    assert heard == [VoteUpdate(version=49, poll=tally)]
    for task in tasks:
        task.cancel()


async def test_a_reaction_that_fails_holds_up_nothing(
    alice: User,
    make_poll: MakePoll,
    connect: Connect,
    hub: Hub,
    elsewhere: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever the event comes from, the event itself is delivered, and other reactions run."""
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally = (await update_for(poll, alice)).poll
    reached: list[int] = []

    def break_down(_hub: Hub, _topic: str, _news: VoteUpdate) -> None:
        raise ZeroDivisionError

    def note(_hub: Hub, _topic: str, news: VoteUpdate) -> None:
        reached.append(news.version)

    monkeypatch.setitem(REACTIONS, VoteUpdate, [break_down, note])
    with capture_logs() as logs:
        hub.announce(tally_topic(poll.id), VoteUpdate(version=1, poll=tally))
        assert (await client.event("vote-update"))["version"] == 1
        elsewhere.link.send(tally_topic(poll.id), VoteUpdate(version=2, poll=tally))
        assert (await client.event("vote-update"))["version"] == 2
    assert reached == [1, 2]
    assert [each["event"] for each in logs] == ["reaction failed"] * 2


async def test_an_event_that_cannot_be_encoded_is_logged_and_holds_up_no_other(
    alice: User, make_poll: MakePoll, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    tally, topic = (await update_for(poll, alice)).poll, tally_topic(poll.id)
    body = VoteUpdate.body

    def break_down(self: VoteUpdate, dialect: str) -> Any:
        if self.version == 1:
            raise ZeroDivisionError
        return body(self, dialect)

    monkeypatch.setattr(VoteUpdate, "body", break_down)
    with capture_logs() as logs:
        for version in (1, 2):
            hub.deliver(topic, VoteUpdate(version=version, poll=tally))
            await hub.written(topic)
    assert (await client.event("vote-update"))["version"] == 2
    [logged] = logs
    assert (logged["event"], logged["event_name"]) == ("event not encoded", "vote-update")
    assert logged["exc_info"]


# The end of a process


async def test_a_stopping_process_finishes_and_asks_to_come_back(
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


async def test_a_stopping_process_takes_no_new_sockets(connect: Connect, hub: Hub) -> None:
    await hub.drain(PATIENCE_S)
    assert await (await connect()).closed_with() == CloseCode.RESTARTING


async def test_a_process_does_not_wait_for_ever_to_stop(
    hub: Hub, connect: Connect, settings: Settings
) -> None:
    client: SocketClient = await connect()
    [connection] = hub.connections
    connection.is_busy = True
    await hub.drain(0.05)
    assert hub.connections
    await client.close()


async def test_a_topic_nobody_follows_is_let_go(
    make_poll: MakePoll, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    assert set(hub.topics) == {"site", f"poll.{poll.id}", f"tally.{poll.id}"}
    await client.close()
    await eventually(lambda: set(hub.topics) == {"site"})
    await eventually(lambda: hub.link._joined == {"site"})

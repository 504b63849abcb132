"""A snapshot plus the events after it equals a fresh snapshot, whatever happened in between.

Clients rely on this: they join once, and then only apply events.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import User
from accounts.services import suspend_user
from polls import events, services
from polls.editing import OptionEdit, update_poll
from polls.models import Option, Poll, ResultsVisibility
from realtime.database import in_database
from realtime.events import LogEvent, StateEvent
from tests.conftest import MakePoll, actor_of, vote
from tests.realtime.conftest import Connect
from tests.sockets import Frame, SocketClient
from votes.recount import repair_tally
from votes.services import retract_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


class ShownPoll:
    """A client's state of a poll: the snapshot from ``join-poll`` plus the events since."""

    def __init__(self, reply: Frame) -> None:
        self.state = {key: reply[key] for key in ("poll", "head", "revision", "userCount")}
        self.applied: list[tuple[str, str | None]] = []

    def apply(self, frame: Frame) -> None:
        """Applies an event as documented: one that is not newer is ignored."""
        self.applied.append((frame["type"], frame.get("change")))
        match frame["type"]:
            case "vote-update":
                if frame["version"] > (self.state["poll"]["version"] or -1):
                    self.state["poll"] = frame["poll"] | {"version": frame["version"]}
            case "poll-update":
                if frame["revision"] > self.state["revision"]:
                    self.state["revision"] = frame["revision"]
                    self.state["head"] = frame["poll"]
            case "user-joined-poll" | "user-left-poll":
                self.state["userCount"] = frame["userCount"]


@dataclass
class Watcher:
    client: SocketClient
    shown: ShownPoll

    async def agrees_with(self, snapshot: dict[str, Any]) -> bool:
        """Applies received and following events; returns whether they end on ``snapshot``."""
        while self.shown.state != snapshot:
            try:
                self.shown.apply(await self._next())
            except TimeoutError:
                assert self.shown.state == snapshot
        await self.client.call("ping")
        while self.client.seen:
            self.shown.apply(self.client.seen.pop(0))
        return self.shown.state == snapshot

    async def _next(self) -> Frame:
        return self.client.seen.pop(0) if self.client.seen else await self.client.receive()


@dataclass(frozen=True)
class Cast:
    """The users and the poll."""

    alice: User
    bob: User
    charlie: User
    staff: User
    poll: Poll


@pytest.fixture
async def cast(alice: User, bob: User, charlie: User, staff: User, make_poll: MakePoll) -> Cast:
    poll = await in_database(make_poll, allow_change=True)
    return Cast(alice, bob, charlie, staff, poll)


def edit_options(cast: Cast) -> None:
    kept = Option.objects.get(poll=cast.poll, position=2)
    edits = [OptionEdit("Cocoa"), OptionEdit(kept.text, kept.id)]
    update_poll(actor=actor_of(cast.alice), poll_id=cast.poll.id, changes={"options": edits})


def edit_question(cast: Cast) -> None:
    changes = {"question": "What shall it be?"}
    update_poll(actor=actor_of(cast.alice), poll_id=cast.poll.id, changes=changes)


def miscount(cast: Cast) -> None:
    Option.objects.filter(poll=cast.poll, position=1).update(vote_count=7)
    repair_tally(cast.poll.id)


def suspend(cast: Cast) -> None:
    actor = actor_of(cast.staff)
    suspend_user(actor=actor, user_id=cast.charlie.id, reason="-", withdraws_contributions=True)


# Actions on a poll with the event that each causes, in an order in which all are possible.
ACTIONS: list[tuple[str, tuple[str, str | None], Callable[[Cast], Any]]] = [
    ("options are edited", ("vote-update", None), edit_options),
    ("somebody votes", ("vote-update", None), lambda cast: vote(cast.bob, cast.poll, 0)),
    ("another votes", ("vote-update", None), lambda cast: vote(cast.charlie, cast.poll, 1)),
    ("a vote is changed", ("vote-update", None), lambda cast: vote(cast.bob, cast.poll, 1)),
    ("the question is edited", ("poll-update", "edited"), edit_question),
    ("a tally is repaired", ("vote-update", None), miscount),
    (
        "a vote is taken back",
        ("vote-update", None),
        lambda cast: retract_vote(actor=actor_of(cast.bob), poll_id=cast.poll.id),
    ),
    (
        "it is closed",
        ("poll-update", "closed"),
        lambda cast: services.close_poll(actor=actor_of(cast.alice), poll_id=cast.poll.id),
    ),
    ("votes are withdrawn", ("vote-update", None), suspend),
    (
        "it is reopened",
        ("poll-update", "opened"),
        lambda cast: services.reopen_poll(actor=actor_of(cast.alice), poll_id=cast.poll.id),
    ),
]


async def watch(client: SocketClient, poll: Poll) -> Watcher:
    return Watcher(client, ShownPoll(await client.join(poll.id)))


async def test_all_watchers_end_on_the_fresh_snapshot(cast: Cast, connect: Connect) -> None:
    """A watcher joins before each action; all are compared with one that joins after it."""
    watchers: list[Watcher] = []
    for name, event, action in ACTIONS:
        watchers.append(await watch(await connect(), cast.poll))
        await in_database(action, cast)
        fresh = await watch(await connect(), cast.poll)
        for watcher in watchers:
            assert await watcher.agrees_with(fresh.shown.state), name
            assert event in watcher.shown.applied
        await fresh.client.close()
    before = dict(watchers[0].shown.state)
    await watchers.pop().client.call("leave-poll", pollId=cast.poll.id)
    assert await watchers[0].agrees_with(before | {"userCount": len(watchers)})
    assert watchers[0].shown.applied[-1] == ("user-left-poll", None)


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(
            lambda cast: services.delete_poll(actor=actor_of(cast.alice), poll_id=cast.poll.id),
            id="deleted",
        ),
        pytest.param(
            lambda cast: services.hide_poll(
                actor=actor_of(cast.staff), poll_id=cast.poll.id, reason="spam"
            ),
            id="hidden",
        ),
    ],
)
async def test_a_removed_poll_is_gone_for_watchers_and_for_new_joins(
    action: Callable[[Cast], Any], cast: Cast, connect: Connect
) -> None:
    watcher = await watch(await connect(), cast.poll)
    await in_database(action, cast)
    refusal = await (await connect()).call("join-poll", pollId=cast.poll.id)
    assert refusal["code"] == "poll.not_found"
    watcher.shown.apply(await watcher.client.event("poll-update", change="deleted"))
    assert watcher.shown.state["head"] is None


async def test_a_new_voter_ends_on_after_vote_results(
    cast: Cast, make_poll: MakePoll, connect: Connect
) -> None:
    visibility = ResultsVisibility.AFTER_VOTE
    poll = await in_database(make_poll, results_visibility=visibility)
    await in_database(vote, cast.charlie, poll, 1)
    watcher = await watch(await connect(cast.bob), poll)
    assert watcher.shown.state["poll"]["version"] is None
    await in_database(vote, cast.bob, poll, 0)
    fresh = await watch(await connect(cast.bob), poll)
    assert fresh.shown.state["poll"]["totalVotes"] == 2
    assert await watcher.agrees_with(fresh.shown.state)


async def test_new_poll_equals_the_snapshot(make_poll: MakePoll, connect: Connect) -> None:
    client = await connect()
    poll = await in_database(make_poll, question="For everybody?")
    view = (await client.event("new-poll"))["poll"]
    fresh = (await watch(await connect(), poll)).shown.state
    as_heads = [
        {key: value for key, value in option.items() if key != "voteCount"}
        for option in view["options"]
    ]
    head = {key: view[key] for key in fresh["head"]} | {"options": as_heads}
    assert head == fresh["head"]
    for key in ("version", "totalVotes"):
        assert view[key] == fresh["poll"][key]


@pytest.fixture
def tested_events() -> set[str]:
    """The events that these tests compare with snapshots."""
    return {event for _, (event, _), _ in ACTIONS} | {
        "user-joined-poll",
        "user-left-poll",
        "new-poll",
    }


def test_all_events_of_polls_are_tested(tested_events: set[str]) -> None:
    described = {
        each.name
        for each in vars(events).values()
        if isinstance(each, type)
        and issubclass(each, StateEvent | LogEvent)
        and "name" in vars(each)
    }
    assert described == tested_events

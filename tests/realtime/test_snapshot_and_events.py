"""A snapshot and the events after it make the next snapshot, whatever happened in between.

That is what a client lives on: it joins once, and from then on knows only what it is told.
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
    """What a client shows of a poll: the snapshot of its ``join-poll``, and what came after."""

    def __init__(self, reply: Frame) -> None:
        self.state = {key: reply[key] for key in ("poll", "head", "revision", "userCount")}
        self.told: list[tuple[str, str | None]] = []

    def apply(self, frame: Frame) -> None:
        """As the documents say: what is not newer than what is shown is ignored."""
        self.told.append((frame["type"], frame.get("change")))
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
        """Whether the events that have come, or still come, lead to ``snapshot`` and stay there."""
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
    """Who does something to what."""

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


# What happens to a poll, and the event that tells of it. In this order all of it is possible.
DEEDS: list[tuple[str, tuple[str, str | None], Callable[[Cast], Any]]] = [
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


async def test_whenever_somebody_joined_they_end_on_what_a_fresh_snapshot_says(
    cast: Cast, connect: Connect
) -> None:
    """One watcher joins before each deed; all of them compare with one who joins after the last."""
    watchers: list[Watcher] = []
    for name, told, deed in DEEDS:
        watchers.append(await watch(await connect(), cast.poll))
        await in_database(deed, cast)
        fresh = await watch(await connect(), cast.poll)
        for watcher in watchers:
            assert await watcher.agrees_with(fresh.shown.state), name
            assert told in watcher.shown.told
        await fresh.client.close()
    before = dict(watchers[0].shown.state)
    await watchers.pop().client.call("leave-poll", pollId=cast.poll.id)
    assert await watchers[0].agrees_with(before | {"userCount": len(watchers)})
    assert watchers[0].shown.told[-1] == ("user-left-poll", None)


@pytest.mark.parametrize(
    "deed",
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
async def test_what_is_gone_is_gone_for_those_who_watch_and_those_who_come(
    deed: Callable[[Cast], Any], cast: Cast, connect: Connect
) -> None:
    watcher = await watch(await connect(), cast.poll)
    await in_database(deed, cast)
    refusal = await (await connect()).call("join-poll", pollId=cast.poll.id)
    assert refusal["code"] == "poll.not_found"
    watcher.shown.apply(await watcher.client.event("poll-update", change="deleted"))
    assert watcher.shown.state["head"] is None


async def test_a_voter_to_whom_voting_shows_the_results_ends_on_them(
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


async def test_a_new_poll_is_told_as_its_snapshot_says(
    make_poll: MakePoll, connect: Connect
) -> None:
    client = await connect()
    poll = await in_database(make_poll, question="For everybody?")
    told = (await client.event("new-poll"))["poll"]
    fresh = (await watch(await connect(), poll)).shown.state
    as_heads = [
        {key: value for key, value in option.items() if key != "voteCount"}
        for option in told["options"]
    ]
    head = {key: told[key] for key in fresh["head"]} | {"options": as_heads}
    assert head == fresh["head"]
    for key in ("version", "totalVotes"):
        assert told[key] == fresh["poll"][key]


@pytest.fixture
def told_of() -> set[str]:
    """The events these tests hold against snapshots."""
    return {told for _, (told, _), _ in DEEDS} | {"user-joined-poll", "user-left-poll", "new-poll"}


def test_no_event_of_polls_is_left_out(told_of: set[str]) -> None:
    described = {
        each.name
        for each in vars(events).values()
        if isinstance(each, type)
        and issubclass(each, StateEvent | LogEvent)
        and "name" in vars(each)
    }
    assert described == told_of

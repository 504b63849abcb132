"""Every frame that is sent matches the AsyncAPI document."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from apikit.registries import Hook
from polling_site.views import socket_document
from polls.editing import update_poll
from polls.errors import OptionsNotTakenError
from polls.models import ParticipantOptions, Poll
from polls.services import close_poll, create_poll, delete_poll
from polls.suggestions import suggest_option
from realtime.commands import COMMANDS
from realtime.database import in_database
from realtime.events import EVENTS, ProcessEvent
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.documents import problems
from tests.polls.hosting import settle
from tests.realtime.conftest import Connect
from tests.sockets import Frame, SocketClient

pytestmark = pytest.mark.django_db(transaction=True)

# Those of rooms and projects are in the tests of these apps.
ELSEWHERE = ("chat.", "workspaces.", "jobs.")
TOLD_EVENTS = {
    name
    for name, event in EVENTS.items()
    if not issubclass(event, ProcessEvent) and not event.__module__.startswith(ELSEWHERE)
}
OTHER_COMMANDS = {
    name
    for name, command in COMMANDS.items()
    if not command.handler.__module__.startswith(ELSEWHERE)
}


# Those of the document; it lists commands that only Socket.IO clients have separately.
DESCRIBED_COMMANDS = [name for name, command in COMMANDS.items() if not command.only_socketio]


def assert_described(frame: Frame, message: str) -> None:
    document = socket_document()
    payload = document["components"]["messages"][message]["payload"]
    assert problems(document, payload, frame) == [], (message, frame)


def bodies_for(poll: Poll) -> dict[str, dict[str, Any]]:
    """Returns a valid body for each command."""
    return {
        "ping": {},
        "set-status": {"status": "busy", "text": "On stage"},
        "join-poll": {"pollId": poll.id},
        "cast-vote": {"pollId": poll.id, "pollOptionId": option_ids(poll)[0]},
        "leave-poll": {"pollId": poll.id},
        "add-option": {"pollId": poll.id, "text": "Milk"},
        "join-hosts": {"pollId": poll.id},
        "leave-hosts": {"pollId": poll.id},
        "decide": {"pollId": poll.id, "action": "remove", "optionId": added_option(poll)},
    }


def added_option(poll: Poll) -> UUID:
    """An option that a participant has added; in polls that let them, that is."""
    author = User.objects.get(email="bob@example.org")
    try:
        return suggest_option(actor=actor_of(author), poll_id=poll.id, text="Water, no ice").id
    except OptionsNotTakenError:
        return poll.id


@pytest.mark.parametrize("visibility", ["always", "owner"])
async def test_the_reply_to_every_command(
    bob: User, make_poll: MakePoll, connect: Connect, visibility: str
) -> None:
    poll = await in_database(
        make_poll,
        actor=actor_of(bob),
        results_visibility=visibility,
        participant_options=ParticipantOptions.OPEN,
    )
    client = await connect(bob)
    bodies = await in_database(bodies_for, poll)
    assert set(bodies) == OTHER_COMMANDS
    for command, body in bodies.items():
        assert_described(await client.call(command, **body), f"reply.{command}")


@pytest.mark.parametrize("command", DESCRIBED_COMMANDS)
async def test_an_error_of_every_command(
    bob: User, make_poll: MakePoll, connect: Connect, command: str
) -> None:
    client = await connect(bob)
    assert_described(await client.call(command, nonsense=1), f"error.{command}")


async def test_an_error_with_the_current_vote(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect(bob)
    body = (await in_database(bodies_for, poll))["cast-vote"]
    await client.call("cast-vote", **body)
    refusal = await client.call("cast-vote", **body)
    assert refusal["code"] == "vote.duplicate"
    assert_described(refusal, "error.cast-vote")


@pytest.mark.parametrize("text", ["nonsense", '{"type": "pong"}'])
async def test_an_error_of_a_frame_that_is_no_command(connect: Connect, text: str) -> None:
    client = await connect()
    await client.send_text(text)
    assert_described(await client.receive(), "error.main")


@pytest.fixture
def all_are_related(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is told about everybody, at once."""

    def read(user_ids: Collection[UUID]) -> dict[UUID, Collection[UUID]]:
        everybody = [*User.objects.values_list("id", flat=True)]
        return dict.fromkeys(user_ids, everybody)

    related: Hook[[Collection[UUID]], Mapping[UUID, Collection[UUID]]] = Hook()
    related.register(read)
    monkeypatch.setattr("realtime.people.related_people", related)
    monkeypatch.setattr("realtime.presence.online.OFFLINE_AFTER_S", 0.0)


async def test_every_event(
    all_are_related: None, alice: User, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll, doomed = await in_database(make_poll), await in_database(make_poll)
    watcher = await connect(bob)
    await watcher.join(poll.id)
    await watcher.join(doomed.id)

    expected = set()

    async def expect(name: str, **fields: Any) -> None:
        expected.add(name)
        assert_described(await watcher.event(name, **fields), f"event.{name}")

    other = await connect()
    await other.join(poll.id)
    await expect("user-joined-poll", userCount=2)
    await other.call("leave-poll", pollId=poll.id)
    await expect("user-left-poll", userCount=1)
    await in_database(vote, bob, poll, 1)
    await expect("vote-update", version=1)
    actor = actor_of(alice)
    await in_database(
        update_poll, actor=actor, poll_id=poll.id, changes={"question": "Tea, or coffee?"}
    )
    await expect("poll-update", change="edited")
    await in_database(close_poll, actor=actor, poll_id=poll.id)
    await expect("poll-update", change="closed")
    await in_database(delete_poll, actor=actor, poll_id=doomed.id)
    await expect("poll-update", change="deleted")
    await in_database(
        create_poll, actor=actor, question="Why?", options=["A", "B"], is_published=True
    )
    await expect("new-poll")
    asking = await in_database(make_poll, participant_options=ParticipantOptions.APPROVAL)
    await watcher.join(asking.id)
    waiting = await in_database(suggest_option, actor=actor_of(bob), poll_id=asking.id, text="Mate")
    await in_database(settle, alice, asking, "approve", suggestion_id=waiting.id)
    await expect("suggestion-decided", pollId=str(asking.id))
    own = await in_database(make_poll, actor=actor_of(bob))
    await watcher.call("join-hosts", pollId=own.id)
    await expect("hosts-update", pollId=str(own.id))
    await in_database(Poll.objects.filter(id=own.id).update, creator=alice)
    await expect("hosts-left", pollId=str(own.id))
    online = await connect(alice)
    await expect("user-online")
    await online.close()
    await expect("user-offline")
    assert expected == TOLD_EVENTS


@pytest.mark.parametrize("visibility", ["always", "owner"])
async def test_the_frames_of_the_legacy_endpoint(
    bob: User, make_poll: MakePoll, connect: Connect, visibility: str
) -> None:
    poll = await in_database(make_poll, results_visibility=visibility)
    client = await connect(path=f"/ws/{poll.id}")
    assert_described(await client.receive(), "event.poll_update")
    if visibility == "always":
        await in_database(vote, bob, poll, 1)
        assert_described(await newer_than_the_first(client), "event.poll_update")


async def newer_than_the_first(client: SocketClient) -> Frame:
    return await client.find(lambda frame: frame["poll"]["version"] == 1)


async def test_an_error_of_the_legacy_endpoint(connect: Connect) -> None:
    client = await connect(path="/ws/nothing")
    assert_described(await client.receive(), "error.poll_update")
    assert await client.closed_with() == 4504

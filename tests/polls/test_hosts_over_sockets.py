"""Adding options and deciding over native sockets and Socket.IO, and what hosts are sent.

Who may is also in ``tests/realtime/test_access.py``.
"""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from polls.models import Option, Poll
from realtime.database import in_database
from tests.chat.conftest import enter  # noqa: F401 - a fixture
from tests.chat.lobby_clients import Enter
from tests.conftest import access_token
from tests.polls.hosting import ask, send, settle, shown, suggest, waiting
from tests.realtime.conftest import Connect, connect, hub  # noqa: F401 - fixtures
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import join, open_workspace
from workspaces.models import Member
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

HELD = {"needsApproval": True}


@pytest.fixture
def poll(alice: User) -> Poll:
    return ask(alice, "questions", HELD)


async def test_hosts_are_sent_what_waits_and_nobody_else(
    alice: User,
    bob: User,
    poll: Poll,
    connect: Connect,  # noqa: F811
) -> None:
    host, voter = await connect(alice), await connect(bob)
    assert (await voter.call("join-hosts", pollId=poll.id))["code"] == "poll.not_found"
    await voter.join(poll.id)
    joined = await host.call("join-hosts", pollId=poll.id)
    assert joined["pending"] == {"texts": 0, "suggestions": 0}
    added = await voter.call("add-option", pollId=poll.id, text="Why?")
    assert (added["state"], added["option"]) == ("pending", None)
    update = await host.event("hosts-update", pending={"texts": 0, "suggestions": 1})
    # No text: hosts read the list, so that the right to read it is checked again.
    assert "Why?" not in str(update)
    decided = await host.call(
        "decide", pollId=poll.id, action="approve", suggestionId=added["suggestion"]["id"]
    )
    assert (decided["changed"], decided["pending"]["suggestions"]) == (True, 0)
    frame = await voter.event("poll-update")
    assert [option["text"] for option in frame["poll"]["options"]] == ["Why?"]
    names = await voter.names_seen()
    assert "hosts-update" not in names
    assert "Why?" not in str([each for each in voter.seen if each["type"] != "vote-update"])


async def test_the_author_alone_is_sent_what_a_host_has_decided(
    alice: User,
    bob: User,
    charlie: User,
    poll: Poll,
    connect: Connect,  # noqa: F811
) -> None:
    author, other = await connect(bob), await connect(charlie)
    elsewhere = await connect(bob)
    for socket in (author, other):
        await socket.join(poll.id)
    ids = {}
    for text, socket in (("Why?", author), ("WHY?", other), ("How?", author)):
        added = await socket.call("add-option", pollId=poll.id, text=text)
        ids[text] = added["suggestion"]["id"]
    # Approving one of them approves the other with the same text.
    await in_database(settle, alice, poll, "approve", suggestion_id=UUID(ids["Why?"]))
    await in_database(settle, alice, poll, "refuse", suggestion_id=UUID(ids["How?"]))
    for socket, text, state in (
        (author, "Why?", "shown"),
        (other, "WHY?", "shown"),
        (author, "How?", "refused"),
    ):
        frame = await socket.event("suggestion-decided", suggestionId=ids[text])
        assert (frame["pollId"], frame["state"]) == (str(poll.id), state)
    # Neither what others suggested, nor anything to sockets that do not follow the poll.
    for socket in (author, other, elsewhere):
        assert "suggestion-decided" not in await socket.names_seen()


async def test_texts_that_wait_are_counted_as_people_vote(
    alice: User,
    bob: User,
    charlie: User,
    connect: Connect,  # noqa: F811
) -> None:
    poll = await in_database(ask, alice, "open_text", HELD)
    host, voter = await connect(alice), await connect(charlie)
    await voter.join(poll.id)
    await host.call("join-hosts", pollId=poll.id)
    await in_database(send, bob, poll, "Nobody may read this.")
    await host.event("hosts-update", pending={"texts": 1, "suggestions": 0})
    await in_database(settle, alice, poll, "remove", text="Nobody may read this.")
    await host.event("hosts-update", pending={"texts": 0, "suggestions": 0})
    await voter.event("vote-update", version=2)
    assert "Nobody may read this." not in str(voter.seen)


async def test_somebody_who_may_not_edit_the_poll_any_more_is_sent_nothing_more(
    alice: User,
    bob: User,
    charlie: User,
    connect: Connect,  # noqa: F811
) -> None:
    def prepare() -> Poll:
        from tests.conftest import actor_of

        project = create_project(actor=actor_of(alice), name="Town hall")
        join(project, bob, Role.COLLABORATOR)
        made = make_team_poll(alice, open_workspace(project), is_published=True)
        Poll.objects.filter(id=made.id).update(participant_options="approval")
        return made

    poll = await in_database(prepare)
    host = await connect(bob)
    await host.call("join-hosts", pollId=poll.id)
    await in_database(Member.objects.filter(user=bob).update, role=Role.VIEWER)
    await host.event("hosts-left", pollId=str(poll.id))
    await in_database(suggest, charlie, poll, "Why?")
    owner = await connect(alice)
    await owner.call("join-hosts", pollId=poll.id)
    await owner.event("hosts-update", pending={"texts": 0, "suggestions": 1})
    assert (await host.names_seen()).count("hosts-update") <= 1


async def test_a_command_that_is_repeated_under_its_key_adds_one_option(
    alice: User,
    bob: User,
    poll: Poll,
    connect: Connect,  # noqa: F811
) -> None:
    client = await connect(bob)
    body = {"pollId": poll.id, "text": "Why?", "key": "1"}
    first, again = [await client.call("add-option", **body) for _ in range(2)]
    assert first | {"ref": 0} == again | {"ref": 0}
    other = await client.call("add-option", **{**body, "text": "How?"})
    assert other["code"] == "idempotency.key_reused"
    assert await in_database(waiting, poll) == ["Why?"]


async def test_socketio_clients_have_the_same_access(
    alice: User,
    bob: User,
    guest: User,
    staff: User,
    enter: Enter,  # noqa: F811
) -> None:
    def prepare() -> tuple[Poll, str]:
        poll = ask(alice, "questions")
        return poll, str(suggest(bob, poll, "Why?"))

    poll, option_id = await in_database(prepare)
    commands: dict[str, dict[str, Any]] = {
        "join-hosts": {},
        "decide": {"action": "pin", "optionId": option_id},
        "add-option": {"text": ""},
    }
    expected = {
        "owner": (None, None, None),
        "other": ("poll.not_found", "poll.not_owner", None),
        "guest": ("auth.account_required", "auth.account_required", None),
        "visitor": ("auth.required", "auth.required", "auth.required"),
        "staff": (None, None, None),
    }
    people = {"owner": alice, "other": bob, "guest": guest, "visitor": None, "staff": staff}
    for name, user in people.items():
        token = None if user is None else await in_database(access_token, user)
        client = await enter(token=token)
        commands["add-option"]["text"] = f"Question of {name}"
        codes = []
        for command, fields in commands.items():
            answer = await client.ask(command, {"pollId": str(poll.id), **fields})
            codes.append(answer.get("code"))
        assert (name, tuple(codes)) == (name, expected[name])
    assert len(await in_database(shown, poll)) == 5
    assert (await in_database(Option.objects.get, id=option_id)).is_pinned

"""The older endpoint of live projects, at /ws and at the root of the site; and Socket.IO."""

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from accounts.models import User
from apikit.ids import new_id
from polling_site.asgi import application
from realtime.close_codes import CloseCode
from realtime.database import in_database
from realtime.hub import Hub
from tests.chat.lobby_clients import Enter
from tests.conftest import access_token
from tests.realtime.conftest import Connect, eventually
from tests.sockets import SocketClient
from tests.workspaces.rows import log, make_project
from workspaces import evictions
from workspaces.models import Member, Project
from workspaces.permissions import Role
from workspaces.topics import project_topic

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = pytest.mark.parametrize("address", ["/", "/ws"])


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


async def open_at(
    connect: Connect, user: User | None, project_id: object, address: str = "/"
) -> SocketClient:
    token = "" if user is None else f"&token={await in_database(access_token, user)}"
    return await connect(path=f"{address}?projectId={project_id}{token}")


async def all_entered(hub: Hub, project: Project, count: int) -> None:
    topic = project_topic(project.id)

    def are_named() -> bool:
        entries = [hub.presence.entry(topic, each) for each in hub.presence.people(topic)]
        return len(entries) == count and None not in entries

    await eventually(are_named)


@pytest.mark.both
@ADDRESSES
async def test_members_exchange_events_in_the_older_form(
    address: str, project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    first = await open_at(connect, alice, project.id, address)
    await eventually(lambda: len(hub.subscribers_of(project_topic(project.id))) == 1)
    second = await open_at(connect, bob, project.id, address)
    joined = await first.event("user_joined")
    assert joined | {"timestamp": ""} == {
        "type": "user_joined",
        "payload": {"project_id": str(project.id)},
        "user": {"id": str(bob.id), "name": "Bob"},
        "timestamp": "",
    }
    text = '{"type": "file_changed", "payload": {"path": "a.md"}, "timestamp": 1, "user": "x"}'
    await second.send_text(text)
    changed = await first.event("file_changed")
    assert changed | {"timestamp": ""} == {
        "type": "file_changed",
        "payload": {"path": "a.md"},
        "user": {"id": str(bob.id), "name": "Bob"},
        "timestamp": "",
    }
    await second.send_text('{"type": "cursor_moved"}')
    assert (await first.event("cursor_moved"))["payload"] is None
    # Nothing comes back, unless it is asked for.
    assert (await second.call("file_changed", payload=1))["type"] == "reply"
    assert second.seen == []
    await second.close()
    assert (await first.event("user_left"))["user"]["name"] == "Bob"


async def test_activity_is_sent_to_the_others(
    project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    first = await open_at(connect, alice, project.id)
    second = await open_at(connect, bob, project.id)
    await all_entered(hub, project, 2)
    await in_database(log, project, bob, verb="member.left", kind="member")
    await in_database(log, project, alice)
    got = await first.event("activity")
    assert got["user"] == {"id": str(bob.id), "name": "Bob"}
    assert (got["payload"]["seq"], got["payload"]["verb"]) == (1, "member.left")
    assert got["timestamp"] == got["payload"]["created_at"]
    assert (await second.event("activity"))["payload"]["seq"] == 2
    assert "activity" not in await first.names_seen()


async def test_clients_of_both_endpoints_get_each_others_events(
    project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    older, newer = await open_at(connect, alice, project.id), await connect(bob)
    await newer.call("join-project", projectId=project.id)
    await all_entered(hub, project, 2)
    await older.send_text('{"type": "file_changed", "payload": 1}')
    assert (await newer.event("file-changed"))["user"]["name"] == "Alice"
    await newer.call("cursor-moved", payload={"x_y": 1})
    assert (await older.event("cursor_moved"))["payload"] == {"x_y": 1}


@ADDRESSES
async def test_strangers_get_the_words_of_a_missing_project(
    address: str, project: Project, charlie: User, connect: Connect
) -> None:
    frames = []
    for project_id in (project.id, new_id(), "x", "", f"{{{project.id}}}"):
        client = await open_at(connect, charlie, project_id, address)
        assert await client.closed_with() == CloseCode.NOT_FOUND
        [error] = client.seen
        frames.append(error)
    assert "project.not_found" in frames[0]["text"]
    assert all(frame == frames[0] for frame in frames)


async def test_those_who_cannot_be_members_are_refused(
    project: Project, guest: User, connect: Connect
) -> None:
    visitor = await open_at(connect, None, project.id)
    assert await visitor.closed_with() == CloseCode.TOKEN_INVALID
    assert "auth.required" in visitor.seen[0]["text"]
    client = await open_at(connect, guest, project.id)
    assert await client.closed_with() == CloseCode.NOT_FOUND
    forged = await connect(path=f"/?projectId={project.id}&token=nonsense")
    assert await forged.closed_with() == CloseCode.TOKEN_INVALID


@pytest.mark.parametrize("path", ["/", "/?token=x", "/?projectid=x", "/?project_id=x"])
async def test_other_sockets_at_the_root_are_refused_in_the_handshake(path: str, hub: Hub) -> None:
    client = WebsocketCommunicator(application, path)
    is_accepted, _ = await client.connect()
    assert not is_accepted


async def test_a_removed_member_is_disconnected(
    project: Project, bob: User, hub: Hub, connect: Connect
) -> None:
    client = await open_at(connect, bob, project.id)
    await all_entered(hub, project, 1)
    await in_database(Member.objects.filter(user=bob).delete)
    await in_database(evictions.publish_access_change, project.id, bob.id)
    assert await client.closed_with() == CloseCode.NOT_FOUND


@pytest.mark.both
async def test_socketio_clients_have_the_same_events(
    project: Project, alice: User, bob: User, connect: Connect, enter: Enter
) -> None:
    client = await enter(token=await in_database(access_token, alice))
    joined: dict[str, Any] = await client.ask("join-project", {"projectId": str(project.id)})
    assert (joined["status"], joined["role"]) == ("ok", "owner")
    other = await connect(bob)
    await other.call("join-project", projectId=project.id)
    await other.call("cursor-moved", payload={"x": 1})
    got = await client.payload("cursor-moved")
    assert (got["payload"], got["user"]["name"]) == ({"x": 1}, "Bob")
    assert (await client.ask("cursor-moved", {"payload": 2}))["status"] == "ok"
    assert (await other.event("cursor-moved"))["payload"] == 2
    assert (await client.ask("fileChanged", {"payload": 3}))["status"] == "ok"
    assert (await other.event("file-changed"))["payload"] == 3
    await in_database(log, project, alice)
    assert (await client.payload("activity"))["activity"]["seq"] == 1

"""Every frame about live projects matches the AsyncAPI document."""

from typing import Any

import pytest

from accounts.models import User
from realtime.commands import COMMANDS
from realtime.database import in_database
from realtime.events import EVENTS, ProcessEvent
from tests.conftest import access_token
from tests.realtime.conftest import Connect
from tests.realtime.test_described_frames import assert_described
from tests.workspaces.rows import log, make_project
from workspaces import evictions
from workspaces.models import Member, Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)

OF_PROJECTS = [
    name for name, each in COMMANDS.items() if each.handler.__module__.startswith("workspaces.")
]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


async def test_the_reply_to_every_command(project: Project, bob: User, connect: Connect) -> None:
    await in_database(log, project, bob, before={"name": "a"}, after={"name": "b"})
    client = await connect(bob)
    bodies: dict[str, dict[str, Any]] = {
        "join-project": {},
        "set-location": {"doing": "views"},
        "file-changed": {"payload": {"path": "a.md"}},
        "leave-project": {},
    }
    assert set(bodies) == set(OF_PROJECTS)
    for command, body in bodies.items():
        reply = await client.call(command, projectId=project.id, **body)
        assert_described(reply, f"reply.{command}")


@pytest.mark.parametrize("command", OF_PROJECTS)
async def test_an_error_of_every_command(bob: User, connect: Connect, command: str) -> None:
    client = await connect(bob)
    assert_described(await client.call(command, nonsense=1), f"error.{command}")


async def test_every_event(project: Project, alice: User, bob: User, connect: Connect) -> None:
    watcher, other = await connect(bob), await connect(alice)
    expected = set()

    async def expect(name: str) -> None:
        expected.add(name)
        assert_described(await watcher.event(name), f"event.{name}")

    await watcher.call("join-project", projectId=project.id)
    await expect("project-presence-state")
    await other.call("join-project", projectId=project.id)
    await expect("user-joined")
    await expect("project-presence-diff")
    await other.call("file-changed", payload=[1])
    await expect("file-changed")
    await in_database(log, project, None)
    await expect("activity")
    await other.call("leave-project", projectId=project.id)
    await expect("user-left")
    await in_database(Member.objects.filter(user=bob).update, role=Role.OWNER)
    await in_database(evictions.publish_access_change, project.id, bob.id)
    await expect("project-role")
    await in_database(Member.objects.filter(user=bob).delete)
    await in_database(evictions.publish_access_change, project.id, bob.id)
    await expect("project-left")
    assert expected == {
        name
        for name, event in EVENTS.items()
        if event.__module__.startswith("workspaces.") and not issubclass(event, ProcessEvent)
    }


async def test_the_frames_of_the_older_endpoint(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    token = await in_database(access_token, bob)
    watcher = await connect(path=f"/?projectId={project.id}&token={token}")
    other = await connect(alice)
    assert (await watcher.call("ping"))["type"] == "reply"
    await other.call("join-project", projectId=project.id)
    assert_described(await watcher.event("user_joined"), "event.user_joined")
    await other.call("file-changed", payload=1)
    assert_described(await watcher.event("file_changed"), "event.file_changed")
    await in_database(log, project, alice, before={"a": 1}, after={"a": 2})
    assert_described(await watcher.event("activity"), "event.activity.project")
    await other.call("leave-project", projectId=project.id)
    assert_described(await watcher.event("user_left"), "event.user_left")


async def test_an_error_of_the_older_endpoint(charlie: User, connect: Connect) -> None:
    token = await in_database(access_token, charlie)
    client = await connect(path=f"/?projectId=x&token={token}")
    assert_described(await client.receive(), "error.project")

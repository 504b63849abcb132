"""Members see the jobs of their project change; lost updates are read again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from jobs import live, live_updates, states
from jobs.live_updates import publish_on_commit
from jobs.models import Job
from realtime.database import in_database
from realtime.hub import Hub
from tests.chat.conftest import enter  # noqa: F401 - a fixture
from tests.chat.lobby_clients import Enter
from tests.conftest import access_token
from tests.jobs.conftest import MakeTask, enqueue_probe, returns, run_due
from tests.realtime.conftest import Connect
from tests.sockets import SocketClient
from tests.workspaces.rows import log, make_project
from workspaces.models import Member, Project
from workspaces.permissions import Role

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _probe(make_task: MakeTask) -> None:
    make_task(returns())


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


async def join(connect: Connect, user: User, project: Project) -> SocketClient:
    socket = await connect(user)
    await socket.call("join-project", projectId=str(project.id))
    return socket


def updates(socket: Any) -> list[Any]:
    return [frame for frame in socket.seen if frame["type"] == "job-update"]


async def test_members_who_have_joined_see_the_jobs_of_the_project(
    alice: User,
    bob: User,
    charlie: User,
    project: Project,
    connect: Connect,
    enter: Enter,  # noqa: F811
) -> None:
    member = await join(connect, bob, project)
    stranger = await join(connect, charlie, project)
    elsewhere = await connect(bob)
    token = await in_database(access_token, bob)
    older = await connect(path=f"/?projectId={project.id}&token={token}")
    socketio = await enter(token=token)
    await socketio.ask("join-project", {"projectId": str(project.id)})
    job = await in_database(enqueue_probe, alice, project_id=project.id)
    await in_database(run_due)
    for socket in (member, socketio):
        done = await socket.find(lambda frame: _state(frame) == "succeeded")
        assert _job(done)["id"] == str(job.id)
        assert _job(done)["projectId"] == str(project.id)
    for other in (stranger, elsewhere):
        await other.call("ping")
        assert not updates(other)
    # Bob's own job reaches all his sockets, but not those of older endpoints.
    await in_database(enqueue_probe, bob)
    await elsewhere.event("job-update")
    await in_database(log, project, alice)
    await older.event("activity")
    assert not [frame for frame in older.seen if "job" in frame["type"]]


async def test_who_has_left_the_project_sees_none(
    alice: User, bob: User, project: Project, connect: Connect
) -> None:
    """Not even of the jobs that they have created."""
    first, second = await join(connect, bob, project), await join(connect, alice, project)
    job = await in_database(enqueue_probe, alice, project_id=project.id)
    for socket in (first, second):
        await socket.event("job-update")
    await in_database(Member.objects.filter(user=alice).delete)
    await second.event("project-left")
    await in_database(_cancel, job)
    assert (await first.event("job-update"))["job"]["state"] == "cancelled"
    await second.call("ping")
    assert not updates(second)


async def test_what_was_lost_is_read_again(
    alice: User,
    bob: User,
    project: Project,
    connect: Connect,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_updates, "publish", lambda *_: None)
    owner, member = await connect(alice), await join(connect, bob, project)
    stranger = await connect(bob)
    mine = await in_database(enqueue_probe, alice)
    of_project = await in_database(enqueue_probe, alice, project_id=project.id)
    await in_database(Job.objects.update, changed_at=timezone.now() - timedelta(hours=1))
    await in_database(run_due)
    for socket, ids in ((owner, [mine.id, of_project.id]), (member, [of_project.id])):
        seen = [await socket.find(lambda frame: _state(frame) == "succeeded") for _ in ids]
        assert {_job(frame)["id"] for frame in seen} == {str(each) for each in ids}
    await live.read_jobs_again(hub)
    for socket in (owner, member, stranger):
        await socket.call("ping")
        assert not [frame for frame in updates(socket) if _state(frame) == "succeeded"]
    assert not updates(stranger)


def _job(frame: Any) -> Any:
    return frame.get("payload", frame)["job"]


def _state(frame: Any) -> Any:
    return _job(frame)["state"] if frame["type"] == "job-update" else None


def _cancel(job: Job) -> None:
    states.cancel(job.id)
    publish_on_commit(job.id)

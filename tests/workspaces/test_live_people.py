"""Who is in a live project, where, and who is told."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.ids import new_id
from polls.editing import update_poll
from polls.models import Poll
from realtime.database import in_database
from realtime.hub import Hub
from tests.conftest import actor_of, make_user
from tests.realtime.conftest import Connect, eventually
from tests.sockets import SocketClient
from tests.workspaces.polls import make_team_poll
from tests.workspaces.rows import add_row, make_project
from workspaces import live_people
from workspaces.live_people import read_team_mates
from workspaces.live_wire import Location
from workspaces.models import Project, Workspace
from workspaces.permissions import Role
from workspaces.spaces import create_workspace
from workspaces.topics import project_topic

pytestmark = pytest.mark.django_db(transaction=True)

Frame = dict[str, Any]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


@pytest.fixture
def workspace(project: Project) -> Workspace:
    now = timezone.now()
    return Workspace.objects.create(
        project=project, name="Evenings", created_at=now, updated_at=now
    )


def people_in(frame: Frame) -> list[Frame]:
    """The people whose place a frame of presence tells; of those who joined just now, too."""
    names = ("people", "joined", "changed")
    return [each for name in names for each in frame.get(name) or () if isinstance(each, dict)]


async def join(client: SocketClient, project: Project) -> Frame:
    reply = await client.call("join-project", projectId=project.id)
    assert reply["type"] == "reply", reply
    return reply


@pytest.mark.both
async def test_arrivals_and_departures_are_sent_to_the_others(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    client = await connect(alice)
    await join(client, project)
    await client.event("project-presence-state")
    first, second = await connect(bob), await connect(bob)
    await join(first, project)
    joined = await client.event("user-joined")
    assert joined["projectId"] == str(project.id)
    assert joined["user"] == {"id": str(bob.id), "name": "Bob"}
    assert joined["timestamp"].endswith("Z")
    assert "sequence" not in joined
    diff = await client.event("project-presence-diff")
    assert [each["name"] for each in diff["joined"]] == ["Bob"]
    # With a second socket, Bob is still one person.
    await join(second, project)
    await first.call("leave-project", projectId=project.id)
    await second.call("leave-project", projectId=project.id)
    assert (await client.event("user-left"))["user"]["name"] == "Bob"
    assert "user-joined" not in await client.names_seen()
    own = await first.names_seen() + await second.names_seen()
    assert not {"user-joined", "user-left"} & {*own}


async def test_a_member_who_appears_offline_leaves_for_the_others_only(
    project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    client, own = await connect(alice), await connect(bob)
    await join(client, project)
    await join(own, project)
    await client.event("user-joined")
    bobs = User.objects.filter(id=bob.id)
    for is_offline, name in ((True, "user-left"), (False, "user-joined")):
        await in_database(bobs.update, appears_offline=is_offline)
        hub.presence.refresh(bob.id)
        assert (await client.event(name))["user"]["name"] == "Bob"
    assert not {"user-joined", "user-left"} & {*await own.names_seen()}


async def test_a_join_replies_who_is_here(
    project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    await join(await connect(bob), project)
    topic = project_topic(project.id)

    def is_named() -> bool:
        return any(hub.presence.entry(topic, each) for each in hub.presence.people(topic))

    await eventually(is_named)
    joined = await join(await connect(alice), project)
    assert [each["name"] for each in joined["people"]] == ["Bob"]
    assert joined["userCount"] == 2


async def test_members_show_where_they_are_and_what_they_do(
    project: Project, workspace: Workspace, alice: User, bob: User, connect: Connect
) -> None:
    now = timezone.now()
    poll = await in_database(
        Poll.objects.create,
        question="Tea or coffee? " * 20,
        creator=alice,
        project=project,
        workspace=workspace,
        created_at=now,
        updated_at=now,
    )
    watcher, client = await connect(bob), await connect(alice)
    await join(watcher, project)
    await join(client, project)
    place = {"projectId": project.id, "pollId": poll.id, "doing": "presents"}
    assert (await client.call("set-location", **place))["type"] == "reply"

    def shows(doing: str | None) -> Any:
        return lambda frame: any(
            each["name"] == "Alice" and each["doing"] == doing for each in people_in(frame)
        )

    shown = await watcher.find(shows("presents"))
    [person] = [each for each in people_in(shown) if each["name"] == "Alice"]
    assert person["pollId"] == str(poll.id)
    assert person["workspaceId"] == str(workspace.id)
    assert person["pollQuestion"].startswith("Tea or coffee? Tea")
    assert person["pollQuestion"].endswith("…")
    await client.call("set-location", projectId=project.id, doing=None)
    await watcher.find(shows(None))


async def test_the_place_of_a_member_follows_the_poll(
    project: Project, workspace: Workspace, alice: User, bob: User, connect: Connect
) -> None:
    """It is moved to another workspace, gets another question, and leaves the project."""
    owner = actor_of(alice)
    other = await in_database(create_workspace, actor=owner, project_id=project.id, name="Days")
    poll = await in_database(make_team_poll, alice, workspace)
    watcher, client = await connect(bob), await connect(alice)
    await join(watcher, project)
    await join(client, project)
    await client.call("set-location", projectId=project.id, pollId=poll.id, doing="edits")

    def shows(*place: Any) -> Any:
        return lambda frame: any(
            each["name"] == "Alice"
            and (each["doing"], each["workspaceId"], each["pollQuestion"]) == place
            for each in people_in(frame)
        )

    await watcher.find(shows("edits", str(workspace.id), "Tea or coffee?"))
    for changes, place in (
        ({"workspace_id": other.id}, ("edits", str(other.id), "Tea or coffee?")),
        ({"question": "Tea, then?"}, ("edits", str(other.id), "Tea, then?")),
        ({"workspace_id": None}, (None, None, None)),
    ):
        await in_database(update_poll, actor=owner, poll_id=poll.id, changes=changes)
        await watcher.find(shows(*place))


async def test_other_places_are_refused(
    project: Project, workspace: Workspace, alice: User, bob: User, connect: Connect
) -> None:
    other = await in_database(make_project, (alice, Role.OWNER))
    poll = await in_database(
        Poll.objects.create,
        question="Tea?",
        creator=alice,
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )
    client = await connect(alice)
    here = {"projectId": project.id, "doing": "views"}
    refused = await client.call("set-location", **here)
    assert refused["code"] == "project.not_joined"
    await join(client, project)
    await join(client, other)
    for place in (
        {"pollId": new_id()},
        # Not the team's.
        {"pollId": poll.id},
        {"workspaceId": new_id()},
    ):
        assert (await client.call("set-location", **here, **place))["code"] == (
            "project.place_not_found"
        ), place
    elsewhere = {"projectId": other.id, "doing": "views", "workspaceId": workspace.id}
    assert (await client.call("set-location", **elsewhere))["code"] == "project.place_not_found"
    for doing in ("reads", "", "edits Budget", 1):
        refused = await client.call("set-location", projectId=project.id, doing=doing)
        assert refused["code"] == "validation"
    viewer = await connect(bob)
    await join(viewer, project)
    for doing in ("edits", "presents"):
        refused = await viewer.call("set-location", projectId=project.id, doing=doing)
        assert refused["code"] == "project.not_allowed"


def test_a_location_fits_and_survives_a_round_trip() -> None:
    longest = Location(
        doing="presents", workspace_id=new_id(), poll_id=new_id(), poll_question="x" * 500
    )
    written = longest.written()
    assert written is not None
    assert len(written) == 160
    read = Location.read(written)
    assert (read.doing, read.poll_id) == ("presents", longest.poll_id)
    assert read.poll_question == "x" * 76 + "…"
    # As presence normalizes blanks.
    bare = Location.read((Location(doing="views").written() or "").strip())
    assert bare == Location(doing="views")
    assert Location.read(None) == Location()


def test_members_of_the_same_project_are_related_up_to_a_size(
    project: Project,
    alice: User,
    bob: User,
    charlie: User,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_project((charlie, Role.OWNER))
    with django_assert_num_queries(2):
        mates = read_team_mates([alice.id, charlie.id])
    assert mates == {alice.id: {alice.id, bob.id}, charlie.id: {charlie.id}}
    monkeypatch.setattr(live_people, "MAX_RELATED_MEMBERS", 2)
    add_row(project, make_user("Dora"), Role.VIEWER)
    Project.objects.filter(id=project.id).update(member_count=3)
    assert read_team_mates([alice.id]) == {}

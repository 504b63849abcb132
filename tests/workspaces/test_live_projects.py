"""Live projects over sockets: joining, resuming, activity, and losing access."""

from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.ids import new_id
from realtime.convergence import PERIODIC_TASKS
from realtime.database import in_database
from realtime.hub import Hub
from realtime.logs import MAX_ENTRIES
from tests.conftest import actor_of, make_user
from tests.realtime.conftest import Connect
from tests.sockets import SocketClient
from tests.workspaces.rows import log, log_many, make_project
from workspaces import evictions, live_joining
from workspaces.activity_log import remove_activity_of
from workspaces.live_log import PAGE, read_projects, read_standings
from workspaces.models import Member, Project
from workspaces.permissions import Role
from workspaces.topics import project_topic

pytestmark = pytest.mark.django_db(transaction=True)

Frame = dict[str, Any]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


async def join(client: SocketClient, project: Project, **fields: Any) -> Frame:
    reply = await client.call("join-project", projectId=project.id, **fields)
    assert reply["type"] == "reply", reply
    return reply


def seqs(activities: list[Frame]) -> list[int]:
    return [each["seq"] for each in activities]


# Joining


async def test_a_join_replies_the_project_the_role_and_the_newest_activity(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    await in_database(log, project, alice)
    client = await connect(bob)
    joined = await join(client, project)
    assert joined["project"] == {"id": str(project.id), "name": "Town hall"}
    assert (joined["role"], joined["seq"], joined["reset"]) == ("viewer", 1, True)
    assert joined["activities"][0]["actor"] == {"id": str(alice.id), "name": "Alice"}
    assert joined["userCount"] == 1


@pytest.mark.both
async def test_activity_follows_once_in_order(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    client = await connect(bob)
    await join(client, project)
    for _ in range(3):
        await in_database(log, project, alice)
    got = [await client.event("activity", projectId=str(project.id)) for _ in range(3)]
    assert [each["activity"]["seq"] for each in got] == [1, 2, 3]
    # Who did it gets it, too: the numbers have no gaps.
    own = await connect(alice)
    await join(own, project)
    await in_database(log, project, alice)
    assert (await own.event("activity"))["activity"]["seq"] == 4


async def test_resuming_replies_only_what_was_missed(
    project: Project, alice: User, connect: Connect
) -> None:
    for _ in range(4):
        await in_database(log, project, alice)
    client = await connect(alice)
    joined = await join(client, project, since=2)
    assert (joined["reset"], joined["seq"], seqs(joined["activities"])) == (False, 4, [3, 4])
    joined = await join(client, project, since=4)
    assert (joined["reset"], joined["activities"]) == (False, [])


async def test_resuming_after_too_much_starts_again(
    project: Project, alice: User, connect: Connect
) -> None:
    await in_database(log_many, project, alice, MAX_ENTRIES + 1)
    client = await connect(alice)
    joined = await join(client, project, since=1)
    assert (joined["reset"], len(joined["activities"])) == (False, MAX_ENTRIES)
    newest = list(range(MAX_ENTRIES + 2 - PAGE, MAX_ENTRIES + 2))
    # Too long ago, and not yet.
    for since in (0, MAX_ENTRIES + 2):
        joined = await join(client, project, since=since)
        assert (joined["reset"], seqs(joined["activities"])) == (True, newest)


async def test_resuming_where_activity_is_no_longer_kept_starts_again(
    project: Project, alice: User, connect: Connect
) -> None:
    await in_database(log_many, project, alice, 5)
    await in_database(remove_activity_of, project.id, 5)
    await project.arefresh_from_db()
    await in_database(log_many, project, alice, 5)
    client = await connect(alice)
    for since in (0, 3, 4):
        joined = await join(client, project, since=since)
        assert (joined["reset"], seqs(joined["activities"])) == (True, [6, 7, 8, 9, 10]), since
    joined = await join(client, project, since=5)
    assert (joined["reset"], seqs(joined["activities"])) == (False, [6, 7, 8, 9, 10])


async def test_strangers_are_refused_as_for_a_missing_project(
    project: Project, charlie: User, guest: User, connect: Connect
) -> None:
    client = await connect(charlie)
    hidden = await client.call("join-project", projectId=project.id)
    missing = await client.call("join-project", projectId=new_id())
    assert hidden | {"ref": 0} == missing | {"ref": 0}
    assert hidden["code"] == "project.not_found"
    answer = await (await connect()).call("join-project", projectId=project.id)
    assert answer["code"] == "auth.required"
    answer = await (await connect(guest)).call("join-project", projectId=project.id)
    assert answer["code"] == "auth.account_required"


async def test_staff_join_without_a_role(project: Project, staff: User, connect: Connect) -> None:
    assert (await join(await connect(staff), project))["role"] is None


async def test_leaving_ends_the_events(
    project: Project, alice: User, bob: User, hub: Hub, connect: Connect
) -> None:
    client = await connect(bob)
    await join(client, project)
    assert (await client.call("leave-project", projectId=project.id))["type"] == "reply"
    assert not hub.subscribers_of(project_topic(project.id))
    assert (await client.call("leave-project", projectId=project.id))["type"] == "reply"


@pytest.mark.both
async def test_lost_events_are_read_from_the_database(
    project: Project, alice: User, bob: User, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(bob)
    await join(client, project)
    monkeypatch.setattr("workspaces.activity.publish", lambda *_: None)
    await in_database(log, project, alice)
    await in_database(log, project, alice)
    got = [(await client.event("activity"))["activity"]["seq"] for _ in range(2)]
    assert got == [1, 2]


def test_the_log_is_read_with_one_query_while_nothing_is_new(
    project: Project, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    log(project, alice)
    other = make_project((alice, Role.OWNER))
    known = {project_topic(project.id): 1, project_topic(other.id): 0, project_topic(new_id()): 7}
    with django_assert_num_queries(1):
        assert read_projects(known) == {}
    log_many(other, alice, MAX_ENTRIES + 3)
    with django_assert_num_queries(2):
        [(topic, newer)] = read_projects(known).items()
    assert (topic, newer.head, newer.has_more) == (project_topic(other.id), MAX_ENTRIES, True)
    assert [each.position for each in newer.events] == list(range(1, MAX_ENTRIES + 1))


# Losing access


def remove(project: Project, user: User) -> None:
    Member.objects.filter(project=project, user=user).delete()


@pytest.fixture
def only_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check that finds what events have missed; use it before ``hub``."""
    monkeypatch.delitem(PERIODIC_TASKS, "workspaces.live_joining.check_members_again")


@pytest.mark.both
async def test_a_removed_member_is_unsubscribed_at_once(
    only_events: None, project: Project, bob: User, alice: User, hub: Hub, connect: Connect
) -> None:
    client, other = await connect(bob), await connect(alice)
    await join(client, project)
    await join(other, project)
    await in_database(remove, project, bob)
    await in_database(evictions.publish_access_change, project.id, bob.id)
    assert (await client.event("project-left"))["projectId"] == str(project.id)
    [left] = hub.subscribers_of(project_topic(project.id))
    assert left.actor.id == alice.id
    await in_database(log, project, alice)
    await other.event("activity")
    assert "activity" not in await client.names_seen()


async def test_a_removed_member_is_found_although_the_event_was_lost(
    project: Project, bob: User, connect: Connect
) -> None:
    client = await connect(bob)
    await join(client, project)
    await in_database(remove, project, bob)
    await client.event("project-left")


def test_members_are_checked_each_second_with_one_query(
    project: Project, alice: User, bob: User, django_assert_num_queries: Any
) -> None:
    assert live_joining.RECHECK_INTERVAL_S < 1
    others = [make_user(f"P{number}") for number in range(5)]
    second = make_project(*((user, Role.VIEWER) for user in others))
    pairs = [(project.id, actor_of(user)) for user in (alice, bob)]
    pairs += [(second.id, actor_of(user)) for user in [*others, bob]]
    with django_assert_num_queries(1):
        standings = read_standings(pairs)
    assert standings[project.id, actor_of(alice)] == Role.OWNER
    assert (second.id, actor_of(bob)) not in standings
    assert len(standings) == 7


@pytest.mark.usefixtures("only_events")
async def test_a_deleted_project_ends_for_everybody(
    project: Project, alice: User, staff: User, hub: Hub, connect: Connect
) -> None:
    clients = [await connect(alice), await connect(staff)]
    for client in clients:
        await join(client, project)
    project_id = project.id
    await in_database(Project.objects.filter(id=project_id).delete)
    await in_database(evictions.publish_access_change, project_id)
    for client in clients:
        await client.event("project-left")
    assert not hub.subscribers_of(project_topic(project_id))


async def test_a_changed_role_is_shown_and_counts_at_once(
    only_events: None, project: Project, alice: User, bob: User, connect: Connect
) -> None:
    client = await connect(bob)
    await join(client, project)
    place = {"projectId": project.id, "doing": "edits"}
    assert (await client.call("set-location", **place))["code"] == "project.not_allowed"
    await in_database(Member.objects.filter(user=bob).update, role=Role.COLLABORATOR)
    assert (await client.call("set-location", **place))["type"] == "reply"
    await in_database(evictions.publish_access_change, project.id, bob.id)
    assert (await client.event("project-role"))["role"] == "collaborator"
    watcher = await connect(alice)
    await join(watcher, project)
    await watcher.find(partial(shows_bob, doing="edits"))
    await in_database(Member.objects.filter(user=bob).update, role=Role.VIEWER)
    await in_database(evictions.publish_access_change, project.id, bob.id)
    await watcher.find(partial(shows_bob, doing=None))


def shows_bob(frame: Frame, doing: str | None) -> bool:
    people = [*(frame.get("people") or ()), *frame.get("changed", ())]
    return ("Bob", doing) in {(each["name"], each["doing"]) for each in people}

"""Watching the polls of a team: who joins, and what happens when roles change."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from polls.editing import update_poll
from polls.models import Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from polls.topics import poll_topic
from polls.watchers import regroup_all_members
from realtime import SITE_TOPIC, Hub
from realtime.bridge import ChannelLayerBridge
from realtime.database import in_database
from realtime.events import Event
from tests.conftest import actor_of, vote
from tests.realtime.conftest import Connect, eventually
from tests.tables import read_table
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, make_team, open_workspace
from workspaces.events import ProjectAccessChanged
from workspaces.members import change_role, remove_member
from workspaces.models import Workspace
from workspaces.permissions import Role
from workspaces.projects import delete_project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

JOINING = read_table(
    """
                   owner  collaborator  viewer  removed  other    guest    staff  visitor
    draft          ok     ok            ok      missing  missing  missing  ok     missing
    open           ok     ok            ok      ok       ok       ok       ok     ok
    closed         ok     ok            ok      ok       ok       ok       ok     ok
    team-results   ok     ok            ok      blind    blind    blind    ok     blind
    later-results  ok     ok            blind   blind    blind    blind    ok     blind
    hidden-poll    ok     ok            ok      missing  missing  missing  ok     missing
    """
)
VISIBILITY = {
    "team-results": ResultsVisibility.OWNER,
    "later-results": ResultsVisibility.AFTER_CLOSE,
}


@pytest.fixture
def team(alice: User, bob: User, charlie: User, guest: User, staff: User) -> Team:
    return make_team(alice, bob, charlie, guest, staff)


@pytest.fixture
def workspace(team: Team) -> Workspace:
    return open_workspace(found_project(team))


def prepare(kind: str, team: Team, workspace: Workspace) -> Poll:
    visibility = VISIBILITY.get(kind, ResultsVisibility.ALWAYS)
    poll = make_team_poll(
        team.owner, workspace, is_published=kind != "draft", results_visibility=visibility
    )
    if kind == "closed":
        close_poll(actor=actor_of(team.owner), poll_id=poll.id)
    if kind == "hidden-poll":
        hide_poll(actor=actor_of(team.staff), poll_id=poll.id, reason="spam")
    return poll


async def test_people_join_as_in_the_table(
    team: Team, workspace: Workspace, connect: Connect
) -> None:
    polls = {kind: await in_database(prepare, kind, team, workspace) for kind in JOINING}
    outcomes: dict[str, dict[str, str]] = {kind: {} for kind in JOINING}
    for name in JOINING["draft"]:
        client = await connect(team.people[name])
        for kind, poll in polls.items():
            reply = await client.call("join-poll", pollId=str(poll.id))
            outcomes[kind][name] = outcome_of(reply)
    assert outcomes == JOINING


def outcome_of(reply: dict[str, Any]) -> str:
    if reply["type"] == "error":
        return {"poll.not_found": "missing"}[reply["code"]]
    return "blind" if reply["poll"]["totalVotes"] is None else "ok"


async def test_a_removed_member_loses_a_draft_at_once(
    team: Team, workspace: Workspace, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_team_poll, team.owner, workspace, is_published=False)
    viewer, collaborator = await connect(team.viewer), await connect(team.collaborator)
    for client in (viewer, collaborator):
        await client.join(poll.id)
    await in_database(remove, team, team.viewer)
    update = await viewer.event("poll-update", change="deleted")
    assert (update["poll"], update["revision"]) == (None, 2)
    assert [each.actor.id for each in hub.subscribers_of(poll_topic(poll.id))] == [
        team.collaborator.id
    ]
    assert (await viewer.call("join-poll", pollId=str(poll.id)))["code"] == "poll.not_found"


async def test_a_removed_member_still_watches_an_open_poll_but_not_its_tally(
    team: Team, workspace: Workspace, connect: Connect
) -> None:
    poll = await in_database(prepare, "team-results", team, workspace)
    viewer, owner = await connect(team.viewer), await connect(team.owner)
    for client in (viewer, owner):
        await client.join(poll.id)
    await in_database(remove, team, team.viewer)
    assert (await viewer.join(poll.id))["poll"]["totalVotes"] is None
    await in_database(vote, team.other, poll, 0)
    await owner.event("vote-update", version=1)
    assert "vote-update" not in await viewer.names_seen()


async def test_a_promoted_viewer_sees_the_tally_at_once(
    team: Team, workspace: Workspace, connect: Connect
) -> None:
    poll = await in_database(prepare, "later-results", team, workspace)
    await in_database(vote, team.other, poll, 0)
    viewer = await connect(team.viewer)
    assert (await viewer.join(poll.id))["poll"]["totalVotes"] is None
    await in_database(promote, team)
    assert (await viewer.event("vote-update"))["poll"]["totalVotes"] == 1


async def test_a_lost_event_is_made_up_for_by_the_revision_of_the_project(
    team: Team,
    workspace: Workspace,
    connect: Connect,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll = await in_database(make_team_poll, team.owner, workspace, is_published=False)
    viewer = await connect(team.viewer)
    await viewer.join(poll.id)
    lose(ProjectAccessChanged, hub, monkeypatch)
    await regroup_all_members(hub)
    assert hub.subscribers_of(poll_topic(poll.id)) != []
    await in_database(remove, team, team.viewer)
    await regroup_all_members(hub)
    assert hub.subscribers_of(poll_topic(poll.id)) == []
    assert (await viewer.event("poll-update"))["change"] == "deleted"


async def test_a_role_that_changes_while_somebody_joins_is_noticed(
    team: Team,
    workspace: Workspace,
    connect: Connect,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The event comes between the read of the role and the subscription."""
    poll = await in_database(make_team_poll, team.owner, workspace, is_published=False)
    first = await connect(team.owner)
    await first.join(poll.id)
    viewer = await connect(team.viewer)
    get = hub.reads.get
    is_removed: list[bool] = []

    async def get_and_remove(*args: Any) -> Any:
        snapshots = await get(*args)
        if not is_removed:
            is_removed.append(True)
            await in_database(remove, team, team.viewer)
        return snapshots

    monkeypatch.setattr(hub.reads, "get", get_and_remove)
    reply = await viewer.call("join-poll", pollId=str(poll.id))
    assert reply.get("code") == "poll.not_found"


async def test_the_members_lose_a_draft_that_an_owner_moves_out_of_the_project(
    team: Team, workspace: Workspace, connect: Connect, hub: Hub
) -> None:
    poll = await in_database(make_team_poll, team.collaborator, workspace, is_published=False)
    client, owner = await connect(team.collaborator), await connect(team.owner)
    for each in (client, owner):
        await each.join(poll.id)
    changes = {"workspace_id": None}
    await in_database(update_poll, actor=actor_of(team.owner), poll_id=poll.id, changes=changes)
    await client.event("poll-update", change="deleted")
    subscribers = hub.subscribers_of(poll_topic(poll.id))
    assert [each.actor.id for each in subscribers] == [team.owner.id]


async def test_guests_and_visitors_are_not_checked_when_roles_change(
    team: Team, workspace: Workspace, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = await in_database(prepare, "open", team, workspace)
    for user in (team.guest, None, team.viewer):
        await (await connect(user)).join(poll.id)
    await regroup_all_members(hub)
    checked: list[set[Any]] = []

    async def regroup(hub: Hub, poll_id: Any, connections: list[Any]) -> None:
        checked.append({each.actor.id for each in connections})

    monkeypatch.setattr("polls.watchers._regroup", regroup)
    lose(ProjectAccessChanged, hub, monkeypatch)
    await in_database(promote, team)
    await regroup_all_members(hub)
    await regroup_all_members(hub)
    assert checked == [{team.viewer.id}]


async def test_deleting_the_project_deletes_its_polls_for_watchers(
    team: Team, workspace: Workspace, connect: Connect
) -> None:
    poll = await in_database(prepare, "open", team, workspace)
    visitor = await connect()
    await visitor.join(poll.id)
    actor, project_id = actor_of(team.owner), workspace.project_id
    await in_database(delete_project, actor=actor, project_id=project_id)
    assert (await visitor.event("poll-update"))["change"] == "deleted"


def remove(team: Team, user: User) -> None:
    project = Workspace.objects.get().project
    remove_member(actor=actor_of(team.owner), project_id=project.id, user_id=user.id)


def promote(team: Team) -> None:
    project = Workspace.objects.get().project
    change_role(
        actor=actor_of(team.owner),
        project_id=project.id,
        user_id=team.viewer.id,
        role=Role.COLLABORATOR,
    )


def lose(event_class: type[Event], hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drops the events of a class before the hub receives them."""
    receive = hub.receive

    def drop(topic: str, event: Event) -> None:
        if not isinstance(event, event_class):
            receive(topic, event)

    monkeypatch.setattr(hub, "receive", drop)


@pytest.mark.parametrize("user_ids", [None, frozenset({uuid4(), uuid4()})])
async def test_other_processes_read_whose_role_has_changed(
    user_ids: frozenset[UUID] | None, hub: Hub
) -> None:
    received: list[Event] = []
    bridge = ChannelLayerBridge("another process", lambda _, event: received.append(event))
    tasks = [asyncio.create_task(task()) for task in bridge.background_tasks()]
    bridge.subscribe(SITE_TOPIC)
    await bridge.until_subscribed([SITE_TOPIC])
    changed = ProjectAccessChanged(project_id=uuid4(), user_ids=user_ids)
    hub.publish(SITE_TOPIC, changed)
    await eventually(lambda: changed in received, "the event")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bridge.close()

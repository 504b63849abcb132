"""Everybody has the access of the tables in a project; strangers cannot tell that it exists."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.conftest import ClientFor
from tests.workspaces.access_tables import BY_ACTION, IN_PROJECTS, WORDS
from tests.workspaces.inviting import send
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.models import Invitation, Project, Workspace
from workspaces.permissions import Action, Role, allows

pytestmark = [pytest.mark.both, pytest.mark.django_db]

Clients = dict[str, APIClient]
BODILESS = ("/archive", "/restore", "/resend")


@pytest.fixture
def clients(team: Team, client_for: ClientFor) -> Clients:
    """Everybody's client."""
    return {name: client_for(user) for name, user in team.people.items()}


def prepare(team: Team) -> tuple[Project, Workspace]:
    """A project with a workspace; one of its owners is suspended, after signing in."""
    suspended = User.objects.filter(id=team.suspended.id)
    suspended.update(is_active=True)
    project = found_project(team)
    workspace = open_workspace(project)
    send(team.owner, project)
    suspended.update(is_active=False)
    return project, workspace


def call(
    client: APIClient, endpoint: str, project: Project, workspace: Workspace, team: Team
) -> Any:
    """Makes a request of an endpoint, about a member who does not ask: the suspended one."""
    method, path = endpoint.split()
    bodies = {
        "POST /api/projects/{project_id}/transfer": {"userId": str(team.viewer.id)},
        "POST /api/projects/{project_id}/members": {
            "email": "charlie@example.org",
            "role": "viewer",
        },
        "PUT /api/projects/{project_id}/members/{user_id}": {"role": "collaborator"},
        "POST /api/projects/{project_id}/invitations": {
            "email": "erik@example.org",
            "role": "viewer",
        },
    }
    body = bodies.get(endpoint, {"name": "Another"})
    invited = Invitation.objects.filter(project=project.id).values_list("id", flat=True)
    address = path.format(
        project_id=project.id,
        workspace_id=workspace.id,
        user_id=team.suspended.id,
        invitation_id=invited.first() or uuid4(),
    )
    has_body = method in {"POST", "PUT", "PATCH"} and not path.endswith(BODILESS)
    sent = body if has_body else None
    return getattr(client, method.lower())(address, sent)


def word_of(answer: Any) -> str:
    code = answer.json()["code"] if answer.status_code >= 400 else None
    return WORDS.get((answer.status_code, code), f"{answer.status_code} {code}")


def test_the_table_has_every_action() -> None:
    assert list(BY_ACTION) == [action.value for action in Action]


@pytest.mark.parametrize("action", Action)
def test_the_permissions_are_as_in_the_table(action: Action) -> None:
    row = BY_ACTION[action]
    for role in Role:
        assert allows(role, action) == (row[role] == "ok")
        assert allows(role, action, is_staff=True)
    assert not allows(None, action)
    assert allows(None, action, is_staff=True)


@pytest.mark.parametrize("endpoint", IN_PROJECTS)
def test_access_to_projects_is_as_in_the_table(team: Team, clients: Clients, endpoint: str) -> None:
    expected = BY_ACTION[IN_PROJECTS[endpoint]]
    outcomes: dict[str, str] = {}
    place = None
    for name, client in clients.items():
        place = place or prepare(team)
        answer = call(client, endpoint, *place, team)
        outcomes[name] = word_of(answer)
        if answer.status_code < 300 and not endpoint.startswith("GET"):
            place = None  # It is another one by now.
    assert outcomes == expected


@pytest.mark.parametrize("endpoint", IN_PROJECTS)
def test_a_project_of_others_looks_missing(team: Team, clients: Clients, endpoint: str) -> None:
    """To the byte, with the same headers."""
    place = prepare(team)
    nowhere = Project(id=uuid4()), Workspace(id=uuid4())
    for name in ("removed", "other", "guest", "visitor"):
        unseen, missing = (
            shown(call(clients[name], endpoint, *each, team)) for each in (place, nowhere)
        )
        assert unseen == missing


def shown(answer: Any) -> Any:
    assert answer.status_code >= 400
    headers = {name: value for name, value in answer.items() if name != "X-Request-Id"}
    return answer.status_code, answer.content, headers


def test_nobody_finds_a_project_of_others_in_a_list(team: Team, clients: Clients) -> None:
    project, _ = prepare(team)
    for name, client in clients.items():
        answer = client.get("/api/projects", {"search": project.name})
        if name in {"owner", "collaborator", "viewer"}:
            [found] = answer.json()["projects"]
            assert found["role"] == name
        elif name in {"removed", "other", "staff"}:
            assert answer.json()["pagination"]["totalCount"] == 0
        else:
            assert answer.status_code in {401, 403}


def test_only_owners_and_staff_see_email_addresses(team: Team, clients: Clients) -> None:
    project, _ = prepare(team)
    for name in ("owner", "collaborator", "viewer", "staff"):
        members = clients[name].get(f"/api/projects/{project.id}/members").json()["members"]
        seen = {member["user"]["email"] for member in members} - {None}
        user = team.people[name]
        assert user is not None
        assert seen == {
            "owner": {each.email for each in (team.owner, team.collaborator, team.viewer)}
            | {team.suspended.email},
        }.get("owner" if name == "staff" else name, {user.email})

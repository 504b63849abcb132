"""Members over REST: lists, bodies, messages and refusals."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.conftest import ClientFor, make_user
from tests.workspaces.teams import join
from workspaces.models import Member, Project
from workspaces.permissions import Action, Role

pytestmark = pytest.mark.django_db


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_added_member_is_shown_with_the_account(
    project: Project, alice: User, charlie: User, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/projects/{project.id}/members"
    body = {"email": "charlie@example.org", "role": "viewer"}
    added = client.post(address, body)
    assert added.status_code == 201
    shown = {
        "user": {
            "id": str(charlie.id),
            "name": "Charlie",
            "status": "offline",
            "statusText": "",
            "email": "charlie@example.org",
        },
        "role": "viewer",
        "joinedAt": added.json()["member"]["joinedAt"],
    }
    assert added.json()["message"] == "Member added successfully"
    assert added.json()["member"] == shown
    assert client.get(address, {"limit": 1}).json()["members"] == [shown]
    again = client.post(address, {**body, "role": "owner"})
    assert (again.status_code, again.json()["member"]) == (200, shown)
    assert again.json()["message"] == "This person is a member already"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "role"}),
        ({"email": "nobody", "role": "viewer"}, {"email"}),
        ({"email": "eve@example.org", "role": "admin"}, {"role"}),
        ({"email": "eve@example.org", "role": "viewer", "userId": "7"}, {"userId"}),
    ],
)
def test_bad_fields_are_named(
    project: Project, alice: User, client_for: ClientFor, body: dict[str, Any], fields: set[str]
) -> None:
    answer = client_for(alice).post(f"/api/projects/{project.id}/members", body)
    assert refusal_of(answer) == (400, "validation")
    assert {error["field"] for error in answer.json()["errors"]} == fields


def test_roles_change_and_people_leave(
    project: Project, alice: User, bob: User, vera: User, client_for: ClientFor
) -> None:
    owner, address = client_for(alice), f"/api/projects/{project.id}/members"
    changed = owner.put(f"{address}/{vera.id}", {"role": "collaborator"}).json()
    assert changed["message"] == "Member updated successfully"
    assert changed["member"]["role"] == "collaborator"
    left = client_for(vera).delete(f"{address}/{vera.id}")
    assert left.json() == {"message": "Project left successfully"}
    removed = owner.delete(f"{address}/{bob.id}")
    assert removed.json() == {"message": "Member removed successfully"}
    for answer in (
        owner.put(f"{address}/{bob.id}", {"role": "viewer"}),
        owner.delete(f"{address}/{bob.id}"),
        owner.delete(f"{address}/{uuid4()}"),
    ):
        assert refusal_of(answer) == (404, "member.not_found")
    for answer in (
        owner.put(f"{address}/{alice.id}", {"role": "viewer"}),
        owner.delete(f"{address}/{alice.id}"),
    ):
        assert refusal_of(answer) == (409, "project.last_owner")
    assert Member.objects.get().user == alice


def test_a_viewer_removes_nobody_else(
    project: Project, bob: User, vera: User, client_for: ClientFor
) -> None:
    answer = client_for(vera).delete(f"/api/projects/{project.id}/members/{bob.id}")
    assert refusal_of(answer) == (403, "project.not_allowed")


def test_who_hands_a_project_over_is_a_collaborator_from_then_on(
    project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/projects/{project.id}/transfer"
    own = client.post(address, {"userId": str(alice.id)})
    assert refusal_of(own) == (400, "validation")
    assert [error["field"] for error in own.json()["errors"]] == ["userId"]
    answer = client.post(address, {"userId": str(bob.id)})
    assert answer.json()["message"] == "Project transferred successfully"
    shown = answer.json()["project"]
    assert shown["role"] == "collaborator"
    assert Action.MANAGE_MEMBERS not in shown["permissions"]
    assert Action.EDIT_WORKSPACES in shown["permissions"]
    assert refusal_of(client.post(address, {"userId": str(bob.id)})) == (403, "project.not_allowed")


def test_members_are_listed_the_last_to_come_first_and_found_by_name(
    project: Project, vera: User, client_for: ClientFor
) -> None:
    client, address = client_for(vera), f"/api/projects/{project.id}/members"
    page = client.get(address, {"limit": 2}).json()
    assert [each["user"]["name"] for each in page["members"]] == ["Vera", "Bob"]
    assert page["pagination"]["totalCount"] == 3
    rest = client.get(address, {"limit": 2, "cursor": page["pagination"]["nextCursor"]}).json()
    assert [each["user"]["name"] for each in rest["members"]] == ["Alice"]
    found = client.get(address, {"search": "ALI"}).json()["members"]
    assert [each["user"]["name"] for each in found] == ["Alice"]
    # Not by addresses, which viewers do not see.
    assert client.get(address, {"search": "example.org"}).json()["members"] == []


def test_a_list_takes_as_many_queries_for_many_members(
    project: Project, alice: User, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/projects/{project.id}/members"
    counts = []
    for number in range(2):
        for name in ("Dora", "Erik", "Frida"):
            join(project, make_user(f"{name}{number}"), Role.VIEWER)
        with CaptureQueriesContext(connection) as queries:
            listed = client.get(address, {"limit": 100}).json()["members"]
        counts.append((len(listed), len(queries)))
    # The token, the project and the role; then the number of members, and a page of them.
    assert counts == [(6, 5), (9, 5)]

"""Projects over REST: creating, reading, listing, changing, deleting."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.conftest import ClientFor, actor_of
from tests.workspaces.teams import join, log_of, open_workspace
from workspaces import limits, projects
from workspaces.errors import TooManyProjectsError
from workspaces.models import Activity, Member, Project, Workspace
from workspaces.permissions import Action, Role
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db

QUERIES_OF_A_LIST = 6


def make_several(user: User, count: int) -> list[Project]:
    return [create_project(actor=actor_of(user), name=f"Project {n}") for n in range(count)]


def test_who_creates_a_project_owns_it(alice: User, client_for: ClientFor) -> None:
    body = {"name": "  Town  hall ", "description": "Our evenings.\r\nAll of them."}
    answer = client_for(alice).post("/api/projects", body)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    created = answer.json()
    project = Project.objects.get()
    assert created == {
        "message": "Project created successfully",
        "project": {
            "id": str(project.id),
            "name": "Town  hall",
            "description": "Our evenings.\nAll of them.",
            "role": "owner",
            "permissions": [action.value for action in Action],
            "memberCount": 1,
            "workspaceCount": 0,
            "pollCount": 0,
            "createdAt": created["project"]["createdAt"],
            "updatedAt": created["project"]["createdAt"],
        },
    }
    assert log_of(project) == [("project.created", "Town  hall")]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name"}),
        ({"name": " \u200b "}, {"name"}),
        ({"name": "x" * 101}, {"name"}),
        ({"name": "a\nb"}, {"name"}),
        ({"name": "Town", "description": "x" * 501}, {"description"}),
        ({"name": "Town", "description": "a\x00b"}, {"description"}),
        ({"name": "Town", "owner": "me"}, {"owner"}),
    ],
)
def test_bad_fields_are_named(
    alice: User, client_for: ClientFor, body: dict[str, Any], fields: set[str]
) -> None:
    answer = client_for(alice).post("/api/projects", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert {error["field"] for error in answer.json()["errors"]} == fields
    assert not Project.objects.exists()


def test_a_repeated_request_creates_one_project(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    answers = [
        client.post("/api/projects", {"name": "Town hall"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["ETag"] == '"1"'
    assert Project.objects.count() == 1


def test_an_account_owns_a_bounded_number_of_projects(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.MAX_PROJECTS == 100
    monkeypatch.setattr(projects, "MAX_PROJECTS", 2)
    make_several(alice, 2)
    # Not the ones of others that she belongs to.
    [others] = make_several(bob, 1)
    join(others, alice, Role.VIEWER)
    with pytest.raises(TooManyProjectsError):
        make_several(alice, 1)
    join(others, bob, Role.OWNER)
    make_several(bob, 1)


def test_your_projects_are_listed_newest_first_and_found_by_name(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    made = make_several(alice, 3)
    make_several(bob, 1)
    client = client_for(alice)
    page = client.get("/api/projects", {"limit": 2}).json()
    assert [each["id"] for each in page["projects"]] == [str(made[2].id), str(made[1].id)]
    assert page["pagination"]["totalCount"] == 3
    rest = client.get("/api/projects", {"limit": 2, "cursor": page["pagination"]["nextCursor"]})
    assert [each["id"] for each in rest.json()["projects"]] == [str(made[0].id)]
    found = client.get("/api/projects", {"search": "PROJECT 1"}).json()["projects"]
    assert [each["name"] for each in found] == ["Project 1"]


def test_a_list_takes_as_many_queries_for_many_projects(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    counts = []
    for _ in range(2):
        for project in make_several(alice, 3):
            join(project, bob, Role.VIEWER)
            open_workspace(project)
        with CaptureQueriesContext(connection) as queries:
            listed = client.get("/api/projects", {"limit": 100}).json()["projects"]
        counts.append((len(listed), len(queries)))
        assert {(each["memberCount"], each["workspaceCount"]) for each in listed} == {(2, 1)}
    # The token; then the number of projects, a page of them, roles, workspaces and polls.
    assert counts == [(3, QUERIES_OF_A_LIST), (6, QUERIES_OF_A_LIST)]


def test_a_change_raises_the_revision_and_is_recorded_once(
    alice: User, project: Project, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/projects/{project.id}"
    log, tag = log_of(project), client.get(address).headers["ETag"]
    for method in (client.put, client.patch):
        answer = method(address, {"name": "City hall", "description": ""})
        assert answer.json()["message"] == "Project updated successfully"
        assert answer.json()["project"]["name"] == "City hall"
        assert answer.headers["ETag"] == f'"{project.revision + 1}"' != tag
    assert log_of(project) == [*log, ("project.changed", "City hall")]
    changed = Activity.objects.latest("seq")
    assert (changed.before, changed.after) == ({"name": "Town hall"}, {"name": "City hall"})
    assert client.get("/api/projects", {"search": "city"}).json()["projects"]


def test_nobody_overwrites_or_deletes_what_they_have_not_read(
    alice: User, project: Project, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/projects/{project.id}"
    tag = client.get(address).headers["ETag"]
    assert client.patch(address, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    for answer in (
        client.patch(address, {"name": "Two"}, headers={"If-Match": tag}),
        client.delete(address, headers={"If-Match": tag}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert Project.objects.get().name == "One"


def test_a_deleted_project_takes_everything_but_its_activities_along(
    alice: User, bob: User, project: Project, workspace: Workspace, client_for: ClientFor
) -> None:
    answer = client_for(alice).delete(f"/api/projects/{project.id}")
    assert answer.json() == {"message": "Project deleted successfully"}
    for model in (Project, Member, Workspace):
        assert not model._default_manager.exists()
    assert log_of(project)[-1] == ("project.deleted", "Town hall")
    assert client_for(bob).get(f"/api/projects/{project.id}").status_code == 404

"""The activity of a project: reading, filtering, and who may read it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.ids import new_id
from tests.conftest import ClientFor
from tests.workspaces.rows import log, log_many, make_project
from workspaces.models import Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db

Body = dict[str, Any]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


def read(client_for: ClientFor, user: User, project: Project, **query: Any) -> Body:
    answer = client_for(user).get(f"/api/projects/{project.id}/activity", query)
    assert answer.status_code == 200, answer.content
    body: Body = answer.json()
    return body


def seqs(body: Body) -> list[int]:
    return [each["seq"] for each in body["activities"]]


def test_activity_is_listed_newest_first_with_its_actor(
    project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    log(project, alice, verb="project.changed", before={"name": "Old"}, after={"name": "Town hall"})
    log(project, None, verb="poll.closed", kind="poll", name="Tea?")
    newest, oldest = read(client_for, bob, project)["activities"]
    assert (newest["seq"], newest["verb"], newest["actor"]) == (2, "poll.closed", None)
    assert oldest["actor"] == {"id": str(alice.id), "name": "Alice"}
    assert oldest["target"] == {"kind": "project", "id": str(project.id), "name": "Town hall"}
    assert (oldest["before"], oldest["after"]) == ({"name": "Old"}, {"name": "Town hall"})


def test_a_deleted_actor_is_null(project: Project, bob: User, client_for: ClientFor) -> None:
    gone = User.objects.create(name="Gone", email="gone@example.org")
    log(project, gone)
    gone.delete()
    [activity] = read(client_for, bob, project)["activities"]
    assert activity["actor"] is None


def test_pages_and_cursors_continue_without_repeating(
    project: Project, alice: User, client_for: ClientFor
) -> None:
    for _ in range(5):
        log(project, alice)
    first = read(client_for, alice, project, limit=2)
    assert seqs(first) == [5, 4]
    assert first["pagination"] | {"nextCursor": ""} == {
        "page": 1,
        "limit": 2,
        "totalCount": 5,
        "totalPages": 3,
        "nextCursor": "",
    }
    log(project, alice)
    cursor = first["pagination"]["nextCursor"]
    second = read(client_for, alice, project, limit=2, cursor=cursor)
    assert seqs(second) == [3, 2]
    assert seqs(read(client_for, alice, project, limit=2, page=2)) == [4, 3]
    last = read(client_for, alice, project, limit=2, cursor=second["pagination"]["nextCursor"])
    assert (seqs(last), last["pagination"]["nextCursor"]) == ([1], None)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "01", "9" * 19, "9" * 30, "1.0"])
def test_other_cursors_are_refused(
    cursor: str, project: Project, alice: User, client_for: ClientFor
) -> None:
    answer = client_for(alice).get(f"/api/projects/{project.id}/activity", {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor.invalid")


def test_filters_narrow_the_list(
    project: Project, alice: User, bob: User, client_for: ClientFor
) -> None:
    workspace_id, poll_id = new_id(), new_id()
    log(project, alice)
    log(project, bob, verb="member.left", kind="member")
    log(project, alice, verb="workspace.created", kind="workspace", workspace_id=workspace_id)
    # Another thing with the id of the poll, which cannot happen but by chance.
    log(project, alice, kind="job", target_id=poll_id)
    log(
        project, bob, verb="poll.created", kind="poll", target_id=poll_id, workspace_id=workspace_id
    )
    expected = {
        ("actor", bob.id): [5, 2],
        ("verb", "member.left"): [2],
        ("kind", "workspace"): [3],
        ("workspace", workspace_id): [5, 3],
        ("poll", poll_id): [5],
        ("after", 3): [5, 4],
        ("from", (timezone.now() + timedelta(hours=1)).isoformat()): [],
        ("to", (timezone.now() + timedelta(hours=1)).isoformat()): [5, 4, 3, 2, 1],
        ("to", (timezone.now() - timedelta(hours=1)).isoformat()): [],
    }
    for (name, value), found in expected.items():
        assert seqs(read(client_for, alice, project, **{name: value})) == found, (name, value)
    narrow = {"actor": bob.id, "workspace": workspace_id}
    assert seqs(read(client_for, alice, project, **narrow)) == [5]


@pytest.mark.parametrize(
    "query",
    [
        {"actor": "me"},
        {"verb": "Poll"},
        {"kind": "vote"},
        {"poll": "1"},
        {"from": "yesterday"},
        {"after": "-1"},
        {"after": str(2**63)},
        {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"sort": "seq"},
    ],
)
def test_invalid_filters_are_refused(
    query: dict[str, str], project: Project, alice: User, client_for: ClientFor
) -> None:
    answer = client_for(alice).get(f"/api/projects/{project.id}/activity", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


def test_strangers_learn_nothing(
    project: Project, charlie: User, guest: User, client_for: ClientFor
) -> None:
    for name in ("activity", "activity.csv", "activity.json"):
        missing = client_for(charlie).get(f"/api/projects/{new_id()}/{name}")
        hidden = client_for(charlie).get(f"/api/projects/{project.id}/{name}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.json() == missing.json()
        assert client_for(None).get(f"/api/projects/{project.id}/{name}").status_code == 401
        assert client_for(guest).get(f"/api/projects/{project.id}/{name}").status_code == 403


def test_the_number_of_queries_does_not_grow(
    project: Project,
    alice: User,
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    log_many(project, alice, 300)
    client = client_for(alice)
    url = f"/api/projects/{project.id}/activity"
    # The sign-in, the project, the role, the count, the page with its actors.
    for query in ({"limit": "1"}, {"limit": "100"}, {"limit": "100", "actor": str(alice.id)}):
        with django_assert_num_queries(5):
            assert client.get(url, query).status_code == 200

"""Workspaces over REST: creating, listing, changing, archiving, deleting."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from polls.models import PollKind, ResultsVisibility
from tests.conftest import ClientFor
from tests.workspaces.teams import log_of, open_workspace
from workspaces import limits, spaces
from workspaces.errors import ProjectFullError
from workspaces.models import Activity, Project, Workspace
from workspaces.settings import DefaultKind, DefaultVisibility, check_settings, read_settings

pytestmark = pytest.mark.django_db

DEFAULTS = {
    "description": "",
    "color": None,
    "pollDefaults": {"kind": None, "allowChange": None, "resultsVisibility": None},
}


def test_a_collaborator_creates_a_workspace(
    bob: User, project: Project, client_for: ClientFor
) -> None:
    address = f"/api/projects/{project.id}/workspaces"
    answer = client_for(bob).post(address, {"name": " Evenings ", "settings": {"color": "teal"}})
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    created = answer.json()
    workspace = Workspace.objects.get()
    assert created == {
        "message": "Workspace created successfully",
        "workspace": {
            "id": str(workspace.id),
            "projectId": str(project.id),
            "name": "Evenings",
            "settings": DEFAULTS | {"color": "teal"},
            "isArchived": False,
            "archivedAt": None,
            "pollCount": 0,
            "createdAt": created["workspace"]["createdAt"],
            "updatedAt": created["workspace"]["createdAt"],
        },
    }
    shown = client_for(bob).get(f"/api/workspaces/{workspace.id}")
    assert (shown.json()["workspace"], shown.headers["ETag"]) == (created["workspace"], '"1"')
    assert log_of(project)[-1] == ("workspace.created", "Evenings")
    assert Activity.objects.latest("seq").workspace_id == workspace.id


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ("teal", {"settings"}),
        (None, {"settings"}),
        ({"color": "mauve"}, {"settings.color"}),
        ({"colour": "teal"}, {"settings.colour"}),
        ({"description": "x" * 501}, {"settings.description"}),
        ({"description": "a\x00b"}, {"settings.description"}),
        ({"description": 7}, {"settings.description"}),
        ({"pollDefaults": []}, {"settings.pollDefaults"}),
        (
            {"poll_defaults": {"kind": "ranked", "allow_change": "yes"}},
            {"settings.poll_defaults.kind", "settings.poll_defaults.allow_change"},
        ),
        ({"pollDefaults": {"allowChange": 1}}, {"settings.pollDefaults.allowChange"}),
        ({"pollDefaults": {"maxChoices": 2}}, {"settings.pollDefaults.maxChoices"}),
    ],
)
def test_settings_outside_their_schema_are_named_as_they_were_sent(
    bob: User, project: Project, client_for: ClientFor, settings: Any, fields: set[str]
) -> None:
    address = f"/api/projects/{project.id}/workspaces"
    answer = client_for(bob).post(address, {"name": "\u200b", "settings": settings})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert {error["field"] for error in answer.json()["errors"]} == {"name"} | fields
    assert not Workspace.objects.exists()


def test_settings_are_replaced_as_a_whole(
    bob: User, workspace: Workspace, client_for: ClientFor
) -> None:
    client, address = client_for(bob), f"/api/workspaces/{workspace.id}"
    changeable = {"kind": None, "allowChange": True, "resultsVisibility": None}
    steps: list[tuple[Any, Any]] = [
        (
            {"color": "red", "description": " One\r\ntwo "},
            {"color": "red", "description": "One\ntwo"},
        ),
        ({"description": " \u200b"}, {}),
        ({"poll_defaults": {"allow_change": True}}, {"pollDefaults": changeable}),
    ]
    for sent, kept in steps:
        answer = client.patch(address, {"settings": sent})
        assert answer.json()["workspace"]["settings"] == DEFAULTS | kept
    changed = Activity.objects.latest("seq")
    assert (changed.verb, list(changed.after or {})) == ("workspace.changed", ["settings"])


def test_the_words_of_poll_defaults_are_those_of_polls() -> None:
    assert DefaultKind.values == PollKind.values
    assert DefaultVisibility.values == ResultsVisibility.values


def test_settings_that_were_stored_without_a_field_have_its_default() -> None:
    assert read_settings({}) == check_settings({})
    assert read_settings({"color": "red"}).poll_defaults.kind is None


def test_a_change_raises_the_revision_and_is_recorded_once(
    bob: User, project: Project, workspace: Workspace, client_for: ClientFor
) -> None:
    client, address = client_for(bob), f"/api/workspaces/{workspace.id}"
    log = log_of(project)
    for method in (client.put, client.patch):
        answer = method(address, {"name": "Mornings", "settings": {}}, headers={"If-Match": "*"})
        assert answer.json()["message"] == "Workspace updated successfully"
        assert answer.headers["ETag"] == '"2"'
    assert log_of(project) == [*log, ("workspace.changed", "Mornings")]
    changed = Activity.objects.latest("seq")
    assert (changed.before, changed.after) == ({"name": "Evenings"}, {"name": "Mornings"})


def test_nobody_overwrites_archives_or_deletes_what_they_have_not_read(
    alice: User, workspace: Workspace, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/workspaces/{workspace.id}"
    client.patch(address, {"name": "One"}, headers={"If-Match": '"1"'})
    for answer in (
        client.patch(address, {"name": "Two"}, headers={"If-Match": '"1"'}),
        client.put(f"{address}/archive", headers={"If-Match": '"1"'}),
        client.delete(address, headers={"If-Match": '"1"'}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert list(Workspace.objects.values_list("name", "archived_at")) == [("One", None)]


def test_an_archived_workspace_leaves_the_list_until_it_is_restored(
    bob: User, project: Project, workspace: Workspace, client_for: ClientFor
) -> None:
    client, log = client_for(bob), log_of(project)
    in_project, address = f"/api/projects/{project.id}", f"/api/workspaces/{workspace.id}"

    def listed(**query: str) -> list[str]:
        rows = client.get(f"{in_project}/workspaces", query).json()["workspaces"]
        return [row["name"] for row in rows]

    for _ in range(2):
        archived = client.put(f"{address}/archive").json()
        assert archived["message"] == "Workspace archived successfully"
        assert archived["workspace"]["isArchived"] is True
    assert archived["workspace"]["archivedAt"] == archived["workspace"]["updatedAt"]
    assert (listed(), listed(archived="true")) == ([], ["Evenings"])
    assert client.get(in_project).json()["project"]["workspaceCount"] == 0
    # It can still be renamed.
    client.patch(address, {"name": "Former evenings"})
    restored = client.put(f"{address}/restore").json()["workspace"]
    assert (restored["isArchived"], restored["archivedAt"]) == (False, None)
    assert listed() == ["Former evenings"]
    assert log_of(project) == [
        *log,
        ("workspace.archived", "Evenings"),
        ("workspace.changed", "Former evenings"),
        ("workspace.restored", "Former evenings"),
    ]


def test_workspaces_are_listed_newest_first_and_found_by_name(
    vera: User, project: Project, client_for: ClientFor
) -> None:
    for name in ("Mornings", "Evenings", "Nights"):
        open_workspace(project, name)
    client, address = client_for(vera), f"/api/projects/{project.id}/workspaces"
    page = client.get(address, {"limit": 2}).json()
    assert [each["name"] for each in page["workspaces"]] == ["Nights", "Evenings"]
    assert page["pagination"]["totalCount"] == 3
    found = client.get(address, {"search": "NINGS"}).json()["workspaces"]
    assert [each["name"] for each in found] == ["Evenings", "Mornings"]


def test_a_project_has_a_bounded_number_of_workspaces(
    project: Project, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.MAX_WORKSPACES == 200
    monkeypatch.setattr(spaces, "MAX_WORKSPACES", 1)
    with pytest.raises(ProjectFullError):
        open_workspace(project)
    assert Workspace.objects.count() == 1


def test_a_deleted_workspace_is_missing(
    alice: User, project: Project, workspace: Workspace, client_for: ClientFor
) -> None:
    client, address = client_for(alice), f"/api/workspaces/{workspace.id}"
    assert client.delete(address).json() == {"message": "Workspace deleted successfully"}
    assert log_of(project)[-1] == ("workspace.deleted", "Evenings")
    for answer in (client.get(address), client.delete(address), client.put(f"{address}/archive")):
        assert (answer.status_code, answer.json()["code"]) == (404, "workspace.not_found")


def test_polls_are_not_locked_for_a_deletion_that_is_not_allowed(
    bob: User, charlie: User, project: Project, workspace: Workspace, client_for: ClientFor
) -> None:
    """Locking them would make voters wait."""
    for user in (bob, charlie):
        for address in (f"/api/workspaces/{workspace.id}", f"/api/projects/{project.id}"):
            with CaptureQueriesContext(connection) as queries:
                assert client_for(user).delete(address).status_code in {403, 404}
            assert not [each for each in queries if "polls_poll" in each["sql"]]

"""Who may open the pages of teams, cell by cell: every address, everybody."""

from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from polls.models import Poll
from tests.conftest import actor_of
from tests.web.conftest import BrowserOf
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.invitations import invite
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import Action, Role, allows

pytestmark = pytest.mark.django_db


class Page(NamedTuple):
    """An address, and what it needs. ``fields`` are sent; without them it is read."""

    path: str
    needs: Action
    fields: dict[str, str] | None = None


PAGES = [
    Page("projects/{project}", Action.VIEW_PROJECT),
    Page("projects/{project}/polls", Action.VIEW_PROJECT),
    Page("projects/{project}/members", Action.VIEW_PROJECT),
    Page("projects/{project}/settings", Action.VIEW_PROJECT),
    Page("projects/{project}/leave", Action.VIEW_PROJECT),
    Page("projects/{project}/activity", Action.VIEW_ACTIVITY),
    Page("projects/{project}/activity.csv", Action.EXPORT_ACTIVITY),
    Page("projects/{project}/activity.json", Action.EXPORT_ACTIVITY),
    Page("projects/{project}/room", Action.USE_ROOM),
    Page("projects/{project}/delete", Action.DELETE_PROJECT),
    Page("projects/{project}/workspaces/new", Action.EDIT_WORKSPACES),
    Page("projects/{project}/members/remove?user={viewer}", Action.MANAGE_MEMBERS),
    Page("projects/{project}/members/transfer?user={viewer}", Action.MANAGE_MEMBERS),
    Page("projects/{project}/jobs", Action.VIEW_JOBS),
    Page("projects/{project}/import-members", Action.MANAGE_MEMBERS),
    Page("projects/{project}/import-workspace", Action.EDIT_WORKSPACES),
    Page("workspaces/{workspace}/import", Action.CREATE_POLLS),
    Page("workspaces/{workspace}/report", Action.EXPORT_POLLS),
    Page("{poll}/report", Action.EXPORT_POLLS),
    Page("workspaces/{workspace}", Action.VIEW_PROJECT),
    Page("workspaces/{workspace}/settings", Action.EDIT_WORKSPACES),
    Page("workspaces/{workspace}/delete", Action.DELETE_WORKSPACES),
    Page("{poll}", Action.VIEW_POLLS),
    Page("{poll}/share", Action.VIEW_POLLS),
    Page("{poll}/timeline", Action.VIEW_POLLS),
    Page("{poll}/qr.svg", Action.VIEW_POLLS),
    Page("{poll}/edit", Action.EDIT_POLLS),
    Page("{poll}/delete", Action.EDIT_POLLS),
    Page("{poll}/export.csv", Action.EXPORT_POLLS),
    Page("projects/{project}/settings", Action.EDIT_PROJECT, {"name": "New", "revision": "x"}),
    Page("projects/{project}/delete", Action.DELETE_PROJECT, {}),
    Page("projects/{project}/import-members", Action.MANAGE_MEMBERS, {}),
    Page("projects/{project}/import-workspace", Action.EDIT_WORKSPACES, {}),
    Page("workspaces/{workspace}/import", Action.CREATE_POLLS, {}),
    Page("workspaces/{workspace}/archive-file", Action.EXPORT_POLLS, {}),
    Page("workspaces/{workspace}/report", Action.EXPORT_POLLS, {"format": "csv"}),
    Page("{poll}/report", Action.EXPORT_POLLS, {"format": "csv"}),
    Page("{poll}/recount", Action.EDIT_POLLS, {}),
    Page("projects/{project}/workspaces/new", Action.EDIT_WORKSPACES, {"name": "New"}),
    Page("projects/{project}/invite", Action.INVITE, {"email": "n@example.org", "role": "viewer"}),
    Page(
        "projects/{project}/members/role",
        Action.MANAGE_MEMBERS,
        {"user": "{viewer}", "role": "collaborator"},
    ),
    Page("projects/{project}/members/remove", Action.MANAGE_MEMBERS, {"user": "{viewer}"}),
    Page("projects/{project}/members/transfer", Action.MANAGE_MEMBERS, {"user": "{viewer}"}),
    Page("projects/{project}/members/resend", Action.INVITE, {"invitation": "{invitation}"}),
    Page("projects/{project}/members/revoke", Action.INVITE, {"invitation": "{invitation}"}),
    Page("workspaces/{workspace}/settings", Action.EDIT_WORKSPACES, {"name": "New"}),
    Page("workspaces/{workspace}/archive", Action.EDIT_WORKSPACES, {}),
    Page("workspaces/{workspace}/restore", Action.EDIT_WORKSPACES, {}),
    Page("workspaces/{workspace}/delete", Action.DELETE_WORKSPACES, {}),
    Page("{poll}/close", Action.EDIT_POLLS, {}),
    Page("{poll}/delete", Action.EDIT_POLLS, {}),
]
ROLES = {"owner": Role.OWNER, "collaborator": Role.COLLABORATOR, "viewer": Role.VIEWER}
PEOPLE = [*ROLES, "staff", "removed", "other", "guest", "visitor"]


class Place(NamedTuple):
    project: Project
    workspace: Workspace
    poll: Poll
    invitation: Invitation

    def fill(self, text: str, team: Team) -> str:
        return text.format(
            project=self.project.id,
            workspace=self.workspace.id,
            poll=self.poll.id,
            invitation=self.invitation.id,
            viewer=team.viewer.id,
        )


@pytest.fixture
def place(team: Team) -> Place:
    project = found_project(team)
    workspace = open_workspace(project)
    poll = make_team_poll(team.owner, workspace)
    invited = invite(
        actor=actor_of(team.owner), project_id=project.id, email="i@example.org", role=Role.VIEWER
    )
    assert invited.invitation is not None
    return Place(project, workspace, poll, invited.invitation)


def status_of(browser: Client, place: Place, page: Page, team: Team) -> int:
    path = f"/manage/{place.fill(page.path, team)}"
    if page.fields is None:
        return browser.get(path).status_code
    fields = {name: place.fill(value, team) for name, value in page.fields.items()}
    return browser.post(path, fields).status_code


def expected(person: str, action: Action) -> set[int]:
    if person in {"guest", "visitor"}:
        # To the page for signing in.
        return {302}
    if person in {"removed", "other"}:
        return {404}
    may = allows(ROLES.get(person), action, is_staff=person == "staff")
    # The room is another page, and "x" is no revision.
    return {200, 302, 412} if may else {403}


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_is_for_those_whose_role_allows_it(
    place: Place, team: Team, browser_of: BrowserOf, person: str
) -> None:
    browser = browser_of(team.people[person])
    for page in PAGES:
        # What they change is undone for the next page.
        before = transaction.savepoint()
        status = status_of(browser, place, page, team)
        transaction.savepoint_rollback(before)
        assert status in expected(person, page.needs), page


@pytest.mark.parametrize("person", ["viewer", "removed", "other", "staff"])
def test_what_does_not_exist_has_the_words_of_what_is_not_shown(
    place: Place, team: Team, browser_of: BrowserOf, person: str
) -> None:
    browser = browser_of(team.people[person])
    missing = place._replace(
        project=Project(id=uuid4()), workspace=Workspace(id=uuid4()), poll=Poll(id=uuid4())
    )
    for page in PAGES:
        assert status_of(browser, missing, page, team) == 404, page


# What the pages offer


def controls_in(html: str, place: Place) -> set[str]:
    """The addresses that the page's links and forms lead to, below its project or poll."""
    offered = {
        "invite": f"/manage/projects/{place.project.id}/invite",
        "role": f"/manage/projects/{place.project.id}/members/role",
        "remove": f"/manage/projects/{place.project.id}/members/remove",
        "delete": f"/manage/projects/{place.project.id}/delete",
        "export": f"/manage/projects/{place.project.id}/activity.csv",
        "new-workspace": f"/manage/projects/{place.project.id}/workspaces/new",
        "archive": f"/manage/workspaces/{place.workspace.id}/archive",
        "delete-workspace": f"/manage/workspaces/{place.workspace.id}/delete",
        "new-poll": f"/manage/new?workspace={place.workspace.id}",
        "edit-poll": f"/manage/{place.poll.id}/edit",
        "close-poll": f"/manage/{place.poll.id}/close",
        "export-poll": f"/manage/{place.poll.id}/export.csv",
    }
    return {name for name, address in offered.items() if f'"{address}' in html}


OFFERS: dict[str, set[str]] = {
    "viewer": set(),
    "collaborator": {
        "export",
        "new-workspace",
        "archive",
        "new-poll",
        "edit-poll",
        "close-poll",
        "export-poll",
    },
}
OFFERS["owner"] = OFFERS["collaborator"] | {
    "invite",
    "role",
    "remove",
    "delete",
    "delete-workspace",
}


@pytest.mark.parametrize("person", ROLES)
def test_pages_offer_what_the_role_allows(
    place: Place, team: Team, browser_of: BrowserOf, person: str
) -> None:
    browser = browser_of(team.people[person])
    paths = [page.path for page in PAGES if page.needs == Action.VIEW_PROJECT]
    html = ""
    for path in [*paths, "projects/{project}/activity", "{poll}"]:
        html += browser.get(f"/manage/{place.fill(path, team)}").content.decode()
    assert controls_in(html, place) == OFFERS[person]


def test_a_member_sees_in_the_switcher_only_their_projects(
    place: Place, team: Team, browser_of: BrowserOf
) -> None:
    for person, is_listed in (("viewer", True), ("other", False), ("removed", False)):
        html = browser_of(team.people[person]).get("/manage").content.decode()
        assert (str(place.project.id) in html) is is_listed, person


def test_a_removed_creator_keeps_no_rights_to_the_polls_of_the_team(
    place: Place, team: Team, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(team.collaborator, place.workspace)
    browser = browser_of(team.collaborator)
    assert browser.get(f"/manage/{poll.id}/edit").status_code == 200
    Member.objects.filter(user=team.collaborator).delete()
    assert browser.get(f"/manage/{poll.id}/edit").status_code == 404
    assert str(poll.id) not in browser.get("/manage").content.decode()


def test_viewers_see_hidden_results_only_when_voters_do(
    place: Place, team: Team, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(team.owner, place.workspace, results_visibility="after_close")
    viewer = browser_of(team.viewer)
    html = viewer.get(f"/manage/{poll.id}").content.decode()
    assert "The results of this poll are hidden for now." in html
    assert "bar-count" not in html
    assert viewer.get(f"/manage/{poll.id}/timeline").status_code == 403
    html = browser_of(team.collaborator).get(f"/manage/{poll.id}").content.decode()
    assert "The results of this poll are hidden for now." not in html


def test_results_for_the_team_are_seen_by_all_members(
    place: Place, team: Team, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(team.owner, place.workspace, results_visibility="owner")
    html = browser_of(team.viewer).get(f"/manage/{poll.id}").content.decode()
    assert "bar-count" in html


@pytest.mark.parametrize("person", ["viewer", "other"])
def test_polls_are_created_only_where_the_role_allows_it(
    place: Place, team: Team, browser_of: BrowserOf, person: str
) -> None:
    browser = browser_of(team.people[person])
    page = browser.get(f"/manage/new?workspace={place.workspace.id}").content.decode()
    assert f'value="{place.workspace.id}"' not in page
    fields: dict[str, Any] = {
        "question": "Mine?",
        "option": ["Tea", "Coffee"],
        "workspace": str(place.workspace.id),
    }
    browser.post("/manage/new", fields)
    assert not Poll.objects.filter(question="Mine?", project=place.project).exists()


def test_guests_learn_that_projects_need_an_account(guest: User, browser_of: BrowserOf) -> None:
    for path in ("/manage/projects", "/manage/projects/new"):
        assert browser_of(guest).get(path).status_code == 403
        assert Client().get(path).status_code == 302

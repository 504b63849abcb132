"""``/manage/projects`` and ``/manage/workspaces``: the pages of teams, without a script."""

import html
import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.ids import new_id
from polls.models import Poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf
from tests.workspaces.polls import make_team_poll
from tests.workspaces.rows import log_many
from tests.workspaces.teams import join, open_workspace
from web.role_texts import ACTION_NAMES
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import PERMISSIONS, Action, Role
from workspaces.projects import create_project, update_project
from workspaces.spaces import update_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """alice owns it, bob collaborates."""
    project = create_project(actor=actor_of(alice), name="Town hall")
    join(project, bob, Role.COLLABORATOR)
    project.refresh_from_db()
    return project


@pytest.fixture
def workspace(project: Project) -> Workspace:
    return open_workspace(project)


def read(browser: Client, path: str) -> str:
    """The text of a page, without its tags."""
    page = browser.get(path)
    assert page.status_code == 200, page.status_code
    return text_in(page.content.decode())


def send(browser: Client, path: str, **fields: str) -> str:
    page = browser.post(path, fields, follow=True)
    return text_in(page.content.decode())


def text_in(page: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    return re.sub(r"\s+", " ", text)


# Projects


def test_a_project_is_created(alice: User, browser_of: BrowserOf) -> None:
    browser = browser_of(alice)
    assert "Run polls together" in read(browser, "/manage/projects")
    text = send(browser, "/manage/projects/new", name=" Town hall ", description="Monthly.")
    project = Project.objects.get()
    assert (project.name, project.description) == ("Town hall", "Monthly.")
    assert "No workspaces yet" in text
    assert "Alice created the project." in text


@pytest.mark.parametrize("name", ["", "   ", "a\u0007b", "x" * 101])
def test_invalid_names_are_explained(
    workspace: Workspace, alice: User, browser_of: BrowserOf, name: str
) -> None:
    browser = browser_of(alice)
    for path in (
        "/manage/projects/new",
        f"/manage/projects/{workspace.project_id}/workspaces/new",
        f"/manage/workspaces/{workspace.id}/settings",
        f"/manage/projects/{workspace.project_id}/settings",
    ):
        page = browser.post(path, {"name": name, "revision": "1"})
        assert 'class="field-error"' in page.content.decode(), path
    assert Project.objects.get().name == "Town hall"
    assert Workspace.objects.get().name == workspace.name


def test_the_list_has_your_projects_with_your_role(
    project: Project, bob: User, charlie: User, browser_of: BrowserOf
) -> None:
    create_project(actor=actor_of(charlie), name="Other")
    text = read(browser_of(bob), "/manage/projects")
    assert "Town hall 2 members 0 polls Collaborator" in text
    assert "Other" not in text
    assert "No projects found" in read(browser_of(bob), "/manage/projects?search=xyzzy")
    assert "No projects found" in read(browser_of(bob), "/manage/projects?search=%00")


def test_settings_are_saved(project: Project, alice: User, browser_of: BrowserOf) -> None:
    path = f"/manage/projects/{project.id}/settings"
    text = send(browser_of(alice), path, name="City hall", revision=str(project.revision))
    assert "Saved." in text
    assert Project.objects.get().name == "City hall"


def test_settings_that_somebody_else_saved_are_shown_before_they_are_overwritten(
    project: Project, alice: User, browser_of: BrowserOf
) -> None:
    path = f"/manage/projects/{project.id}/settings"
    revision = str(project.revision)
    update_project(actor=actor_of(alice), project_id=project.id, name="Theirs")
    browser = browser_of(alice)
    page = browser.post(path, {"name": "Mine", "revision": revision})
    assert page.status_code == 412
    text = page.content.decode()
    assert "Current name" in text
    assert "Theirs" in text
    current = str(Project.objects.get().revision)
    assert f'name="revision" value="{current}"' in text
    send(browser, path, name="Mine", revision=current)
    assert Project.objects.get().name == "Mine"


def test_a_project_is_deleted_after_a_page_that_counts_what_is_in_it(
    workspace: Workspace, alice: User, browser_of: BrowserOf
) -> None:
    make_team_poll(alice, workspace)
    path = f"/manage/projects/{workspace.project_id}/delete"
    text = read(browser_of(alice), path)
    assert "1 workspace" in text
    assert "1 poll with its votes" in text
    assert "Project deleted." in send(browser_of(alice), path)
    assert not Project.objects.exists()
    assert not Poll.objects.exists()


def test_members_leave_and_the_last_owner_learns_why_they_cannot(
    project: Project, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    path = f"/manage/projects/{project.id}/leave"
    assert "Leave this project?" in read(browser_of(bob), path)
    assert "You left the project." in send(browser_of(bob), path)
    assert "A project needs an owner." in send(browser_of(alice), path)
    assert Member.objects.get().user == alice


# Workspaces


def test_a_workspace_is_created_with_settings_for_new_polls(
    project: Project, bob: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(bob)
    fields = {"color": "teal", "kind": "multiple", "results_visibility": "after_vote"}
    path = f"/manage/projects/{project.id}/workspaces/new"
    send(browser, path, name="Budget", description="For 2027", **fields)
    workspace = Workspace.objects.get()
    assert workspace.settings["color"] == "teal"
    page = browser.get(f"/manage/new?workspace={workspace.id}").content.decode()
    assert f'<option value="{workspace.id}" selected>' in page
    assert re.search(r'value="multiple"[^>]*checked', page)
    assert re.search(r'value="after_vote"[^>]*checked', page)


def test_settings_of_workspaces_have_a_revision_too(
    workspace: Workspace, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    update_workspace(actor=actor_of(alice), workspace_id=workspace.id, name="Theirs")
    page = browser_of(bob).post(
        f"/manage/workspaces/{workspace.id}/settings",
        {"name": "Mine", "revision": str(workspace.revision)},
    )
    assert page.status_code == 412
    assert Workspace.objects.get().name == "Theirs"


def test_an_archived_workspace_takes_no_polls_and_can_be_restored(
    workspace: Workspace, alice: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    path = f"/manage/workspaces/{workspace.id}"
    make_team_poll(alice, workspace)
    text = send(browser, f"{path}/archive")
    assert "Workspace archived." in text
    assert "takes no new ones" in text
    assert "Tea or coffee?" in text
    assert "New poll" not in text
    assert workspace.name not in read(browser, "/manage/new")
    assert "Workspace restored." in send(browser, f"{path}/restore")
    assert "New poll" in read(browser, path)


def test_a_workspace_is_deleted_with_its_polls(
    workspace: Workspace, alice: User, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(alice, workspace)
    path = f"/manage/workspaces/{workspace.id}/delete"
    assert "the workspace with 1 poll and its votes" in read(browser_of(alice), path)
    assert "Workspace deleted." in send(browser_of(alice), path)
    assert not Poll.objects.filter(id=poll.id).exists()


def test_polls_are_listed_where_they_are(
    workspace: Workspace, alice: User, bob: User, make_poll: MakePoll, browser_of: BrowserOf
) -> None:
    make_poll(question="Mine alone?")
    make_team_poll(bob, workspace, question="Ours?", is_published=False)
    browser = browser_of(alice)
    assert "Ours?" not in read(browser, "/manage")
    for path in (
        f"/manage/workspaces/{workspace.id}",
        f"/manage/projects/{workspace.project_id}/polls",
    ):
        text = read(browser, path)
        assert "Ours?" in text
        assert "Mine alone?" not in text
        assert "All 1 Drafts 1 Open 0 Closed 0" in text
        assert "Ours?" not in read(browser, f"{path}?search=theirs")
        assert "Ours?" not in read(browser, f"{path}?state=open")


# Polls


def test_a_poll_is_created_in_a_workspace_and_moved(
    workspace: Workspace, bob: User, browser_of: BrowserOf
) -> None:
    other = open_workspace(workspace.project, "Mornings")
    browser = browser_of(bob)
    fields = {"question": "Tea?", "option": ["Yes", "No"], "workspace": str(workspace.id)}
    browser.post("/manage/new", fields)
    poll = Poll.objects.get()
    assert poll.workspace == workspace
    page = browser.get(f"/manage/{poll.id}").content.decode()
    assert f'href="/manage/workspaces/{workspace.id}"' in page
    # A collaborator may not move it out of the project.
    page = browser.get(f"/manage/{poll.id}/edit").content.decode()
    assert "My polls" not in text_in(page[page.index('id="id_workspace"') :])
    fields |= {"workspace": str(other.id), "revision": str(poll.revision)}
    browser.post(f"/manage/{poll.id}/edit", fields)
    poll.refresh_from_db()
    assert poll.workspace == other
    fields |= {"workspace": "", "revision": str(poll.revision)}
    text = text_in(browser.post(f"/manage/{poll.id}/edit", fields).content.decode())
    assert "Your role in this project doesn’t allow this." in text
    poll.refresh_from_db()
    assert poll.workspace == other


def test_an_owner_moves_a_poll_out_of_the_project(
    workspace: Workspace, alice: User, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(alice, workspace)
    fields = {"question": "Tea?", "workspace": "", "revision": str(poll.revision)}
    browser_of(alice).post(f"/manage/{poll.id}/edit", fields)
    poll.refresh_from_db()
    assert (poll.workspace_id, poll.project_id, poll.creator_id) == (None, None, alice.id)


def test_a_form_without_teams_offers_no_workspaces(alice: User, browser_of: BrowserOf) -> None:
    assert 'name="workspace"' not in browser_of(alice).get("/manage/new").content.decode()


def test_deleting_a_poll_leads_back_to_its_workspace(
    workspace: Workspace, alice: User, browser_of: BrowserOf
) -> None:
    poll = make_team_poll(alice, workspace)
    answer = browser_of(alice).post(f"/manage/{poll.id}/delete")
    assert answer["Location"] == f"/manage/workspaces/{workspace.id}"


# Members


def member_path(project: Project, action: str = "") -> str:
    return f"/manage/projects/{project.id}/members{action and '/'}{action}"


def test_members_are_listed_with_what_roles_may_do(
    project: Project, bob: User, browser_of: BrowserOf
) -> None:
    text = read(browser_of(bob), member_path(project))
    assert re.search(r"Bob You joined on \S+ \d+, \d+ Collaborator", text)
    page = browser_of(bob).get(member_path(project)).content.decode()
    assert page.count("<td>yes</td>") == sum(len(PERMISSIONS[role]) for role in Role)
    assert "Nobody found." in read(browser_of(bob), f"{member_path(project)}?search=%00xyzzy")


def test_every_action_has_a_name_on_the_page() -> None:
    assert set(ACTION_NAMES) == set(Action)


def test_owners_change_roles_remove_and_hand_over(
    project: Project, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    user = str(bob.id)
    text = send(browser, member_path(project, "role"), user=user, role="viewer")
    assert "Role changed." in text
    assert Member.objects.get(user=bob).role == Role.VIEWER
    ask = read(browser, f"{member_path(project, 'transfer')}?user={user}")
    assert "Hand over this project?" in ask
    assert "Project handed over." in send(browser, member_path(project, "transfer"), user=user)
    assert Member.objects.get(user=bob).role == Role.OWNER
    assert Member.objects.get(user=alice).role == Role.COLLABORATOR
    owner = browser_of(bob)
    ask = read(owner, f"{member_path(project, 'remove')}?user={alice.id}")
    assert "Remove this member?" in ask
    assert "Member removed." in send(owner, member_path(project, "remove"), user=str(alice.id))
    text = send(owner, member_path(project, "remove"), user=str(alice.id))
    assert "This person isn’t a member." in text


@pytest.mark.parametrize("role", ["", "boss"])
def test_a_role_that_does_not_exist_changes_nothing(
    project: Project, alice: User, bob: User, browser_of: BrowserOf, role: str
) -> None:
    send(browser_of(alice), member_path(project, "role"), user=str(bob.id), role=role)
    assert Member.objects.get(user=bob).role == Role.COLLABORATOR


@pytest.mark.parametrize("action", ["role", "remove", "transfer", "resend", "revoke"])
def test_ids_that_are_none_are_explained(
    project: Project, alice: User, browser_of: BrowserOf, action: str
) -> None:
    browser = browser_of(alice)
    for value in ("", "x", str(new_id())):
        text = send(
            browser, member_path(project, action), user=value, invitation=value, role="viewer"
        )
        assert "Members" in text
        assert "changed." not in text


def test_people_are_invited_again_and_invitations_are_revoked(
    project: Project, alice: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(alice)
    path = f"/manage/projects/{project.id}/invite"
    text = send(browser, path, email="grace@example.org", role="viewer")
    assert "Invitation sent." in text
    assert "grace@example.org Viewer · expires on" in text
    text = send(browser, path, email="Grace@example.org", role="viewer")
    assert "This address has been invited already." in text
    assert "This person is a member already." in send(
        browser, path, email="bob@example.org", role="viewer"
    )
    assert "class" in browser.post(path, {"email": "x", "role": "viewer"}).content.decode()
    invitation = str(Invitation.objects.get().id)
    text = send(browser, member_path(project, "resend"), invitation=invitation)
    assert "Invitation sent again." in text
    text = send(browser, member_path(project, "revoke"), invitation=invitation)
    assert "Invitation revoked." in text
    assert "grace@example.org" not in text


def test_an_open_invitation_is_shown_in_your_lists(
    project: Project, alice: User, charlie: User, browser_of: BrowserOf
) -> None:
    path = f"/manage/projects/{project.id}/invite"
    send(browser_of(alice), path, email=str(charlie.email), role="viewer")
    for page in ("/manage", "/manage/projects"):
        assert "Alice invites you to “Town hall”" in read(browser_of(charlie), page)
        assert "invites you" not in read(browser_of(alice), page)


# Costs


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/manage", 12),
        ("/manage/projects", 12),
        ("/manage/projects/{project}", 20),
        ("/manage/projects/{project}/polls", 20),
        ("/manage/projects/{project}/members", 25),
        ("/manage/projects/{project}/activity", 25),
        ("/manage/workspaces/{workspace}", 20),
        ("/manage/new?workspace={workspace}", 15),
    ],
)
def test_pages_cost_the_same_with_large_teams(
    workspace: Workspace,
    alice: User,
    browser_of: BrowserOf,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    most: int,
) -> None:
    project, browser = workspace.project, browser_of(alice)
    path = path.format(project=project.id, workspace=workspace.id)
    make_team_poll(alice, workspace)
    read(browser, path)  # gives the session its sign-in
    with django_assert_max_num_queries(most) as small:
        read(browser, path)
    fill(project, workspace, alice)
    with django_assert_num_queries(len(small)):
        read(browser, path)


def fill(project: Project, workspace: Workspace, owner: User) -> None:
    """200 members, 500 polls, 10,000 activities, and some more workspaces."""
    people = User.objects.bulk_create(
        User(name=f"Member {number}", email=f"member{number}@example.org") for number in range(200)
    )
    now = timezone.now()
    Member.objects.bulk_create(
        Member(project=project, user=user, role=Role.VIEWER, joined_at=now) for user in people
    )
    project.refresh_from_db()
    log_many(project, owner, 10_000)
    for number in range(20):
        open_workspace(project, f"Workspace {number}")
    template = Poll.objects.get(workspace=workspace)
    Poll.objects.bulk_create(
        Poll(
            question=f"Question {number}?",
            creator=owner,
            project=project,
            workspace=workspace,
            join_code=f"{number:06}",
            state=template.state,
            created_at=template.created_at,
            updated_at=template.updated_at,
        )
        for number in range(500)
    )

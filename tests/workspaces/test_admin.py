"""Projects, members, invitations, workspaces and activities in the admin."""

from typing import Any

import pytest
from django.db.models import Model
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Room
from chat.project_rooms import open_project_room
from polls.models import Poll
from tests.conftest import MakePoll, actor_of, make_user
from tests.moderation_client import ModerationClient, errors_of, log_of, messages_of
from tests.workspaces.teams import join, open_workspace
from tests.workspaces.teams import log_of as activities_of
from workspaces.invitations import invite
from workspaces.models import Activity, Invitation, Member, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project, delete_project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

REASON = {"reason": "Asked for by mail."}
MODELS: list[type[Model]] = [Project, Member, Workspace, Invitation, Activity]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.fixture
def invitation(project: Project, alice: User) -> Invitation:
    invite(actor=actor_of(alice), project_id=project.id, email="gast@example.org", role=Role.VIEWER)
    return Invitation.objects.get()


def rows_of(answer: Any) -> list[Model]:
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def member_of(project: Project, user: User) -> Member:
    return Member.objects.get(project=project, user=user)


def put_into(poll: Poll, workspace: Workspace) -> None:
    Poll.objects.filter(id=poll.id).update(project=workspace.project_id, workspace=workspace)


def last_activity(project: Project) -> Activity:
    return project.activities.order_by("seq").last()  # type: ignore[return-value]


# Lists


def test_the_list_has_projects_with_their_owners_and_counts(
    moderator: ModerationClient, project: Project, workspace: Workspace, invitation: Invitation,
    make_poll: MakePoll,
) -> None:  # fmt: skip
    put_into(make_poll(), workspace)
    page = moderator.list_of(Project).content.decode()
    counts = {
        "members_shown": 3, "workspaces_shown": 1, "polls": 1, "invitations": 1,
        "activities_shown": Project.objects.get().last_seq,
    }  # fmt: skip
    for name, count in counts.items():
        assert f'<td class="field-{name}">{count}</td>' in page, name
    assert f'/admin/accounts/user/{project.creator_id}/change/">Alice</a>' in page


@pytest.mark.parametrize(
    ("model", "query", "count"),
    [
        (Project, {"q": "TOWN"}, 1),
        (Project, {"q": "vera@"}, 1),
        (Project, {"q": "nobody"}, 0),
        (Project, {"owner": "active"}, 1),
        (Project, {"owner": "none"}, 0),
        (Member, {"q": "vera"}, 1),
        (Member, {"q": "town"}, 3),
        (Member, {"role": "owner"}, 1),
        (Workspace, {"q": "even"}, 1),
        (Workspace, {"archived": "yes"}, 0),
        (Invitation, {"q": "gast@"}, 1),
        (Invitation, {"state": "open"}, 1),
        (Invitation, {"state": "revoked"}, 0),
        (Activity, {"q": "member.added"}, 2),
        (Activity, {"q": "alice@"}, 5),
        (Activity, {"kind": "workspace"}, 1),
        (Activity, {"made": "hour"}, 5),
    ],
)
def test_lists_are_searched_and_filtered(
    moderator: ModerationClient, project: Project, workspace: Workspace, invitation: Invitation,
    model: type[Model], query: dict[str, str], count: int,
) -> None:  # fmt: skip
    assert len(rows_of(moderator.list_of(model, **query))) == count


def test_a_project_whose_owner_is_suspended_is_found(
    moderator: ModerationClient, project: Project, alice: User
) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    assert rows_of(moderator.list_of(Project, owner="none")) == [project]


def test_a_project_links_to_its_members_polls_room_and_activity(
    moderator: ModerationClient, project: Project, workspace: Workspace, alice: User,
    make_poll: MakePoll,
) -> None:  # fmt: skip
    poll = make_poll()
    make_poll()
    put_into(poll, workspace)
    room = open_project_room(actor=actor_of(alice), project_id=project.id)
    create_project(actor=actor_of(alice), name="Choir")
    links = {label: url for url, label in moderator.page_of(project).context["object_links"]}
    found = {label: rows_of(moderator.client.get(url)) for label, url in links.items()}
    assert found["Polls"] == [poll]
    assert found["Room"] == [room]
    assert found["Workspaces"] == [workspace]
    assert (len(found["Members"]), len(found["Invitations"])) == (3, 0)
    assert len(found["Activity"]) == Project.objects.get(id=project.id).last_seq
    [(url, label)] = moderator.page_of(workspace).context["object_links"]
    assert (label, rows_of(moderator.client.get(url))) == ("Polls", [poll])


def test_users_and_polls_link_to_their_projects(
    moderator: ModerationClient, project: Project, workspace: Workspace, vera: User,
    make_poll: MakePoll,
) -> None:  # fmt: skip
    links = {label: url for url, label in moderator.page_of(vera).context["object_links"]}
    assert rows_of(moderator.client.get(links["1 projects"])) == [member_of(project, vera)]
    poll = make_poll()
    assert "field-project_shown" not in moderator.page_of(poll).content.decode()
    put_into(poll, workspace)
    page = moderator.page_of(poll).content.decode()
    for thing in (project, workspace):
        assert f'href="{moderator.address(type(thing), thing)}">{thing}</a>' in page
    assert moderator.address(Project, project) in moderator.list_of(Poll).content.decode()


def test_the_room_of_a_project_has_its_name(
    moderator: ModerationClient, project: Project, vera: User
) -> None:
    room = open_project_room(actor=actor_of(vera), project_id=project.id)
    assert rows_of(moderator.list_of(Room, q="town")) == [room]
    assert moderator.address(Project, project) in moderator.page_of(room).content.decode()


# Actions


def test_a_project_is_renamed_with_an_activity(
    moderator: ModerationClient, project: Project, staff: User
) -> None:
    moderator.save(project, name="Market square")
    activity = last_activity(project)
    assert (activity.verb, activity.actor_id) == ("project.changed", staff.id)
    assert (activity.before, activity.after) == ({"name": "Town hall"}, {"name": "Market square"})
    assert log_of(project) == ["name: Town hall → Market square."]


def test_a_name_that_somebody_else_has_changed_is_not_overwritten(
    moderator: ModerationClient, project: Project
) -> None:
    answer = moderator.save(project, name="Mine", revision="0")
    assert errors_of(answer)
    assert Project.objects.get().name == "Town hall"
    assert "This field is required" in str(errors_of(moderator.save(project, name="\u200b")))


@pytest.mark.parametrize("is_member", [True, False])
def test_a_project_is_handed_over(
    moderator: ModerationClient, project: Project, vera: User, *, is_member: bool
) -> None:
    new = vera if is_member else make_user("Nora")
    assert "stay owners" in moderator.act("hand_over_projects", project).content.decode()
    moderator.act("hand_over_projects", project, email=str(new.email), **REASON)
    assert member_of(project, new).role == Role.OWNER
    verb = "project.transferred" if is_member else "member.added"
    assert activities_of(project)[-1] == (verb, new.name)
    assert log_of(project) == [f"Handed over to {new.email}: Asked for by mail."]
    again = moderator.act("hand_over_projects", project, email=str(new.email), **REASON)
    assert "Nothing to change" in messages_of(again)[0]


def test_a_project_is_not_handed_over_to_somebody_who_cannot_use_it(
    moderator: ModerationClient, project: Project, charlie: User
) -> None:
    User.objects.filter(id=charlie.id).update(is_active=False)
    for email in ("nobody@example.org", str(charlie.email)):
        answer = moderator.act("hand_over_projects", project, email=email, **REASON)
        assert "There is no active account" in messages_of(answer)[0]
    assert (Invitation.objects.count(), Member.objects.count()) == (0, 3)


def test_a_member_gets_another_role_and_is_removed(
    moderator: ModerationClient, project: Project, vera: User
) -> None:
    for action, role in (
        ("make_owners", Role.OWNER),
        ("make_collaborators", Role.COLLABORATOR),
        ("make_viewers", Role.VIEWER),
    ):
        moderator.act(action, member_of(project, vera))
        assert member_of(project, vera).role == role
    moderator.act("remove_members", member_of(project, vera), **REASON)
    assert not Member.objects.filter(user=vera).exists()
    verbs = ["member.role_changed"] * 3 + ["member.removed"]
    assert [verb for verb, _ in activities_of(project)[-4:]] == verbs


def test_the_last_owner_stays(moderator: ModerationClient, project: Project, alice: User) -> None:
    for action, fields in (("make_viewers", {}), ("remove_members", REASON)):
        answer = moderator.act(action, member_of(project, alice), **fields)
        assert "needs an owner" in messages_of(answer)[0]
    assert member_of(project, alice).role == Role.OWNER


@pytest.mark.parametrize("action", ["revoke_invitations", "revoke_all_invitations"])
def test_invitations_are_revoked(
    moderator: ModerationClient, project: Project, invitation: Invitation, action: str
) -> None:
    moderator.act(action, invitation if action == "revoke_invitations" else project, **REASON)
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None
    verb, name = activities_of(project)[-1]
    assert (verb, "gast" in name) == ("invitation.revoked", False)
    assert rows_of(moderator.list_of(Invitation, state="revoked")) == [invitation]
    again = moderator.act("revoke_all_invitations", project, **REASON)
    assert "Nothing to change" in messages_of(again)[0]


def test_a_project_is_deleted_and_its_activity_stays(
    moderator: ModerationClient, project: Project, workspace: Workspace, staff: User
) -> None:
    moderator.act("delete_selected", project, **REASON)
    assert not Project.objects.exists()
    assert log_of(project) == ["Deleted: Asked for by mail."]
    newest = rows_of(moderator.list_of(Activity))[0]
    assert isinstance(newest, Activity)
    assert (newest.verb, newest.actor_id) == ("project.deleted", staff.id)
    page = moderator.page_of(newest).content.decode()
    assert f"{project.id} (deleted)" in page
    assert "Town hall" in page


# Privacy, and cost


def test_activities_and_workspaces_are_read_only(
    moderator: ModerationClient, project: Project, workspace: Workspace
) -> None:
    for thing in (last_activity(project), workspace, Member.objects.first()):
        assert thing is not None
        page = moderator.page_of(thing)
        assert 'name="_save"' not in page.content.decode()
        assert moderator.client.post(moderator.address(type(thing), thing), {}).status_code == 403
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_delete"
        assert moderator.client.post(reverse(name, args=[thing.pk])).status_code == 403
    assert 'name="action"' not in moderator.list_of(Activity).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_others_do_not_see_them(bob: User, project: Project, model: type[Model]) -> None:
    for user in (bob, None):
        answer = ModerationClient(user).list_of(model)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("count", [1, 8])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    moderator: ModerationClient,
    alice: User,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        project = create_project(actor=actor_of(alice), name=f"Project {number}")
        put_into(make_poll(), open_workspace(project))
        join(project, make_user(f"Member{number}"), Role.VIEWER)
        email = f"gast{number}@example.org"
        invite(actor=actor_of(alice), project_id=project.id, email=email, role=Role.VIEWER)
    moderator.settle()
    # The session, the person, how many there are, and they themselves.
    expected = dict.fromkeys(MODELS, 4) | {Project: 4 + POLL_COUNT, Workspace: 4 + POLL_COUNT}
    for model, queries in expected.items():
        with django_assert_num_queries(queries):
            assert len(rows_of(moderator.list_of(model))) >= count


# Of the polls of projects, or of workspaces.
POLL_COUNT = 1


@pytest.mark.parametrize("lookup", ["members__user__password__startswith", "nonsense"])
def test_only_indexed_columns_can_be_looked_up(moderator: ModerationClient, lookup: str) -> None:
    for model in MODELS:
        assert moderator.list_of(model, **{lookup: "x"}).status_code in {302, 400}


def test_activities_of_a_deleted_project_do_not_count_as_those_of_another(
    moderator: ModerationClient, project: Project, alice: User
) -> None:
    own = create_project(actor=actor_of(alice), name="Choir")
    delete_project(actor=actor_of(alice), project_id=project.id)
    [activity] = rows_of(moderator.list_of(Activity, project=own.id))
    assert activity == last_activity(own)

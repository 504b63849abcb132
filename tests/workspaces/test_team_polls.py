"""Polls that belong to a team: created, moved, passed on, deleted, and recorded."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services import delete_user
from apikit.errors import ApiError
from polls.deadlines import apply_deadlines
from polls.deleting import delete_polls_in, delete_polls_of
from polls.editing import OptionEdit, update_poll
from polls.errors import NotPollOwnerError, PollNotFoundError
from polls.models import Poll, PollKind, PollRemoval, ResultsVisibility
from polls.picture_encoding import EncodedPicture
from polls.pictures import add_picture
from polls.selectors import get_next_poll_for, get_poll_for
from polls.services import (
    close_poll,
    create_poll,
    delete_poll,
    duplicate_poll,
    hide_poll,
    publish_poll,
    reopen_poll,
    restore_poll,
)
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids
from tests.polls.conftest import poll_of, refusal_of
from tests.workspaces.polls import make_team_poll, recorded_of
from tests.workspaces.teams import join, open_workspace
from workspaces.errors import ActionNotAllowedError, WorkspaceArchivedError, WorkspaceNotFoundError
from workspaces.members import change_role, remove_member
from workspaces.models import Activity, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project, delete_project
from workspaces.spaces import delete_workspace, update_workspace

pytestmark = [pytest.mark.both, pytest.mark.django_db]

QUESTION: dict[str, Any] = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}


@pytest.fixture
def other_workspace(project: Project) -> Workspace:
    return open_workspace(project, "Mornings")


@pytest.fixture
def other_project(alice: User, bob: User) -> Project:
    """One of bob's, in which alice is a viewer."""
    other = create_project(actor=actor_of(bob), name="Library")
    join(other, alice, Role.VIEWER)
    return other


def move(user: User, poll: Poll, workspace: Workspace | None) -> Poll:
    changes = {"workspace_id": workspace and workspace.id}
    return update_poll(actor=actor_of(user), poll_id=poll.id, changes=changes)


def archive(workspace: Workspace) -> None:
    assert workspace.project.creator is not None
    actor = actor_of(workspace.project.creator)
    update_workspace(actor=actor, workspace_id=workspace.id, is_archived=True)


# Creating


def test_a_poll_is_created_in_a_workspace(
    bob: User, workspace: Workspace, client_for: ClientFor
) -> None:
    response = client_for(bob).post("/api/polls", {**QUESTION, "workspaceId": str(workspace.id)})
    shown = poll_of(response)
    poll = Poll.objects.get()
    assert shown["workspaceId"] == str(workspace.id)
    assert (poll.workspace_id, poll.project_id) == (workspace.id, workspace.project_id)


def test_viewers_and_strangers_create_none_there(
    vera: User, charlie: User, workspace: Workspace, client_for: ClientFor
) -> None:
    body = {**QUESTION, "workspaceId": str(workspace.id)}
    missing = {**QUESTION, "workspaceId": str(uuid4())}
    assert refusal_of(client_for(vera).post("/api/polls", body)) == (403, "project.not_allowed")
    strangers = client_for(charlie)
    answers = [strangers.post("/api/polls", each) for each in (body, missing)]
    assert {refusal_of(each) for each in answers} == {(404, "workspace.not_found")}
    assert not Poll.objects.exists()


def test_an_archived_workspace_takes_no_polls(
    alice: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    inside, outside = make_team_poll(alice, workspace), make_poll()
    archive(workspace)
    with pytest.raises(WorkspaceArchivedError):
        make_team_poll(alice, workspace)
    with pytest.raises(WorkspaceArchivedError):
        move(alice, outside, workspace)
    with pytest.raises(WorkspaceArchivedError):
        duplicate_poll(actor=actor_of(alice), poll_id=inside.id)
    # Those that it has can still be used.
    close_poll(actor=actor_of(alice), poll_id=inside.id)
    update_poll(actor=actor_of(alice), poll_id=inside.id, changes={"question": "Milk?"})


def test_a_workspace_has_defaults_for_what_the_request_leaves_out(
    alice: User, workspace: Workspace
) -> None:
    defaults = {"kind": "multiple", "allowChange": True, "resultsVisibility": "after_vote"}
    settings = {"pollDefaults": defaults}
    update_workspace(actor=actor_of(alice), workspace_id=workspace.id, settings=settings)
    poll = make_team_poll(alice, workspace)
    assert (poll.kind, poll.max_choices) == (PollKind.MULTIPLE, 2)
    assert (poll.allow_change, poll.results_visibility) == (True, ResultsVisibility.AFTER_VOTE)
    named = make_team_poll(
        alice,
        workspace,
        kind=PollKind.SINGLE,
        allow_change=False,
        results_visibility=ResultsVisibility.ALWAYS,
    )
    assert (named.kind, named.max_choices, named.allow_change) == (PollKind.SINGLE, 1, False)
    assert named.results_visibility == ResultsVisibility.ALWAYS


@pytest.mark.parametrize(
    ("default", "options", "kind"),
    [
        ("numeric", [], "numeric"),
        ("numeric", ["Tea", "Coffee"], "single"),
        ("ranking", ["Tea", "Coffee"], "ranking"),
        ("ranking", [str(each) for each in range(21)], "single"),
        # A date needs a slot.
        ("dates", ["Monday", "Tuesday"], "single"),
    ],
)
def test_the_default_kind_is_that_of_polls_whose_options_fit_it(
    alice: User, workspace: Workspace, default: str, options: list[str], kind: str
) -> None:
    settings = {"pollDefaults": {"kind": default}}
    update_workspace(actor=actor_of(alice), workspace_id=workspace.id, settings=settings)
    assert make_team_poll(alice, workspace, options=options).kind == kind


def test_changed_settings_are_recorded(alice: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace, kind=PollKind.RANKING)
    changes = {"settings": {"places": 1}}
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes=changes)
    verb, *_, after = recorded_of(poll)[-1]
    assert (verb, after) == ("poll.edited", {"settings": {"method": "borda", "places": 1}})


def test_changed_places_and_pictures_are_recorded(alice: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace, options=["Tea", "Coffee"])
    picture = add_picture(actor=actor_of(alice), picture=EncodedPicture(b"webp", 4, 3))
    edits = [
        OptionEdit("Tea", limit=3),
        OptionEdit("Coffee", picture_id=picture.id, picture_alt="A cup"),
    ]
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": edits})
    assert recorded_of(poll)[-1] == (
        "poll.edited",
        alice.id,
        {
            "optionLimits": [None, None],
            "optionPictureIds": [None, None],
            "optionPictureAlts": ["", ""],
        },
        {
            "optionLimits": [3, None],
            "optionPictureIds": [None, str(picture.id)],
            "optionPictureAlts": ["", "A cup"],
        },
    )
    places = make_team_poll(alice, workspace, kind=PollKind.HOTSPOT, options=[])
    changes = {"picture_id": picture.id, "picture_alt": "A cup"}
    update_poll(actor=actor_of(alice), poll_id=places.id, changes=changes)
    *_, before, after = recorded_of(places)[-1]
    assert before == {"pictureId": None, "pictureAlt": ""}
    assert after == {"pictureId": str(picture.id), "pictureAlt": "A cup"}


def test_a_duplicate_stays_in_the_workspace(alice: User, bob: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace)
    copy = duplicate_poll(actor=actor_of(bob), poll_id=poll.id)
    assert (copy.workspace_id, copy.creator_id) == (workspace.id, bob.id)
    assert [verb for verb, *_ in recorded_of(copy)] == ["poll.created"]


# Moving


def test_collaborators_move_polls_between_workspaces(
    alice: User,
    bob: User,
    workspace: Workspace,
    other_workspace: Workspace,
    client_for: ClientFor,
) -> None:
    poll = make_team_poll(alice, workspace)
    body = {"workspaceId": str(other_workspace.id)}
    response = client_for(bob).patch(f"/api/polls/{poll.id}", body, HTTP_IF_MATCH='"1"')
    assert poll_of(response)["workspaceId"] == str(other_workspace.id)
    assert response["ETag"] == '"2"'
    again = client_for(bob).patch(f"/api/polls/{poll.id}", body, HTTP_IF_MATCH='"1"')
    assert refusal_of(again) == (412, "precondition_failed")
    before, after = {"workspaceId": str(workspace.id)}, {"workspaceId": str(other_workspace.id)}
    assert recorded_of(poll)[1:] == [("poll.moved", bob.id, before, after)]


def test_moving_a_poll_where_it_is_changes_nothing(alice: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace)
    assert move(alice, poll, workspace).revision == poll.revision
    assert [verb for verb, *_ in recorded_of(poll)] == ["poll.created"]


def test_a_poll_is_given_to_a_team_by_its_creator_alone(
    alice: User, bob: User, vera: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    poll = make_poll(actor=actor_of(bob))
    with pytest.raises(NotPollOwnerError):
        move(alice, poll, workspace)
    move(bob, poll, workspace)
    assert recorded_of(poll) == [
        ("poll.moved", bob.id, {"workspaceId": None}, {"workspaceId": str(workspace.id)})
    ]
    # From then on the role decides.
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    viewers = make_poll(actor=actor_of(vera))
    with pytest.raises(ActionNotAllowedError):
        move(vera, viewers, workspace)


def test_strangers_do_not_learn_of_a_workspace(
    charlie: User, workspace: Workspace, make_poll: MakePoll, client_for: ClientFor
) -> None:
    own, others, client = make_poll(actor=actor_of(charlie)), make_poll(), client_for(charlie)
    for poll, refusal in (
        (own, (404, "workspace.not_found")),
        (others, (403, "poll.not_owner")),
    ):
        answers = [
            client.patch(f"/api/polls/{poll.id}", {"workspaceId": str(each)})
            for each in (workspace.id, uuid4())
        ]
        assert {refusal_of(each) for each in answers} == {refusal}


def test_owners_move_polls_out_and_keep_them(
    alice: User, bob: User, workspace: Workspace, client_for: ClientFor
) -> None:
    poll = make_team_poll(bob, workspace)
    with pytest.raises(ActionNotAllowedError):
        move(bob, poll, None)
    response = client_for(alice).patch(f"/api/polls/{poll.id}", {"workspaceId": None})
    assert poll_of(response)["workspaceId"] is None
    released = Poll.objects.get()
    assert (released.project_id, released.creator_id) == (None, alice.id)
    assert recorded_of(poll)[-1][0] == "poll.moved"
    with pytest.raises(NotPollOwnerError):
        close_poll(actor=actor_of(bob), poll_id=poll.id)


def test_a_poll_that_staff_move_out_belongs_to_its_creator(
    bob: User, staff: User, workspace: Workspace
) -> None:
    poll = make_team_poll(bob, workspace)
    assert move(staff, poll, None).creator_id == bob.id


def test_a_poll_moves_to_another_project_with_the_rights_in_both(
    alice: User, bob: User, workspace: Workspace, other_project: Project
) -> None:
    target, poll = open_workspace(other_project), make_team_poll(bob, workspace)
    for user in (alice, bob):
        # alice may not create polls there, bob may not take them out here.
        with pytest.raises(ActionNotAllowedError):
            move(user, poll, target)
    change_role(
        actor=actor_of(bob), project_id=other_project.id, user_id=alice.id, role=Role.COLLABORATOR
    )
    moved = move(alice, poll, target)
    assert (moved.project_id, moved.creator_id) == (other_project.id, bob.id)
    here, there = Activity.objects.filter(verb="poll.moved").order_by("id")
    assert (here.project_id, here.workspace_id) == (workspace.project_id, workspace.id)
    assert (here.before, here.after) == ({"workspaceId": str(workspace.id)}, {"workspaceId": None})
    assert (there.project_id, there.workspace_id) == (other_project.id, target.id)
    assert (there.before, there.after) == ({"workspaceId": None}, {"workspaceId": str(target.id)})


# Who creates a poll has no rights of their own in a team


def test_a_removed_creator_keeps_no_rights(alice: User, bob: User, workspace: Workspace) -> None:
    draft = make_team_poll(bob, workspace, is_published=False)
    poll = make_team_poll(bob, workspace, results_visibility=ResultsVisibility.OWNER)
    remove_member(actor=actor_of(alice), project_id=workspace.project_id, user_id=bob.id)
    with pytest.raises(PollNotFoundError):
        get_poll_for(actor_of(bob), draft.id)
    with pytest.raises(PollNotFoundError):
        publish_poll(actor=actor_of(bob), poll_id=draft.id)
    with pytest.raises(NotPollOwnerError):
        close_poll(actor=actor_of(bob), poll_id=poll.id)
    publish_poll(actor=actor_of(alice), poll_id=draft.id)


def test_the_polls_of_a_deleted_account_stay_with_the_team(
    alice: User, bob: User, staff: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    poll, own = make_team_poll(bob, workspace), make_poll(actor=actor_of(bob))
    delete_polls_of(bob.id)
    assert not Poll.objects.filter(id=own.id).exists()
    poll.refresh_from_db()
    assert poll.creator_id == alice.id
    verb, actor_id, before, after = recorded_of(poll)[-1]
    assert (verb, actor_id) == ("poll.edited", None)
    assert (before, after) == ({"creatorId": str(bob.id)}, {"creatorId": str(alice.id)})


@pytest.mark.django_db(transaction=True)
def test_deleting_an_account_that_created_polls_of_a_team(
    bob: User, superuser: User, workspace: Workspace
) -> None:
    poll = make_team_poll(bob, workspace)
    delete_user(actor=actor_of(superuser), user_id=bob.id)
    assert Poll.objects.get(id=poll.id).workspace_id == workspace.id


@pytest.mark.django_db(transaction=True)
def test_deleting_the_account_of_the_last_owner_keeps_the_polls_with_the_team(
    alice: User, bob: User, superuser: User, workspace: Workspace
) -> None:
    poll = make_team_poll(alice, workspace)
    delete_user(actor=actor_of(superuser), user_id=alice.id)
    poll.refresh_from_db()
    assert (poll.workspace_id, poll.creator_id) == (workspace.id, bob.id)


@pytest.mark.django_db(transaction=True)
def test_the_polls_of_a_project_go_with_its_last_member(alice: User, superuser: User) -> None:
    project = create_project(actor=actor_of(alice), name="Alone")
    make_team_poll(alice, open_workspace(project))
    delete_user(actor=actor_of(superuser), user_id=alice.id)
    assert not Poll.objects.exists()
    assert not Project.objects.exists()


# Deleting


def test_deleting_a_workspace_deletes_its_polls_with_constant_queries(
    alice: User,
    workspace: Workspace,
    other_workspace: Workspace,
    django_assert_max_num_queries: Any,
) -> None:
    stays = make_team_poll(alice, other_workspace)
    polls = [make_team_poll(alice, workspace) for _ in range(3)]
    # As many as that, for any number of polls.
    with django_assert_max_num_queries(12):
        delete_polls_in([workspace.id])
    assert list(Poll.objects.all()) == [stays]
    removals = set(PollRemoval.objects.values_list("poll_id", flat=True))
    assert removals == {poll.id for poll in polls}


@pytest.mark.parametrize("what", ["workspace", "project"])
def test_owners_delete_workspaces_and_projects_with_their_polls(
    alice: User, workspace: Workspace, what: str
) -> None:
    make_team_poll(alice, workspace)
    if what == "workspace":
        delete_workspace(actor=actor_of(alice), workspace_id=workspace.id)
        counted = Activity.objects.get(verb="workspace.deleted").before
        assert counted == {"name": workspace.name, "pollCount": 1}
    else:
        delete_project(actor=actor_of(alice), project_id=workspace.project_id)
    assert not Poll.objects.exists()
    assert not Workspace.objects.exists()


# The activity


def test_every_change_is_recorded_with_who_did_it(
    alice: User, bob: User, staff: User, workspace: Workspace
) -> None:
    poll = make_team_poll(alice, workspace, is_published=False)
    bobs: dict[str, Any] = {"actor": actor_of(bob), "poll_id": poll.id}
    update_poll(
        **bobs, changes={"question": "Milk?", "options": [OptionEdit("Yes"), OptionEdit("No")]}
    )
    publish_poll(**bobs)
    close_poll(**bobs)
    reopen_poll(**bobs)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    restore_poll(actor=actor_of(staff), poll_id=poll.id)
    delete_poll(**bobs)
    created, *changes = recorded_of(poll)
    assert created[:3] == ("poll.created", alice.id, None)
    assert created[3]["options"] == ["Tea", "Coffee"]
    draft, is_open, closed = ({"state": each} for each in ("draft", "open", "closed"))
    assert changes == [
        (
            "poll.edited",
            bob.id,
            {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]},
            {"question": "Milk?", "options": ["Yes", "No"]},
        ),
        ("poll.published", bob.id, draft, is_open),
        ("poll.closed", bob.id, is_open, closed),
        ("poll.reopened", bob.id, closed, is_open),
        ("poll.hidden", staff.id, None, None),
        ("poll.restored", staff.id, None, None),
        ("poll.deleted", bob.id, is_open, None),
    ]


def test_what_changes_nothing_is_not_recorded(alice: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace)
    publish_poll(actor=actor_of(alice), poll_id=poll.id)
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": poll.question})
    assert [verb for verb, *_ in recorded_of(poll)] == ["poll.created"]


def test_a_refused_change_leaves_no_activity(alice: User, workspace: Workspace) -> None:
    poll = make_team_poll(alice, workspace, is_published=False)
    with pytest.raises(ApiError):
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    with pytest.raises(ApiError):
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "A\x00"})
    assert [verb for verb, *_ in recorded_of(poll)] == ["poll.created"]


def test_deadlines_are_recorded_without_an_actor(alice: User, workspace: Workspace) -> None:
    now = timezone.now()
    later = make_team_poll(alice, workspace, opens_at=now + timedelta(hours=1))
    past = make_team_poll(alice, workspace)
    edited = make_team_poll(alice, workspace)
    Poll.objects.filter(id=later.id).update(opens_at=now)
    Poll.objects.filter(id__in=[past.id, edited.id]).update(closes_at=now)
    update_poll(actor=actor_of(alice), poll_id=edited.id, changes={"question": "Milk?"})
    apply_deadlines()
    assert recorded_of(later)[1:] == [("poll.opened", None, None, None)]
    closed = ("poll.closed", None, {"state": "open"}, {"state": "closed"})
    assert recorded_of(past)[1:] == [closed]
    assert [each[:2] for each in recorded_of(edited)[1:]] == [
        ("poll.closed", None),
        ("poll.edited", alice.id),
    ]


def test_polls_without_a_team_are_not_recorded(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert not Activity.objects.exists()


# Presenting


def test_the_next_poll_is_of_the_same_workspace(
    alice: User, bob: User, workspace: Workspace, other_workspace: Workspace, make_poll: MakePoll
) -> None:
    first = make_team_poll(alice, workspace)
    make_poll()
    make_team_poll(alice, other_workspace)
    following = make_team_poll(bob, workspace)
    assert get_next_poll_for(actor_of(alice), first.id) == following
    own = make_poll()
    make_team_poll(alice, workspace)
    assert get_next_poll_for(actor_of(alice), own.id) is None


def test_services_of_strangers_meet_no_workspace(charlie: User, workspace: Workspace) -> None:
    with pytest.raises(WorkspaceNotFoundError):
        create_poll(actor=actor_of(charlie), workspace_id=workspace.id, **QUESTION)


def test_votes_in_a_teams_poll_are_not_recorded(
    alice: User, charlie: User, workspace: Workspace, client_for: ClientFor
) -> None:
    poll = make_team_poll(alice, workspace)
    seen = Activity.objects.count()
    response = client_for(charlie).get(f"/api/polls/{poll.id}")
    assert response.json()["poll"]["workspaceId"] is None
    assert len(option_ids(poll)) == 2
    assert Activity.objects.count() == seen

"""A change of a team's poll, and one of its workspace or members at the same time."""

from functools import partial

import pytest

from accounts.models import User
from polls.editing import update_poll
from polls.errors import NotPollOwnerError
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of
from tests.locks import LOCK_PATIENCE_S, race
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import log_of, open_workspace
from workspaces.errors import WorkspaceArchivedError, WorkspaceNotFoundError
from workspaces.members import remove_member
from workspaces.models import Workspace
from workspaces.spaces import delete_workspace, update_workspace

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_poll_does_not_move_into_a_workspace_that_is_being_archived(
    alice: User, bob: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    poll = make_poll(actor=actor_of(bob))
    _, move = race(
        partial(
            update_workspace, actor=actor_of(alice), workspace_id=workspace.id, is_archived=True
        ),
        partial(
            update_poll,
            actor=actor_of(bob),
            poll_id=poll.id,
            changes={"workspace_id": workspace.id},
        ),
    )
    assert isinstance(move.exception(LOCK_PATIENCE_S), WorkspaceArchivedError)
    poll.refresh_from_db()
    assert poll.workspace_id is None


def test_no_poll_is_created_in_a_workspace_that_is_being_deleted(
    alice: User, bob: User, workspace: Workspace
) -> None:
    _, create = race(
        partial(delete_workspace, actor=actor_of(alice), workspace_id=workspace.id),
        partial(make_team_poll, bob, workspace),
    )
    assert isinstance(create.exception(LOCK_PATIENCE_S), WorkspaceNotFoundError)
    assert not Poll.objects.exists()


def test_deleting_a_workspace_deletes_a_poll_that_is_being_created(
    alice: User, bob: User, workspace: Workspace
) -> None:
    poll, delete = race(
        partial(make_team_poll, bob, workspace),
        partial(delete_workspace, actor=actor_of(alice), workspace_id=workspace.id),
    )
    delete.result(LOCK_PATIENCE_S)
    assert not Poll.objects.filter(id=poll.id).exists()
    assert not Workspace.objects.exists()
    assert [verb for verb, _ in log_of(workspace.project)][-2:] == [
        "poll.created",
        "workspace.deleted",
    ]


def test_a_poll_that_moves_out_of_a_workspace_survives_its_deletion(
    alice: User, bob: User, workspace: Workspace
) -> None:
    other, poll = open_workspace(workspace.project, "Mornings"), make_team_poll(alice, workspace)
    _, delete = race(
        partial(
            update_poll, actor=actor_of(bob), poll_id=poll.id, changes={"workspace_id": other.id}
        ),
        partial(delete_workspace, actor=actor_of(alice), workspace_id=workspace.id),
    )
    delete.result(LOCK_PATIENCE_S)
    assert Poll.objects.get().workspace_id == other.id


def test_an_edit_that_waited_for_the_removal_of_its_author_is_refused(
    alice: User, bob: User, workspace: Workspace
) -> None:
    poll = make_team_poll(alice, workspace)
    project_id = workspace.project_id
    _, close = race(
        partial(remove_member, actor=actor_of(alice), project_id=project_id, user_id=bob.id),
        partial(close_poll, actor=actor_of(bob), poll_id=poll.id),
    )
    assert isinstance(close.exception(LOCK_PATIENCE_S), NotPollOwnerError)
    assert [verb for verb, _ in log_of(workspace.project)][-1] == "member.removed"

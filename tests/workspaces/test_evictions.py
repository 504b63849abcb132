"""Every change of rights in a project is published, so that processes check their sockets."""

from uuid import UUID

import pytest

from accounts.models import User
from realtime import SITE_TOPIC
from tests.conftest import actor_of
from tests.workspaces.teams import join
from workspaces import evictions
from workspaces.events import ProjectAccessChanged
from workspaces.members import change_role, remove_member, transfer_project
from workspaces.models import Project
from workspaces.permissions import Role
from workspaces.projects import delete_project, update_project

pytestmark = pytest.mark.django_db(transaction=True)


class Published(list[tuple[str, ProjectAccessChanged]]):
    """What was published, in place of ``publish``."""

    def __call__(self, topic: str, event: ProjectAccessChanged) -> None:
        self.append((topic, event))

    def take(self, project: Project) -> list[UUID | None]:
        """Whose rights have changed since the last time; None stands for everybody."""
        events = [event for topic, event in self if topic == SITE_TOPIC]
        assert len(events) == len(self)
        assert {event.project_id for event in events} <= {project.id}
        self.clear()
        return [each for event in events for each in event.user_ids or [None]]


@pytest.fixture
def published(project: Project, monkeypatch: pytest.MonkeyPatch) -> Published:
    published = Published()
    monkeypatch.setattr(evictions, "publish", published)
    return published


def test_the_sockets_of_a_member_are_checked_when_their_rights_change(
    project: Project, alice: User, bob: User, charlie: User, published: Published
) -> None:
    actor, project_id = actor_of(alice), project.id
    join(project, charlie, Role.VIEWER)
    assert published.take(project) == [charlie.id]
    change_role(actor=actor, project_id=project_id, user_id=charlie.id, role=Role.COLLABORATOR)
    assert published.take(project) == [charlie.id]
    remove_member(actor=actor, project_id=project_id, user_id=charlie.id)
    assert published.take(project) == [charlie.id]
    transfer_project(actor=actor, project_id=project_id, user_id=bob.id)
    assert published.take(project) == [bob.id, alice.id]


def test_the_sockets_of_everybody_are_checked_when_a_project_is_deleted(
    project: Project, alice: User, published: Published
) -> None:
    update_project(actor=actor_of(alice), project_id=project.id, name="City hall")
    assert published.take(project) == []
    delete_project(actor=actor_of(alice), project_id=project.id)
    assert published.take(project) == [None]

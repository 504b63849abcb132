"""Fixtures: a project in which alice is the owner, bob a collaborator and vera a viewer."""

import pytest

from accounts.models import User
from tests.chat.conftest import enter  # noqa: F401 - fixtures
from tests.conftest import actor_of, make_user
from tests.realtime.conftest import connect, hub  # noqa: F401 - fixtures
from tests.workspaces.teams import Team, join, make_team, open_workspace
from workspaces.models import Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project


@pytest.fixture
def vera(db: None) -> User:
    return make_user("Vera")


@pytest.fixture
def project(alice: User, bob: User, vera: User) -> Project:
    project = create_project(actor=actor_of(alice), name="Town hall")
    join(project, bob, Role.COLLABORATOR)
    join(project, vera, Role.VIEWER)
    project.refresh_from_db()
    return project


@pytest.fixture
def workspace(project: Project) -> Workspace:
    return open_workspace(project)


@pytest.fixture
def team(alice: User, bob: User, charlie: User, guest: User, staff: User) -> Team:
    """Everybody of the access tables."""
    return make_team(alice, bob, charlie, guest, staff)

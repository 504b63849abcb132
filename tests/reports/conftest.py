"""Fixtures: a project in which alice is the owner, bob a collaborator and vera a viewer."""

from tests.workspaces.conftest import project, team, vera, workspace  # noqa: F401 - fixtures

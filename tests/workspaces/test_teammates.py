"""Who gets the online status of a member of a project."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from realtime.people import related_people
from tests.conftest import actor_of
from workspaces import teammates
from workspaces.models import Project
from workspaces.projects import create_project
from workspaces.teammates import read_teammates

pytestmark = pytest.mark.django_db


def test_members_of_the_same_projects_are_related(
    project: Project, alice: User, bob: User, vera: User, charlie: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    create_project(actor=actor_of(charlie), name="Choir")
    with django_assert_num_queries(1):
        related = read_teammates([alice.id, bob.id, charlie.id])
    assert related == {alice.id: {bob.id, vera.id}, bob.id: {alice.id, vera.id}}
    assert read_teammates in related_people


def test_members_of_a_large_project_are_not_related(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teammates, "MAX_RELATED_MEMBERS", 2)
    assert read_teammates([alice.id]) == {}

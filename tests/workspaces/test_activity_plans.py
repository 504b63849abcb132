"""How many rows reading activity takes on PostgreSQL: as many as are shown."""

import pytest
from django.db import connection

from accounts.models import User
from tests.chat.test_room_plans import rows_read_by
from tests.conftest import actor_of
from tests.workspaces.rows import log_many, make_project
from workspaces.activity_log import ActivityFilter, list_activity_for
from workspaces.models import Activity, Project
from workspaces.permissions import Role

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_page_reads_only_the_rows_of_its_project(alice: User) -> None:

    busy, quiet = make_project((alice, Role.OWNER)), make_project((alice, Role.OWNER))
    log_many(busy, alice, 10_000)
    log_many(quiet, alice, 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE workspaces_activity, workspaces_project, workspaces_member")
    actor = actor_of(alice)

    def page(project: Project, narrow: ActivityFilter) -> list[Activity]:
        return list(list_activity_for(actor, project.id, narrow)[:10])

    assert rows_read_by(lambda: page(busy, ActivityFilter())) < 100
    assert rows_read_by(lambda: page(busy, ActivityFilter(after=9_990))) < 100
    everything = ActivityFilter(verb="project.changed", actor_id=alice.id)
    assert rows_read_by(lambda: page(busy, everything)) < 100
    assert rows_read_by(lambda: page(quiet, ActivityFilter(verb="none.such"))) < 200

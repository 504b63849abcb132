"""Activities are never changed, and removed only by their retention and with their project."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from apikit.pruning import BATCH_ROWS, Batch
from tests.workspaces.rows import log, make_project
from workspaces import activity_log
from workspaces.activity_log import (
    prune_activity,
    prune_activity_of_deleted_projects,
    remove_activity_of,
)
from workspaces.models import Activity, Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User) -> Project:
    project = make_project((alice, Role.OWNER))
    log(project, alice)
    return project


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.both
def test_the_database_refuses_changes(project: Project) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        execute("UPDATE workspaces_activity SET verb = 'project.created'")


@pytest.mark.services
@pytest.mark.parametrize(
    "statement", ["DELETE FROM workspaces_activity", "TRUNCATE workspaces_activity"]
)
def test_postgresql_refuses_removals(statement: str, project: Project) -> None:
    execute("ALTER TABLE workspaces_activity ENABLE TRIGGER workspaces_keep_all_activity")
    with pytest.raises(IntegrityError, match="append-only"):
        execute(statement)
    assert Activity.objects.count() == 1


@pytest.mark.services
def test_removals_are_refused_again_in_the_same_transaction(project: Project) -> None:
    other = make_project()
    log(other)
    assert remove_activity_of(other.id, 10) == 1
    with pytest.raises(IntegrityError, match="append-only"):
        execute("DELETE FROM workspaces_activity")


@pytest.mark.services
def test_what_may_remove_activities_may_not_change_them(project: Project) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        activity_log._permitted(),
    ):
        execute("UPDATE workspaces_activity SET verb = 'project.created'")


@pytest.mark.both
@pytest.mark.parametrize(
    "change", ["verb = 'project.created'", "target_name = 'x'", "target_name = '', actor_id = NULL"]
)
def test_names_can_be_cleared_and_nothing_else(project: Project, alice: User, change: str) -> None:
    of_alice = log(project, alice, kind="member", target_id=alice.id, name="Alice")
    log(project, alice, name="Town hall")
    activity_log.clear_names("member", [alice.id])
    names = Activity.objects.order_by("seq").values_list("target_name", flat=True)
    assert list(names) == ["Town hall", "", "Town hall"]
    assert Activity.objects.get(id=of_alice.id).actor_id == alice.id
    with (
        pytest.raises(DatabaseError, match="append-only"),
        activity_log._permitted(activity_log._ERASES_NAMES),
    ):
        execute(f"UPDATE workspaces_activity SET {change}")


@pytest.mark.services
def test_postgresql_lets_only_erasing_clear_names(project: Project) -> None:
    with pytest.raises(IntegrityError, match="append-only"), activity_log._permitted():
        execute("UPDATE workspaces_activity SET target_name = ''")


@pytest.mark.both
def test_the_activity_of_a_deleted_project_is_removed_after_a_time(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_log, "BATCH_ROWS", 2)
    other = make_project((alice, Role.OWNER))
    kept = log(other, alice)
    for verb in ("project.changed", "project.changed", "project.deleted"):
        log(project, alice, verb=verb)
    assert prune_activity_of_deleted_projects("") == Batch(0, None)
    monkeypatch.setattr(activity_log, "DELETED_KEPT", timedelta(0))
    assert prune_activity_of_deleted_projects("") == Batch(2, "")
    assert prune_activity_of_deleted_projects("") == Batch(2, "")
    assert prune_activity_of_deleted_projects("") == Batch(0, None)
    assert list(Activity.objects.all()) == [kept]


@pytest.mark.both
def test_old_activity_is_pruned_and_the_numbers_continue(
    project: Project, alice: User, settings: Settings
) -> None:
    settings.ACTIVITY_RETENTION_DAYS = 30
    now = timezone.now()
    Activity.objects.bulk_create(
        Activity(
            project=project,
            seq=seq,
            verb="project.changed",
            target_kind="project",
            created_at=now - timedelta(days=31 if seq <= BATCH_ROWS + 5 else 29),
        )
        for seq in range(2, BATCH_ROWS + 10)
    )
    Project.objects.update(last_seq=BATCH_ROWS + 9)
    assert prune_activity("") == Batch(BATCH_ROWS, "")
    assert prune_activity("") == Batch(4, None)
    assert log(project, alice).seq == BATCH_ROWS + 10
    left = Activity.objects.order_by("seq").values_list("seq", flat=True)
    assert list(left) == [1, *range(BATCH_ROWS + 6, BATCH_ROWS + 11)]


def test_without_a_retention_period_everything_is_kept(
    project: Project, alice: User, settings: Settings
) -> None:
    settings.ACTIVITY_RETENTION_DAYS = 0
    Activity.objects.bulk_create(
        [
            Activity(
                project=project,
                seq=2,
                verb="project.changed",
                target_kind="project",
                created_at=timezone.now() - timedelta(days=30_000),
            )
        ]
    )
    assert prune_activity("") == Batch(0, None)


@pytest.mark.both
def test_the_triggers_can_be_removed_and_created_again(project: Project) -> None:
    migration = import_module("workspaces.migrations.0002_append_only_activity")
    if connection.vendor == "sqlite":
        # Its schema editor refuses to begin in a transaction; the statements are the same.
        run = [migration._UNDO_SQLITE, migration._SQLITE]
        execute(run[0])
        execute("UPDATE workspaces_activity SET verb = 'project.created'")
        execute(run[1])
    else:
        with connection.schema_editor() as editor:
            migration.drop_triggers(None, editor)
        execute("UPDATE workspaces_activity SET verb = 'project.created'")
        with connection.schema_editor() as editor:
            migration.create_triggers(None, editor)
    test_the_database_refuses_changes(project)

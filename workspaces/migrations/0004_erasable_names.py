"""Lets the names in activities be cleared, and nothing else, when a person is erased."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# A transaction that may clear names says so, with set_config(..., is_local => true).
_POSTGRES = """
CREATE OR REPLACE FUNCTION workspaces_keep_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('tallyroom.removes_activity', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('tallyroom.erases_names', true) = 'on' THEN
        IF NEW.target_name = '' AND to_jsonb(NEW) - 'target_name' = to_jsonb(OLD) - 'target_name'
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'workspaces_activity is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""
_UNDO_POSTGRES = """
CREATE OR REPLACE FUNCTION workspaces_keep_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('tallyroom.removes_activity', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'workspaces_activity is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""
# SQLite has no settings of a transaction. Later columns must be added to this list.
_COLUMNS = (
    "id", "project_id", "seq", "actor_id", "verb", "target_kind", "target_id", "workspace_id",
    "before", "after", "created_at",
)  # fmt: skip
_UNCHANGED = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in _COLUMNS)
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'workspaces_activity is append-only: UPDATE refused'); END"
_SQLITE = f"""
CREATE TRIGGER workspaces_keep_activity BEFORE UPDATE ON workspaces_activity
WHEN NOT (NEW.target_name = '' AND {_UNCHANGED}) {_REFUSE}
"""
_UNDO_SQLITE = f"""
CREATE TRIGGER workspaces_keep_activity BEFORE UPDATE ON workspaces_activity {_REFUSE}
"""
_DROP_SQLITE = "DROP TRIGGER workspaces_keep_activity"


def allow(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, _POSTGRES, _SQLITE)


def refuse(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, _UNDO_POSTGRES, _UNDO_SQLITE)


def _replace(schema_editor: BaseDatabaseSchemaEditor, postgres: str, sqlite: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(postgres, params=None)
    else:
        schema_editor.execute(_DROP_SQLITE, params=None)
        schema_editor.execute(sqlite, params=None)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_deleted_projects")]

    operations = [migrations.RunPython(allow, refuse)]

"""Lets the database refuse changes of activities; see ``workspaces.activity_log``."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# A transaction that may delete or truncate says so, with set_config(..., is_local => true).
_POSTGRES = """
CREATE FUNCTION workspaces_keep_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('tallyroom.removes_activity', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'workspaces_activity is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workspaces_keep_activity BEFORE UPDATE OR DELETE ON workspaces_activity
    FOR EACH ROW EXECUTE FUNCTION workspaces_keep_activity();
CREATE TRIGGER workspaces_keep_all_activity BEFORE TRUNCATE ON workspaces_activity
    FOR EACH STATEMENT EXECUTE FUNCTION workspaces_keep_activity();
"""
_UNDO_POSTGRES = """
DROP TRIGGER workspaces_keep_activity ON workspaces_activity;
DROP TRIGGER workspaces_keep_all_activity ON workspaces_activity;
DROP FUNCTION workspaces_keep_activity();
"""
# SQLite has no settings of a transaction, so deletes cannot be told apart. A migration that makes
# Django rebuild the table has to create the trigger again.
_SQLITE = """
CREATE TRIGGER workspaces_keep_activity BEFORE UPDATE ON workspaces_activity
BEGIN
    SELECT RAISE(ABORT, 'workspaces_activity is append-only: UPDATE refused');
END
"""
_UNDO_SQLITE = "DROP TRIGGER workspaces_keep_activity"


def create_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(_POSTGRES if is_postgres else _SQLITE, params=None)


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(_UNDO_POSTGRES if is_postgres else _UNDO_SQLITE, params=None)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial")]

    operations = [migrations.RunPython(create_triggers, drop_triggers)]

from typing import Any

from django.db import migrations

from apikit.searching import fill_searchable


def fill(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    fill_searchable(users.using(schema_editor.connection.alias))


class Migration(migrations.Migration):
    # A transaction for each thousand users, so that no sign-in waits for all of them.
    atomic = False

    dependencies = [("accounts", "0007_searchable_users")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

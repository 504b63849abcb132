from typing import Any

from django.db import migrations

from apikit.searching import fill_searchable


def fill(apps: Any, schema_editor: Any) -> None:
    for model in ("Poll", "AbuseReport"):
        rows = apps.get_model("polls", model).objects
        fill_searchable(rows.using(schema_editor.connection.alias))


class Migration(migrations.Migration):
    # A transaction for each thousand polls, so that no vote waits for all of them.
    atomic = False

    dependencies = [("polls", "0008_searchable_texts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

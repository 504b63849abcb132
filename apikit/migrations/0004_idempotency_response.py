from django.db import migrations, models


class Migration(migrations.Migration):
    """Renames the field only: the column keeps its name, so a rolling restart works."""

    dependencies = [
        ("apikit", "0003_storage_probe"),
    ]

    operations = [
        migrations.AlterField(
            model_name="idempotencyrecord",
            name="answer",
            field=models.BinaryField(db_column="answer"),
        ),
        migrations.RenameField(
            model_name="idempotencyrecord", old_name="answer", new_name="response"
        ),
    ]

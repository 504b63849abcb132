from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_recounts(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now, a recount was the only action of its type."""
    jobs = apps.get_model("jobs", "Job").objects.filter(type="data_processing")
    for job in jobs.iterator():
        job.payload = {key: value for key, value in job.payload.items() if key != "action"}
        job.type = "data_processing.recount"
        job.save(update_fields=["type", "payload"])


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [migrations.RunPython(name_recounts, migrations.RunPython.noop)]

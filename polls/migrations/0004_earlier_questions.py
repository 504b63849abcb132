from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("polls", "0003_tally_moments"),
    ]

    operations = [
        migrations.AddField(
            model_name="poll",
            name="earlier_questions",
            field=models.JSONField(default=list, editable=False),
        ),
    ]

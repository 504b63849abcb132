from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("polls", "0004_earlier_questions"),
    ]

    operations = [
        migrations.AddField(
            model_name="poll",
            name="hidden_message",
            field=models.CharField(blank=True, max_length=500, default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="poll",
            index=models.Index(
                condition=models.Q(("hidden_at__isnull", False)),
                fields=["hidden_at"],
                name="polls_recently_hidden",
            ),
        ),
    ]

"""``manage.py rebuild_search``: refresh the searchable texts."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from apikit.searching import fill_searchable, searchable_columns


class Command(BaseCommand):
    help = (
        "Refreshes the texts that searches use. Run it after a rolling update from a version that"
        " did not write them, and after a Python update, because case folding depends on its"
        " Unicode tables."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model in filter(searchable_columns, apps.get_models()):
            count = fill_searchable(model._default_manager.all())
            self.stdout.write(f"{model._meta.verbose_name_plural}: {count} refreshed")

"""``manage.py rebuild_search``: bring the searchable forms of all texts up to date."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from apikit.searching import fill_searchable, searchable_columns


class Command(BaseCommand):
    help = (
        "Refreshes the texts that searches look at. Run it after a rolling update from a version"
        " that did not write them, and after an update of Python, whose Unicode tables they are"
        " folded with."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model in filter(searchable_columns, apps.get_models()):
            count = fill_searchable(model._default_manager.all())
            self.stdout.write(f"{model._meta.verbose_name_plural}: {count} refreshed")

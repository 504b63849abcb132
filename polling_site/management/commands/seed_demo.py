"""``manage.py seed_demo``: add demo data."""

from typing import Any

from django.core.management.base import BaseCommand

from polling_site.demo import seeding


class Command(BaseCommand):
    help = "Adds demo data if the database is empty."

    def handle(self, *args: Any, **options: Any) -> None:
        if seeding.is_empty():
            self.stdout.write(seeding.seed().as_text())
        else:
            self.stdout.write("The database is not empty: nothing was added.")

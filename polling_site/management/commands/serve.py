"""``manage.py serve``: the production form. What ``make serve`` calls."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from polling_site.server import serve


class Command(BaseCommand):
    help = "Serves from several processes on one port. Needs PostgreSQL and Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_PRODUCTION:
            raise CommandError("Start it with ENVIRONMENT=production, as `make serve` does.")
        serve(settings.WEB_PROCESSES)

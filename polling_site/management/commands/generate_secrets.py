"""``manage.py generate_secrets``: generate secrets for production."""

from typing import Any

from django.core.management.base import BaseCommand

from polling_site.config.generated_secrets import secret_lines


class Command(BaseCommand):
    help = "Prints new secrets as lines for .env. Works without any setting."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(secret_lines(), ending="")

"""``manage.py run``: set up, and serve from one process. What ``make run`` calls."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from polling_site import demo
from polling_site.server import serve

WELCOME = """
Tallyroom is running at {url}

  {url}         vote, ask, present
  {url}/docs    the API, to read and to try
  {url}/admin   the moderators' desk
  {url}/health  how it is

{accounts}
Ctrl+C stops it. Data: {data}
"""


class Command(BaseCommand):
    help = "Migrates, seeds a demonstration into an empty database, and serves."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if not (settings.STATIC_ROOT / "staticfiles.json").exists():
            call_command("collectstatic", interactive=False, verbosity=0)
        if demo.is_empty():
            demo.seed()
        self.stdout.write(
            WELCOME.format(
                url=f"http://localhost:{settings.PORT}",
                accounts=_accounts(),
                data=settings.DATABASES["default"]["NAME"],
            )
        )
        self.stdout.flush()
        serve(processes=1)


def _accounts() -> str:
    path = settings.VAR_DIR / "demo-accounts.txt"
    return "Sign in as\n" + path.read_text(encoding="utf-8") if path.exists() else ""

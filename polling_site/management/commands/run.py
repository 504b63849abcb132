"""``manage.py run``: set up, and serve from one process. ``make run`` calls it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apikit.actors import visitor
from apikit.network import network_address
from polling_site.database.command_connection import command_connection
from polling_site.database.diagnostics import describe_database
from polling_site.demo import credentials, seeding
from polling_site.server.serving import CannotListenError, bind, serve
from polls.models import PollState
from polls.selectors import PollFilter, list_polls_for

WELCOME = """
Tallyroom is running at {url}
{network}
  {url}         vote, ask, present
  {url}/docs    the API, to read and to try
  {url}/admin   moderation
  {url}/health  its health
{poll}{accounts}
Ctrl+C stops it. Data: {data}
"""


class Command(BaseCommand):
    help = "Migrates, adds demo data to an empty database, and serves."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # First, so that a second start does not change a database that is being served.
            sock = bind()
            self._prepare()
            # Read now: Django refuses to use the database once the event loop runs.
            welcome = _welcome()
            serve(sock, processes=1, announce=lambda: self._say(welcome))
        except CannotListenError as error:
            raise CommandError(str(error)) from error

    def _prepare(self) -> None:
        with command_connection():
            call_command("migrate", verbosity=0)
        if not _is_collected():
            call_command("collectstatic", interactive=False, verbosity=0)
        if seeding.is_empty():
            seeding.seed()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _is_collected() -> bool:
    """Whether all static files have been collected since they were last changed."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return False
    collected_at_ns = manifest.stat().st_mtime_ns
    return all(
        Path(storage.path(path)).stat().st_mtime_ns <= collected_at_ns
        for finder in get_finders()
        for path, storage in finder.list([])
    )


def _welcome() -> str:
    url = _local_url()
    address = network_address(settings.HOST)
    base = f"http://{address}:{settings.PORT}" if address else url
    return WELCOME.format(
        url=url,
        network=f"From phones in the same network: {base}\n" if address else "",
        poll=_poll_to_try(settings.PUBLIC_URL if settings.HAS_PUBLIC_URL else base),
        accounts=_accounts(),
        data=describe_database(),
    )


def _local_url() -> str:
    """The URL of the server on this machine; it may listen on one address only."""
    only = settings.HOST if settings.HOST not in {"", "0.0.0.0", "::"} else ""  # noqa: S104
    host = f"[{only}]" if ":" in only else only or "localhost"
    return f"http://{host}:{settings.PORT}"


def _poll_to_try(base: str) -> str:
    """A line about the newest poll that is open for votes, if any."""
    now = timezone.now()
    polls = list_polls_for(visitor(), PollFilter(state=PollState.OPEN))
    poll = polls.exclude(opens_at__gt=now).first()
    if poll is None:
        return ""
    code = poll.join_code
    return f"\nVote in \u201c{poll.question}\u201d with the code {code}: {base}/p/{code}\n"


def _accounts() -> str:
    lines = credentials.working_lines()
    return "".join(f"{line}\n" for line in ["\nSign in as", *lines]) if lines else ""

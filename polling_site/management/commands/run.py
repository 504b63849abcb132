"""``manage.py run``: set up, and serve from one process. What ``make run`` calls."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apikit.actors import visitor
from apikit.network import network_address
from polling_site import demo, demo_credentials
from polling_site.command_connection import command_connection
from polling_site.database_errors import describe_database
from polling_site.server import CannotListenError, bind, serve
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
    help = "Migrates, seeds a demonstration into an empty database, and serves."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # First: whoever starts it twice is not to change a database that is being served.
            sock = bind()
            self._prepare()
            # Read before the event loop runs, where Django refuses to use the database.
            welcome = _welcome()
            serve(sock, processes=1, announce=lambda: self._say(welcome))
        except CannotListenError as error:
            raise CommandError(str(error)) from error

    def _prepare(self) -> None:
        with command_connection():
            call_command("migrate", verbosity=0)
        if not _is_collected():
            call_command("collectstatic", interactive=False, verbosity=0)
        if demo.is_empty():
            demo.seed()

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
    """Where this machine reaches the server, which may listen on one address only."""
    only = settings.HOST if settings.HOST not in {"", "0.0.0.0", "::"} else ""  # noqa: S104
    host = f"[{only}]" if ":" in only else only or "localhost"
    return f"http://{host}:{settings.PORT}"


def _poll_to_try(base: str) -> str:
    """The join code of the newest poll that anybody can vote in now, if there is one."""
    now = timezone.now()
    polls = list_polls_for(visitor(), PollFilter(state=PollState.OPEN))
    poll = polls.exclude(opens_at__gt=now).first()
    if poll is None:
        return ""
    code = poll.join_code
    return f"\nVote in \u201c{poll.question}\u201d with the code {code}: {base}/p/{code}\n"


def _accounts() -> str:
    lines = demo_credentials.working_lines()
    return "".join(f"{line}\n" for line in ["\nSign in as", *lines]) if lines else ""

"""Sockets of users: their names and statuses, and closing those of ended sign-ins."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts import selectors, services
from accounts.events import AccessEnded, PersonChanged
from accounts.models import PresenceStatus, TokenFamily, User
from apikit.errors import AuthenticationRequiredError
from apikit.wire import Wire
from realtime import Hub, command, event_handler, periodic
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.database import in_database
from realtime.people import read_people

# AccessEnded can be lost between processes: how often the database is checked, and how far back.
RECHECK_INTERVAL_S = 2.0
RECHECK_SPAN = timedelta(minutes=1)

read_people.register(selectors.read_people)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChoice(Wire):
    """A status, and a text beside it."""

    status: PresenceStatus
    text: str | None = None


@command(
    "set-status",
    refusals=[AuthenticationRequiredError],
    example={"status": "busy", "text": "On stage"},
)
async def set_status(hub: Hub, connection: Connection, body: StatusChoice) -> None:
    """Sets your status, as `PUT /users/me/status` does, and shows it to others.

    With `offline` you appear to be disconnected: others get `user-offline`, and rooms count you
    without naming you. Without `text`, an earlier text is cleared.
    """
    actor = connection.actor
    await in_database(services.set_status, actor=actor, status=body.status, text=body.text)


@event_handler(PersonChanged)
def show_person(hub: Hub, topic: str, event: PersonChanged) -> None:
    hub.presence.refresh(event.user_id)


@event_handler(AccessEnded)
def close_sockets(hub: Hub, topic: str, event: AccessEnded) -> None:
    code = CloseCode.SUSPENDED if event.is_suspended else CloseCode.SIGNED_OUT
    for connection in list(hub.connections_of(event.user_id)):
        family_id = connection.actor.family_id
        is_meant = event.only_family_id is None or family_id == event.only_family_id
        is_spared = event.except_family_id is not None and family_id == event.except_family_id
        if is_meant and not is_spared:
            connection.close(code)


@periodic(RECHECK_INTERVAL_S)
async def close_sockets_again(hub: Hub) -> None:
    if not hub.connections:
        return
    suspended, revoked = await in_database(_recently_ended)
    for connection in list(hub.connections):
        if connection.actor.id in suspended:
            connection.close(CloseCode.SUSPENDED)
        elif connection.actor.family_id in revoked:
            connection.close(CloseCode.SIGNED_OUT)


def _recently_ended() -> tuple[set[UUID], set[UUID]]:
    """Return recently suspended users and revoked families; two queries on small indexes."""
    since = timezone.now() - RECHECK_SPAN
    return (
        set(User.objects.filter(suspended_at__gt=since).values_list("id", flat=True)),
        set(TokenFamily.objects.filter(revoked_at__gt=since).values_list("id", flat=True)),
    )

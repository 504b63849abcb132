"""Closes the sockets of revoked token families and suspended users."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.events import AccessEnded
from accounts.models import TokenFamily, User
from realtime import Hub, event_handler, periodic
from realtime.close_codes import CloseCode
from realtime.database import in_database

# AccessEnded can be lost between processes: how often the database is checked, and how far back.
RECHECK_INTERVAL_S = 2.0
RECHECK_SPAN = timedelta(minutes=1)


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

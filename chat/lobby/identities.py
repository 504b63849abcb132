"""Who may use an id that a client of the lobby has invented.

An id belongs to the first connection that joins with it, in any process, and to its account: a new
guest unless the client has a token. Another connection gets it only after the first has gone, from
the same network; and with a token, the account that has it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.identity import check_name
from accounts.models import User
from accounts.profiles import update_profile
from accounts.services import create_guest_once
from apikit.actors import Actor
from apikit.errors import TokenInvalidError, ValidationFailedError
from apikit.idempotency import fingerprint_of
from apikit.pruning import Batch, delete_batch, pruner
from apikit.text import has_control_characters, is_invisible, normalized
from apikit.throttling import admit_request
from chat.errors import LobbyIdTakenError
from chat.lobby_wire import SYSTEM_ID
from chat.models import LOBBY_ID_MAX_CHARS, LobbyIdentity

# An id that was not used for so long is free again.
KEPT_FOR = timedelta(days=90)
_INVALID_ID = f"Must be 1 to {LOBBY_ID_MAX_CHARS} characters, without control characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A connection that wants to use an id. ``session_id`` is new for each claim.

    ``client_id`` and ``name`` are checked already. ``account`` is who the client is by its token,
    a visitor if it has none.
    """

    client_id: str
    name: str
    account: Actor
    network: str
    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An id in use: its account, under whose ``name`` it speaks, and the session that holds it."""

    client_id: str
    name: str
    actor: Actor
    has_token: bool
    session_id: UUID


def check_client_id(text: str) -> str:
    """Return an invented id as it is stored.

    :raises ValidationFailedError: for one that is too long, invisible, or has control characters.
    """
    client_id = normalized(text[: 2 * LOBBY_ID_MAX_CHARS])
    if (
        len(client_id) > LOBBY_ID_MAX_CHARS
        or is_invisible(client_id)
        or has_control_characters(client_id)
    ):
        raise ValidationFailedError.of("userId", _INVALID_ID)
    return client_id


def check_user_name(text: str) -> str:
    """Return the name of a client as it is stored.

    :raises ValidationFailedError: for an invalid name.
    """
    try:
        return check_name(text)
    except ValidationFailedError as error:
        raise ValidationFailedError.of("userName", error.errors[0].message) from None


def claim_identity(claim: Claim, replaced_session_id: UUID | None = None) -> Identity | UUID:
    """Bind an id to a connection; return the session that holds it if another one does.

    The caller finds out whether that session has ended, and calls again with it as
    ``replaced_session_id``.

    :raises LobbyIdTakenError: if it belongs to another network or account.
    :raises TooManyRequestsError: if the network creates too many guests.
    :raises AccountSuspendedError, TokenInvalidError: if its account may not be used.
    """
    try:
        with transaction.atomic():
            return _claim(claim, replaced_session_id)
    except IntegrityError:
        # Another connection has just created it.
        with transaction.atomic():
            return _claim(claim, replaced_session_id)


def _claim(claim: Claim, replaced_session_id: UUID | None) -> Identity | UUID:
    rows = LobbyIdentity.objects.select_for_update()
    row = rows.filter(client_id=claim.client_id).first()
    if row is None:
        return _create(claim)
    if row.user_id != claim.account.id:
        if row.needs_token or row.network != claim.network:
            raise LobbyIdTakenError
        if row.holder not in {None, replaced_session_id}:
            return row.holder
    user = _find_user(claim.account.id or row.user_id)
    row.user, row.needs_token, row.network = user, claim.account.id is not None, claim.network
    row.holder, row.seen_at = claim.session_id, timezone.now()
    row.save(update_fields=["user", "needs_token", "network", "holder", "seen_at"])
    return _identity(claim, user)


def _create(claim: Claim) -> Identity:
    if claim.client_id == SYSTEM_ID or _is_of_somebody_else(claim):
        raise LobbyIdTakenError
    if claim.account.id is None:
        user = create_lobby_guest(claim.network, claim.name, claim.client_id)
    else:
        user = _find_user(claim.account.id)
    LobbyIdentity.objects.create(
        client_id=claim.client_id,
        user=user,
        needs_token=claim.account.id is not None,
        network=claim.network,
        holder=claim.session_id,
        seen_at=timezone.now(),
    )
    return _identity(claim, user)


def create_lobby_guest(network: str, name: str, client_id: str) -> User:
    """Return the guest of a client; the same one for a day, by network, name and invented id.

    :raises TooManyRequestsError: over the general limit of the network.
    """
    admit_request(network)
    # Cannot be guessed, because it is a digest under SECRET_KEY.
    return create_guest_once(key=fingerprint_of("lobby", network, name, client_id), name=name)


def _is_of_somebody_else(claim: Claim) -> bool:
    """Whether it is the id of another account, which is what people without such an id have."""
    try:
        user_id = UUID(claim.client_id)
    except ValueError:
        return False
    return user_id != claim.account.id and User.objects.filter(id=user_id).exists()


def _find_user(user_id: UUID) -> User:
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise TokenInvalidError
    if not user.is_active:
        raise AccountSuspendedError
    return user


def _identity(claim: Claim, user: User) -> Identity:
    has_token = claim.account.id is not None
    actor = claim.account if has_token else Actor(user.id, is_guest=user.is_guest)
    if not has_token and user.name != claim.name:
        user = update_profile(actor=actor, name=claim.name)
    return Identity(
        client_id=claim.client_id,
        name=user.name,
        actor=actor,
        has_token=has_token,
        session_id=claim.session_id,
    )


def release_identity(session_id: UUID) -> None:
    """Let others use an id, because the connection that used it has gone."""
    held = LobbyIdentity.objects.filter(holder=session_id)
    held.update(holder=None, seen_at=timezone.now())


def find_identity(client_id: str) -> LobbyIdentity | None:
    """Return who an id belongs to, if it is in use or was."""
    return LobbyIdentity.objects.filter(client_id=client_id).first()


def find_lost_sessions(identities: Collection[Identity]) -> set[UUID]:
    """Return the sessions of those whose id is somebody else's by now; one query."""
    ids = [each.client_id for each in identities]
    rows = {row.client_id: row for row in LobbyIdentity.objects.filter(client_id__in=ids)}
    return {
        each.session_id
        for each in identities
        if (row := rows.get(each.client_id)) is None
        or row.user_id != each.actor.id
        or (row.holder != each.session_id and not each.has_token)
    }


def read_client_ids(user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the invented ids that users have at the moment, the latest of each; one query."""
    held = LobbyIdentity.objects.filter(user__any_of=user_ids, holder__isnull=False)
    return dict(held.order_by("seen_at").values_list("user_id", "client_id"))


@pruner("lobby_identities", every=timedelta(days=1))
def prune_identities(_position: str) -> Batch:
    """Delete ids that were last taken ``KEPT_FOR`` ago."""
    unseen = LobbyIdentity.objects.filter(seen_at__lt=timezone.now() - KEPT_FOR)
    return delete_batch(unseen.order_by("seen_at"))

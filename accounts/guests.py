"""Guests: renewing them after their tokens have expired, and merging them into accounts.

A guest and the account that the same browser or API client signs in to are one voter. Signing in
merges them: ``User.merged_into`` is the account from then on, and the guest's ballots move to it.
When another account signs in on the device later, the guest is merged into that one. Earlier
ballots stay with the first account, and the guest still counts as having voted there.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import transaction

from accounts import hooks
from accounts.errors import AccountSuspendedError
from accounts.models import EarlierAccount, User
from accounts.services import DEFAULT_GUEST_NAME
from apikit.errors import TokenInvalidError

# Of guests that stand for the voters of imported polls.
PLACEHOLDER_NAME = "Imported voter"
# The longest time that browsers keep a cookie.
GUEST_REMEMBERED_FOR = timedelta(days=400)
# Per guest; each is looked up when the guest votes. Far more than share a device.
MAX_EARLIER_ACCOUNTS = 50
# Different salts for renewal tokens and browser cookies, so that neither is valid as the other.
_RENEWAL_SALT = "accounts.guest-renewal"


def issue_renewal_token(guest: User) -> str:
    """Return a signed token that renews the same guest after its tokens have expired."""
    return sign_user_id(guest.id, salt=_RENEWAL_SALT)


def find_guest_to_renew(renewal_token: str) -> User:
    """Return the guest that a renewal token was issued to.

    :raises TokenInvalidError: for a forged or expired token, and for a deleted guest.
    :raises AccountSuspendedError: for a suspended guest.
    """
    guest_id = read_user_id(renewal_token, salt=_RENEWAL_SALT)
    guest = User.objects.filter(id=guest_id, is_guest=True).first() if guest_id else None
    if guest is None:
        raise TokenInvalidError
    if not guest.is_active:
        raise AccountSuspendedError
    return guest


def create_guest_of(account: User) -> User:
    """Create a guest that is merged into ``account``, for a browser that it signed in from."""
    guest = User(name=DEFAULT_GUEST_NAME, is_guest=True, merged_into=account)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def merge_guest(*, guest_id: UUID, account_id: UUID) -> None:
    """Merge a guest into an account; the guest's contributions move after the commit.

    Idempotent; repeating it completes an interrupted merge. Does nothing if the guest is missing or
    the target is not an account.
    """
    guests = User.objects.filter(id=guest_id, is_guest=True)
    former_id = guests.values_list("merged_into", flat=True).first()
    if former_id not in {None, account_id}:
        # Ballots left by an interrupted merge belong to the former account.
        hooks.merge_contributions.run(guest_id, former_id)
    with transaction.atomic():
        guest = guests.select_for_update().first()
        if guest is None or not User.objects.filter(id=account_id, is_guest=False).exists():
            return
        is_overtaken = guest.merged_into_id not in {None, former_id}
        if not is_overtaken:
            _set_account(guest, account_id)
    if is_overtaken:
        merge_guest(guest_id=guest_id, account_id=account_id)


def _set_account(guest: User, account_id: UUID) -> None:
    if guest.merged_into_id not in {None, account_id}:
        _remember_account(guest.id, guest.merged_into_id)
    guest.merged_into_id = account_id
    guest.save(update_fields=["merged_into", "updated_at"])
    # After the commit, when the vote writer counts new ballots of the guest for the account, so
    # that the move misses none. Also, the lock order is polls before users.
    transaction.on_commit(lambda: hooks.merge_contributions.run(guest.id, account_id))


def _remember_account(guest_id: UUID, account_id: UUID) -> None:
    earlier = EarlierAccount.objects.filter(guest_id=guest_id)
    earlier.get_or_create(guest_id=guest_id, account_id=account_id)
    outdated = earlier.order_by("-id").values_list("id", flat=True)[MAX_EARLIER_ACCOUNTS:]
    earlier.filter(id__in=list(outdated)).delete()


def sign_user_id(user_id: UUID, *, salt: str) -> str:
    """Sign ``user_id`` with the current time."""
    return signing.TimestampSigner(salt=salt).sign(user_id.hex)


def read_user_id(signed: str, *, salt: str) -> UUID | None:
    """Return the id in a text of :func:`sign_user_id`, or None if it is forged or expired."""
    try:
        return UUID(signing.TimestampSigner(salt=salt).unsign(signed, max_age=GUEST_REMEMBERED_FOR))
    except (signing.BadSignature, ValueError):
        return None


def create_placeholders(ids: Sequence[UUID]) -> None:
    """Create guests for imported ballots, whose voters have no account here; one query.

    Nobody can sign in as one: no token, session or renewal token is ever issued. Pruning keeps them
    as long as votes refer to them.
    """
    password = make_password(None)
    User.objects.bulk_create(
        User(id=each, name=PLACEHOLDER_NAME, is_guest=True, password=password) for each in ids
    )

"""Guests: how they are recognised after their tokens expired, and which account they belong to.

A guest and the account that the same browser or API client signs in to are one voter. Signing in
merges them: ``User.merged_into`` names the account from then on, and the guest's ballots become the
account's. When somebody else signs in on that device later, nothing passes on to them: the guest
is theirs from then on, and counts as having voted where one of its earlier accounts has.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction

from accounts import hooks
from accounts.errors import AccountSuspendedError
from accounts.models import EarlierAccount, User
from accounts.services import DEFAULT_GUEST_NAME
from apikit.errors import TokenInvalidError

# As long as browsers keep a cookie at most.
GUEST_REMEMBERED_FOR = timedelta(days=400)
# Of one guest; each is looked up when the guest votes. Far more than people share a device.
MAX_EARLIER_ACCOUNTS = 50
# Renewal tokens and browser cookies are signed under different salts: neither passes for the other.
_RENEWAL_SALT = "accounts.guest-renewal"


def issue_renewal_token(guest: User) -> str:
    """A signed token with which the same guest gets new tokens once its own have expired."""
    return sign_user_id(guest.id, salt=_RENEWAL_SALT)


def find_guest_to_renew(renewal_token: str) -> User:
    """The guest that a renewal token was issued to.

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
    """A guest that is merged into ``account`` from the start, for a browser it was used in."""
    guest = User(name=DEFAULT_GUEST_NAME, is_guest=True, merged_into=account)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def merge_guest(*, guest_id: UUID, account_id: UUID) -> None:
    """Makes a guest and an account one voter; the guest's contributions move after the commit.

    Repeating it is harmless, and finishes a merge that was interrupted. A missing guest and a
    target that is no account are left alone.
    """
    guests = User.objects.filter(id=guest_id, is_guest=True)
    former_id = guests.values_list("merged_into", flat=True).first()
    if former_id not in {None, account_id}:
        # What an interrupted merge has left behind is the former account's.
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
    # After the commit: from then on the vote writer counts the guest's ballots for the account,
    # so that none slips in behind the move. Polls are locked before people, too.
    transaction.on_commit(lambda: hooks.merge_contributions.run(guest.id, account_id))


def _remember_account(guest_id: UUID, account_id: UUID) -> None:
    earlier = EarlierAccount.objects.filter(guest_id=guest_id)
    earlier.get_or_create(guest_id=guest_id, account_id=account_id)
    outdated = earlier.order_by("-id").values_list("id", flat=True)[MAX_EARLIER_ACCOUNTS:]
    earlier.filter(id__in=list(outdated)).delete()


def sign_user_id(user_id: UUID, *, salt: str) -> str:
    """``user_id``, signed with the site's key and the current time."""
    return signing.TimestampSigner(salt=salt).sign(user_id.hex)


def read_user_id(signed: str, *, salt: str) -> UUID | None:
    """The id in a text made by :func:`sign_user_id`; None if it is forged or too old."""
    try:
        return UUID(signing.TimestampSigner(salt=salt).unsign(signed, max_age=GUEST_REMEMBERED_FOR))
    except (signing.BadSignature, ValueError):
        return None

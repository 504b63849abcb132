"""Erases what is known about a person, while their votes stay counted.

The row of the user stays, because votes refer to it, but it is emptied: it has no name, email
address or password, and nobody can sign in to it. After that, rows that would be deleted with the
account are deleted, and references that would be set to NULL are. What is left are ids in a few
places (``STAYS``), which lead to the empty row.

Everything is done in chunks and safe to repeat, so that a job can continue after an interruption.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from accounts import hooks
from accounts.credentials import check_current_password
from accounts.errors import SignInAgainError
from accounts.hooks import Pulse
from accounts.identity import email_spellings
from accounts.models import PresenceStatus, TokenFamily, User
from accounts.passwords import password_gate
from accounts.services import (
    DEFAULT_GUEST_NAME,
    check_may_moderate,
    end_access,
    lock_user,
    publish_person,
)
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.idempotency import scope_of
from apikit.models import IdempotencyRecord

ERASED_NAME = "Deleted user"
# Erasing oneself needs a sign-in of this age at most: a stolen access token must not suffice.
RECENT_SIGN_IN = timedelta(minutes=15)
CHUNK = 100

# References to a user that outlive its erasure; all others are deleted or set to NULL.
STAYS = {
    # The votes, and what keeps a person from voting twice.
    "votes.Vote.user",
    "accounts.User.merged_into",
    "accounts.EarlierAccount.guest",
    "accounts.EarlierAccount.account",
    # What somebody did as staff or in a project; the log has lost the name.
    "admin.LogEntry.user",
    "workspaces.Activity.actor",
    # Passed on or deleted by a hook before.
    "polls.Poll.creator",
    "chat.Message.author",
}


def check_may_erase(actor: Actor, user_id: UUID) -> None:
    """Check that the actor may erase a user: oneself after a recent sign-in, or as staff.

    When the job runs, the actor has no sign-in: it was checked before.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises SignInAgainError: for oneself, if the sign-in is older than ``RECENT_SIGN_IN``.
    :raises ForbiddenError: for others, unless the actor may moderate them, and for staff who would
        erase themselves.
    :raises UserNotFoundError: if there is no such user.
    """
    own_id = actor.account_id()
    if user_id != own_id:
        if not actor.is_staff:
            raise ForbiddenError
        with transaction.atomic():
            check_may_moderate(actor, lock_user(user_id))
        return
    if actor.is_staff:
        raise ForbiddenError("Staff cannot erase themselves. Ask a superuser.")
    if actor.family_id is not None:
        recent = TokenFamily.objects.filter(created_at__gte=timezone.now() - RECENT_SIGN_IN)
        if not recent.filter(id=actor.family_id, user_id=own_id).exists():
            raise SignInAgainError


def check_password_to_erase(actor: Actor, current_password: str) -> None:
    """Check the password of the actor, on pages: instead of a recent sign-in.

    :raises WrongCurrentPasswordError: for a wrong password.
    :raises TooManyRequestsError: after too many failures.
    """
    with password_gate().turn():
        user = User.objects.get(id=actor.account_id())
        check_current_password(user, current_password, family_id=actor.family_id)


def empty_user(user_id: UUID) -> None:
    """Clear everything in the row of a user, and end all access; in the caller's transaction.

    :raises UserNotFoundError: if there is no such user.
    """
    user = lock_user(user_id)
    if user.email is not None:
        hooks.erase_addresses.run(user_id, email_spellings(user.email))
    now = timezone.now()
    user.email, user.pending_email, user.name = None, "", ERASED_NAME
    user.is_guest, user.is_staff, user.is_superuser = True, False, False
    # So that sockets close even if the event is lost.
    user.is_active, user.suspended_at, user.suspended_reason = False, now, ""
    user.status, user.status_text, user.appears_offline = PresenceStatus.OFFLINE, "", False
    user.language, user.digest, user.last_seen_at = "", "off", None
    user.erased_at = user.erased_at or now
    user.set_unusable_password()
    user.save()
    end_access(user_id=user_id, is_suspended=True)
    publish_person(user_id)


def erase_rest(user_id: UUID, pulse: Pulse) -> Iterator[str]:
    """Erase what is known about an emptied user elsewhere; yield before each step what it is."""
    for erase in hooks.erase_writings:
        yield erase.__name__.replace("_", " ")
        erase(user_id, pulse)
    for field in references_to_users():
        yield str(field.model._meta.verbose_name_plural)
        _drop_references(field, user_id, pulse)
    yield "log entries"
    _empty_log(user_id)
    IdempotencyRecord.objects.filter(scope=scope_of(Actor(user_id))).delete()
    merged = User.objects.filter(merged_into=user_id).exclude(name=DEFAULT_GUEST_NAME)
    for guest in merged.iterator(CHUNK):
        guest.name, guest.status_text, guest.last_seen_at = DEFAULT_GUEST_NAME, "", None
        guest.save(update_fields=["name", "status_text", "last_seen_at"])
    TokenFamily.objects.filter(user__merged_into=user_id).delete()


def references_to_users() -> "list[models.ForeignKey[Any, Any]]":
    """Return all foreign keys to users that are dropped, those of new models as well."""
    return [each for each in all_references_to_users() if label_of(each) not in STAYS]


def all_references_to_users() -> "list[models.ForeignKey[Any, Any]]":
    """Return all foreign keys to users, also those without a name for the way back."""
    relations = User._meta.get_fields(include_hidden=True)
    fields = (getattr(each, "field", None) for each in relations if not each.concrete)
    return [
        each
        for each in fields
        if isinstance(each, models.ForeignKey) and each.related_model is User
    ]


def label_of(field: "models.Field[Any, Any]") -> str:
    return f"{field.model._meta.label}.{field.name}"


def _drop_references(field: "models.ForeignKey[Any, Any]", user_id: UUID, pulse: Pulse) -> None:
    """Delete the rows that refer to a user, or clear the reference if that may be NULL."""
    # Without a manager, because the default one may leave rows out.
    rows: models.QuerySet[Any] = (
        models.QuerySet(field.model).filter(**{field.name: user_id}).order_by()
    )
    is_cleared = field.remote_field.on_delete is models.SET_NULL
    while keys := list(rows.values_list("pk", flat=True)[:CHUNK]):
        chunk: models.QuerySet[Any] = models.QuerySet(field.model).filter(pk__in=keys)
        if is_cleared:
            chunk.update(**{field.name: None})
        else:
            chunk.delete()
        pulse()


def _empty_log(user_id: UUID) -> None:
    """Clear names and reasons from the admin log about a user; who did what and when stays."""
    about = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user_id)
    )
    about.update(object_repr=ERASED_NAME, change_message="")

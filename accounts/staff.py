"""Writes of staff to accounts, besides suspending, restoring and deleting them."""

from uuid import UUID

from django.db import transaction

from accounts.identity import check_name
from accounts.models import TokenFamily, User
from accounts.services import check_may_moderate, end_access, lock_user, publish_person
from accounts.sign_in import set_password
from apikit.actors import Actor
from apikit.errors import ConflictError, ForbiddenError, GuestRefusedError, NotFoundError


def rename_user(*, actor: Actor, user_id: UUID, name: str) -> User:
    """Rename a user; staff may rename themselves.

    :raises ForbiddenError: unless ``actor`` may moderate the user.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        if actor.id != user_id or not actor.is_staff:
            check_may_moderate(actor, user)
        user.name = check_name(name)
        user.save(update_fields=["name", "updated_at"])
        publish_person(user.id)
    return user


def set_staff_rights(*, actor: Actor, user_id: UUID, is_staff: bool, is_superuser: bool) -> User:
    """Grant or revoke the rights of staff and superusers.

    Ends all sign-ins of the user, because sockets keep the rights they were opened with.

    :raises ForbiddenError: unless ``actor`` is another user and a superuser.
    :raises GuestRefusedError: for a guest.
    :raises ConflictError: for a superuser who would not be staff.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        _check_is_superuser(actor)
        if actor.id == user_id:
            raise ForbiddenError("Ask another superuser to do this for you.")
        if user.is_guest:
            raise GuestRefusedError("Guests cannot be staff. They need an account.")
        if is_superuser and not is_staff:
            raise ConflictError("Superusers must be staff.")
        user.is_staff, user.is_superuser = is_staff, is_superuser
        user.save(update_fields=["is_staff", "is_superuser", "updated_at"])
        end_access(user_id=user_id)
    return user


def replace_password(*, actor: Actor, user_id: UUID, new_password: str) -> None:
    """Set the password of an account that cannot receive a link; all its sign-ins end.

    :raises ForbiddenError: unless ``actor`` is a superuser, because it allows impersonation.
    :raises GuestRefusedError: for a guest.
    :raises ValidationFailedError: for an invalid password.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        _check_is_superuser(actor)
        if user.is_guest:
            raise GuestRefusedError("Guests have no password.")
        set_password(user, new_password)


def end_sign_in_of(*, actor: Actor, family_id: UUID) -> bool:
    """End a sign-in and its sockets; return whether it was active.

    :raises NotFoundError: if there is none.
    :raises ForbiddenError: unless it is the actor's own or the actor may moderate the user.
    """
    with transaction.atomic():
        family = TokenFamily.objects.select_related("user").filter(id=family_id).first()
        if family is None:
            raise NotFoundError
        if family.user_id != actor.signed_in_id():
            check_may_moderate(actor, family.user)
        if family.revoked_at is not None:
            return False
        end_access(user_id=family.user_id, only_family_id=family_id)
    return True


def _check_is_superuser(actor: Actor) -> None:
    if not User.objects.filter(id=actor.account_id(), is_active=True, is_superuser=True).exists():
        raise ForbiddenError("Only a superuser can do this.")

"""Authorisation in the services for staff."""

from collections.abc import Callable

import pytest

from accounts.errors import UserNotFoundError
from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from accounts.staff import end_sign_in_of, rename_user, replace_password, set_staff_rights
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, GuestRefusedError, NotFoundError
from tests.conftest import actor_of

pytestmark = pytest.mark.django_db

Deed = Callable[[Actor, User], object]


def rename(actor: Actor, user: User) -> object:
    return rename_user(actor=actor, user_id=user.id, name="Other")


def promote(actor: Actor, user: User) -> object:
    return set_staff_rights(actor=actor, user_id=user.id, is_staff=True, is_superuser=True)


def replace(actor: Actor, user: User) -> object:
    replace_password(actor=actor, user_id=user.id, new_password="an unlikely phrase")
    return None


def sign_out(actor: Actor, user: User) -> object:
    open_token_family(user=user)
    return end_sign_in_of(actor=actor, family_id=TokenFamily.objects.get(user=user).id)


def test_a_deleted_user_is_not_found(bob: User, superuser: User) -> None:
    user = User(id=bob.id)
    bob.delete()
    for deed in (rename, promote, replace):
        with pytest.raises(UserNotFoundError):
            deed(actor_of(superuser), user)


@pytest.mark.parametrize("deed", [rename, promote, replace, sign_out])
@pytest.mark.parametrize("who", ["alice", "guest", None])
def test_users_who_are_not_staff_cannot_moderate(
    deed: Deed, who: str | None, bob: User, request: pytest.FixtureRequest
) -> None:
    actor = Actor() if who is None else actor_of(request.getfixturevalue(who))
    with pytest.raises(ApiError):
        deed(actor, bob)


@pytest.mark.parametrize("deed", [promote, replace])
def test_some_services_need_a_superuser(
    deed: Deed, bob: User, staff: User, superuser: User
) -> None:
    with pytest.raises(ForbiddenError):
        deed(actor_of(staff), bob)
    with pytest.raises(ForbiddenError):
        deed(actor_of(staff), staff)
    deed(actor_of(superuser), bob)


@pytest.mark.parametrize("deed", [rename, sign_out])
def test_only_superusers_can_moderate_staff(
    deed: Deed, bob: User, staff: User, superuser: User
) -> None:
    deed(actor_of(staff), bob)
    with pytest.raises(ForbiddenError):
        deed(actor_of(staff), superuser)
    deed(actor_of(superuser), staff)


@pytest.mark.parametrize("deed", [promote, replace])
def test_guests_have_neither_rights_nor_passwords(deed: Deed, guest: User, superuser: User) -> None:
    with pytest.raises(GuestRefusedError):
        deed(actor_of(superuser), guest)


def test_a_superuser_does_not_change_their_own_rights(superuser: User) -> None:
    with pytest.raises(ForbiddenError):
        promote(actor_of(superuser), superuser)


def test_superuser_rights_are_read_from_the_database(superuser: User, bob: User) -> None:
    actor = actor_of(superuser)
    User.objects.filter(id=superuser.id).update(is_superuser=False)
    with pytest.raises(ForbiddenError):
        promote(actor, bob)


def test_a_missing_sign_in_is_not_found(staff: User) -> None:
    with pytest.raises(NotFoundError):
        end_sign_in_of(actor=actor_of(staff), family_id=staff.id)

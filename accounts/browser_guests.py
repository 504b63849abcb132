"""The cookie that names a browser's guest, whatever becomes of its session.

It holds a user's id, signed: the guest that votes from this browser or, until there is one, the
account that was first signed in to in it. It signs nobody in to an account; all it is good for is
to renew that guest instead of making another one, which could vote again.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.errors import AccountSuspendedError
from accounts.guests import (
    GUEST_REMEMBERED_FOR,
    create_guest_of,
    merge_guest,
    read_user_id,
    sign_user_id,
)
from accounts.models import User
from apikit.actors import Actor, visitor

COOKIE_NAME = "tallyroom_guest"
_SALT = "accounts.browser-guest"


@dataclass(slots=True)
class _Known:
    """The user that a request's cookie names, read once, and the id to set a cookie for."""

    user: User | None
    changed_to: UUID | None = None


def remember_browser_user(request: HttpRequest, user: User) -> None:
    """Names ``user`` in the cookie of the response, unless the browser has named them before."""
    known = _known(request)
    if known.user is None or known.user.id != user.id:
        known.user, known.changed_to = user, user.id


def link_browser_to(request: HttpRequest, account: User) -> None:
    """Makes the browser's guest and ``account``, which signs in, one voter.

    A browser without a guest remembers the account instead. For the second account, there has to
    be a guest, who counts as having voted where either of them has.
    """
    user = _known(request).user
    if user is None:
        remember_browser_user(request, account)
    elif user.id != account.id:
        leave_guest_behind(request)
        guest = _known(request).user
        assert guest is not None, "there is one where a user is remembered"
        merge_guest(guest_id=guest.id, account_id=account.id)


def find_browser_guest(request: HttpRequest) -> User | None:
    """The guest of this browser; for one that remembers an account only, it is made now.

    :raises AccountSuspendedError: for a suspended guest.
    """
    leave_guest_behind(request)
    guest = _known(request).user
    if guest is not None and not guest.is_active:
        raise AccountSuspendedError
    return guest


def leave_guest_behind(request: HttpRequest) -> None:
    """Makes a guest of the account that the browser remembers, unless it remembers a guest."""
    user = _known(request).user
    if user is not None and not user.is_guest:
        remember_browser_user(request, create_guest_of(user))


def browser_reader(request: HttpRequest) -> Actor:
    """The browser's guest, for reading how things stand for it; a visitor if there is none."""
    user = _known(request).user
    return Actor(user.id, is_guest=True) if user is not None and user.is_guest else visitor()


def set_browser_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Sends the cookie if the request changed whom it names."""
    known: _Known | None = getattr(request, "browser_user", None)
    if known is None or known.changed_to is None:
        return
    response.set_cookie(
        COOKIE_NAME,
        sign_user_id(known.changed_to, salt=_SALT),
        max_age=GUEST_REMEMBERED_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> _Known:
    known: _Known | None = getattr(request, "browser_user", None)
    if known is None:
        user_id = read_user_id(request.COOKIES.get(COOKIE_NAME, ""), salt=_SALT)
        user = User.objects.filter(id=user_id).first() if user_id else None
        known = _Known(user)
        request.browser_user = known  # type: ignore[attr-defined]
    return known

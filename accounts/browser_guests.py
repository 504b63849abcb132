"""The cookie that remembers a browser's guest, independent of its session.

It contains a signed user id: the guest that votes from this browser or, until there is one, the
first account signed in to. It does not sign in to an account. It only lets the server renew the
guest instead of creating another one, which could vote again.
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
    """The user in a request's cookie, read once, and the id for a new cookie."""

    user: User | None
    changed_to: UUID | None = None


def remember_browser_user(request: HttpRequest, user: User) -> None:
    """Put ``user`` in the cookie of the response, unless it is there already."""
    known = _known(request)
    if known.user is None or known.user.id != user.id:
        known.user, known.changed_to = user, user.id


def link_browser_to(request: HttpRequest, account: User) -> None:
    """Merge the browser's guest into ``account``, which signs in.

    A browser without a guest remembers the account instead. A second account needs a guest, which
    counts as having voted wherever either account has.
    """
    user = _known(request).user
    if user is None:
        remember_browser_user(request, account)
    elif user.id != account.id:
        leave_guest_behind(request)
        guest = _known(request).user
        assert guest is not None, "leave_guest_behind() has set it"
        merge_guest(guest_id=guest.id, account_id=account.id)


def find_browser_guest(request: HttpRequest) -> User | None:
    """Return the guest of this browser, creating it if the browser remembers an account.

    :raises AccountSuspendedError: for a suspended guest.
    """
    leave_guest_behind(request)
    guest = _known(request).user
    if guest is not None and not guest.is_active:
        raise AccountSuspendedError
    return guest


def leave_guest_behind(request: HttpRequest) -> None:
    """Replace a remembered account by a new guest that is merged into it."""
    user = _known(request).user
    if user is not None and not user.is_guest:
        remember_browser_user(request, create_guest_of(user))


def browser_reader(request: HttpRequest) -> Actor:
    """Return the browser's guest as an actor for reads, or a visitor if there is none."""
    user = _known(request).user
    return Actor(user.id, is_guest=True) if user is not None and user.is_guest else visitor()


def set_browser_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie if the request changed its user."""
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

"""Authentication of pages: session cookies, backed by token families.

Each page session has a ``TokenFamily``, as API tokens do. So users see all their sign-ins in one
list and end them in the same way, which closes their sockets.

Signing in to an account also rotates the CSRF token; scripts read the new one from its cookie.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth import get_user, login, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from accounts.browser_guests import (
    find_browser_guest,
    leave_guest_behind,
    link_browser_to,
    remember_browser_user,
)
from accounts.known_devices import remember_device
from accounts.models import TokenFamily, User
from accounts.services import create_guest_once, remember_language
from accounts.sign_in import REFRESH_TOKEN_LIFETIME, end_family, end_sign_in, open_family
from apikit.actors import Actor, visitor

FAMILY_KEY = "token_family"
# The replaced token family, until the browser has sent the new session cookie.
REPLACED_FAMILY_KEY = "replaced_token_family"
# A sign-in in use does not expire; recording each use would cost a write per page.
RECORDED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Person:
    """The user of a request, as an actor and as Django's user."""

    actor: Actor
    user: User | AnonymousUser


def sign_in_page(request: HttpRequest, user: User) -> Actor:
    """Start a session for ``user`` in this browser, replacing the present one.

    The browser's guest is merged into an account that signs in.

    The replaced sign-in ends with the first request that has the new session cookie. If it ended
    now, other tabs would reconnect with the old cookie, and a guest created for them could replace
    the new session.
    """
    replaced_id = page_actor(request).family_id
    _log_in(request, user)
    language = get_language()
    if language != user.language:
        remember_language(user_id=user.id, language=language)
    person = _begin(request, user)
    if replaced_id is not None:
        request.session[REPLACED_FAMILY_KEY] = str(replaced_id)
    return person.actor


def sign_in_guest(request: HttpRequest, *, key: str, name: str | None = None) -> tuple[User, bool]:
    """Sign a visitor in as the browser's guest; return the guest and whether it is new.

    A new guest is created once per ``key``, so that submitting a form twice creates one.

    :raises AccountSuspendedError: if the browser's guest is suspended.
    :raises ValidationFailedError: for a key that is too easy to guess.
    """
    known = find_browser_guest(request)
    guest = known or create_guest_once(key=key, name=name)
    sign_in_page(request, guest)
    return guest, known is None


def sign_out_page(request: HttpRequest) -> None:
    """End the session and its token family; does nothing for a visitor.

    The browser keeps a guest that is merged into the account.
    """
    actor = page_actor(request)
    if actor.family_id is not None:
        if not actor.is_guest:
            leave_guest_behind(request)
        end_sign_in(actor=actor, family_id=actor.family_id)
        _end(request)


def outlive_password_change(request: HttpRequest) -> None:
    """Keep this session after a password change, which ends all others."""
    user = User.objects.get(id=page_actor(request).signed_in_id())
    request.user = user
    update_session_auth_hash(request, user)
    remember_device(request, user)


def page_actor(request: HttpRequest) -> Actor:
    """Return the actor of a page request; at most one query per request.

    Ends a session whose token family was revoked or whose account is suspended, which makes the
    client a visitor.
    """
    return _person(request).actor


def page_user(request: HttpRequest) -> User | AnonymousUser:
    """Return the user of a page request, for Django's admin and templates."""
    return _person(request).user


def _person(request: HttpRequest) -> _Person:
    known: _Person | None = getattr(request, "page_person", None)
    return known or _remember(request, _find_person(request))


def _find_person(request: HttpRequest) -> _Person:
    if FAMILY_KEY not in request.session:
        return _adopt(request)
    family = _find_active_family(request.session[FAMILY_KEY])
    if family is None:
        return _end(request)
    replaced_id = request.session.pop(REPLACED_FAMILY_KEY, None)
    if replaced_id is not None:
        end_family(UUID(replaced_id))
    if family.user.is_guest:
        # Older sessions have no such cookie.
        remember_browser_user(request, family.user)
    _record_use(request, family)
    return _person_of(family.user, family)


def _log_in(request: HttpRequest, user: User) -> None:
    """Log in with Django's ``login``, but keep the CSRF token of a guest.

    A visitor becomes a guest by submitting a form. If it is submitted twice, the second request has
    the same CSRF token as the first.
    """
    secret = request.META.get("CSRF_COOKIE")
    login(request, user)
    if user.is_guest and secret is not None:
        request.META["CSRF_COOKIE"] = secret


def _find_active_family(family_id: str) -> TokenFamily | None:
    """Return an active token family with its user."""
    families = TokenFamily.objects.select_related("user").filter(
        id=UUID(family_id), revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    return families.first()


def _adopt(request: HttpRequest) -> _Person:
    """Create the token family of a session that Django's admin login has started."""
    user = get_user(request)
    return _begin(request, user) if isinstance(user, User) else _Person(visitor(), user)


def _begin(request: HttpRequest, user: User) -> _Person:
    family = open_family(user=user, user_agent=request.headers.get("User-Agent", ""))
    request.session[FAMILY_KEY] = str(family.id)
    if user.is_guest:
        remember_browser_user(request, user)
    else:
        link_browser_to(request, user)
        remember_device(request, user)
    return _remember(request, _person_of(user, family))


def _end(request: HttpRequest) -> _Person:
    request.session.flush()
    request.user = AnonymousUser()
    return _remember(request, _Person(visitor(), request.user))


def _record_use(request: HttpRequest, family: TokenFamily) -> None:
    now = timezone.now()
    if now - family.last_used_at >= RECORDED_EVERY:
        TokenFamily.objects.filter(id=family.id).update(
            last_used_at=now, expires_at=now + REFRESH_TOKEN_LIFETIME
        )
        User.objects.filter(id=family.user_id).update(last_seen_at=now)
        # Saves the session, and sends its cookie, with the new expiry.
        request.session.modified = True


def _person_of(user: User, family: TokenFamily) -> _Person:
    actor = Actor(user.id, is_guest=user.is_guest, is_staff=user.is_staff, family_id=family.id)
    return _Person(actor, user)


def _remember(request: HttpRequest, person: _Person) -> _Person:
    request.page_person = person  # type: ignore[attr-defined]
    return person

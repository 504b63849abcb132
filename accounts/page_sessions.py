"""Who somebody is on a page: the session cookie, with a sign-in of its own behind it.

Each page session stands for a ``TokenFamily``, like the tokens of the API do. So people see all
their sign-ins as one list, end them in one way, and sockets close with them.

Signing in to an account changes the secret of the page's forms too: a script that goes on
afterwards takes the new one from its cookie.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth import get_user, login, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from accounts.browser_guests import (
    find_browser_guest,
    leave_guest_behind,
    link_browser_to,
    remember_browser_user,
)
from accounts.known_devices import remember_device
from accounts.models import TokenFamily, User
from accounts.services import create_guest_once
from accounts.sign_in import REFRESH_TOKEN_LIFETIME, end_family, end_sign_in, open_family
from apikit.actors import Actor, visitor

FAMILY_KEY = "token_family"
# The sign-in that this session has replaced, until the browser has shown that it has the session.
REPLACED_FAMILY_KEY = "replaced_token_family"
# A sign-in that is used doesn't expire; noting each use would cost a write per page.
NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Person:
    """Whoever makes a request: as services know them, and as Django does."""

    actor: Actor
    user: User | AnonymousUser


def sign_in_page(request: HttpRequest, user: User) -> Actor:
    """Starts a session for ``user`` in this browser; whoever was here before is signed out.

    The browser's guest becomes one voter with an account that signs in.

    The sign-in before ends with the first request that shows the new session. Other tabs, whose
    sockets close then, would else ask while the browser still has the old cookie, and the guest
    that they are made could take the place of the one who signs in.
    """
    replaced_id = page_actor(request).family_id
    _log_in(request, user)
    person = _begin(request, user)
    if replaced_id is not None:
        request.session[REPLACED_FAMILY_KEY] = str(replaced_id)
    return person.actor


def sign_in_guest(request: HttpRequest, *, key: str, name: str | None = None) -> tuple[User, bool]:
    """Signs a visitor in as the browser's guest; returns the guest, and whether it is new.

    A new one is the guest of ``key``, so that a form sent twice creates one.

    :raises AccountSuspendedError: for a browser whose guest is suspended.
    :raises ValidationFailedError: for a key that could be guessed.
    """
    known = find_browser_guest(request)
    guest = known or create_guest_once(key=key, name=name)
    sign_in_page(request, guest)
    return guest, known is None


def sign_out_page(request: HttpRequest) -> None:
    """Ends the session and the sign-in behind it; for a visitor it does nothing.

    The browser is left with a guest who counts as one voter with the account.
    """
    actor = page_actor(request)
    if actor.family_id is not None:
        if not actor.is_guest:
            leave_guest_behind(request)
        end_sign_in(actor=actor, family_id=actor.family_id)
        _end(request)


def outlive_password_change(request: HttpRequest) -> None:
    """Keeps this session after its person has chosen a new password, which ends all others."""
    user = User.objects.get(id=page_actor(request).signed_in_id())
    request.user = user
    update_session_auth_hash(request, user)
    remember_device(request, user)


def page_actor(request: HttpRequest) -> Actor:
    """Who looks at a page, as they are now; at most one query, once in a request.

    A session whose sign-in was ended, or whose account is suspended, is over: its holder is a
    visitor from now on.
    """
    return _person(request).actor


def page_user(request: HttpRequest) -> User | AnonymousUser:
    """The same person as Django's admin and templates want them."""
    return _person(request).user


def _person(request: HttpRequest) -> _Person:
    known: _Person | None = getattr(request, "page_person", None)
    return known or _remember(request, _find_person(request))


def _find_person(request: HttpRequest) -> _Person:
    if FAMILY_KEY not in request.session:
        return _adopt(request)
    family = _standing_family(request.session[FAMILY_KEY])
    if family is None:
        return _end(request)
    replaced_id = request.session.pop(REPLACED_FAMILY_KEY, None)
    if replaced_id is not None:
        end_family(UUID(replaced_id))
    if family.user.is_guest:
        # Sessions from before there was this cookie have none.
        remember_browser_user(request, family.user)
    _note_use(request, family)
    return _person_of(family.user, family)


def _log_in(request: HttpRequest, user: User) -> None:
    """Django's, but a guest keeps the secret of the page's forms.

    A visitor becomes a guest by sending a form. Where it is sent twice, the second one still has
    the secret that the first one came with.
    """
    secret = request.META.get("CSRF_COOKIE")
    login(request, user)
    if user.is_guest and secret is not None:
        request.META["CSRF_COOKIE"] = secret


def _standing_family(family_id: str) -> TokenFamily | None:
    """The sign-in with its person, unless it has ended."""
    families = TokenFamily.objects.select_related("user").filter(
        id=UUID(family_id), revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    return families.first()


def _adopt(request: HttpRequest) -> _Person:
    """Django's own sessions, from the admin's login, are given a sign-in on first sight."""
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


def _note_use(request: HttpRequest, family: TokenFamily) -> None:
    now = timezone.now()
    if now - family.last_used_at >= NOTED_EVERY:
        TokenFamily.objects.filter(id=family.id).update(
            last_used_at=now, expires_at=now + REFRESH_TOKEN_LIFETIME
        )
        User.objects.filter(id=family.user_id).update(last_seen_at=now)
        # Saved, and its cookie sent, with the new expiry.
        request.session.modified = True


def _person_of(user: User, family: TokenFamily) -> _Person:
    actor = Actor(user.id, is_guest=user.is_guest, is_staff=user.is_staff, family_id=family.id)
    return _Person(actor, user)


def _remember(request: HttpRequest, person: _Person) -> _Person:
    request.page_person = person  # type: ignore[attr-defined]
    return person

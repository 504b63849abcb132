"""Known devices: tokens that protect an account from being locked out by strangers.

Wrong passwords are limited per account, so a stranger who sends enough of them would lock the owner
out. Therefore a successful sign-in gives the device a token, as a cookie and in the response of the
API. Attempts with the token are counted for that device alone ("device cookies", OWASP:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).

A token does not sign in: the password is still required. A new password invalidates older tokens,
so that someone who knew the old one has none to guess with.
"""

import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from accounts.models import User

AnyRequest = Request | HttpRequest

COOKIE_NAME = "tallyroom_devices"
# The cookie has the tokens of several accounts, the latest first.
SEPARATOR = "."
MAX_TOKENS = 8
TOKEN_MAX_CHARS = 200
TOKENS_MAX_CHARS = MAX_TOKENS * (TOKEN_MAX_CHARS + 1)
# The longest time that browsers keep a cookie.
DEVICE_KNOWN_FOR = timedelta(days=400)
_SALT = "accounts.known-device"


def issue_device_token(user: User) -> str:
    """Return a token for a device on which ``user`` has just signed in."""
    value = f"{user.id.hex}-{secrets.token_hex(8)}-{_password_fingerprint(user)}"
    return signing.TimestampSigner(salt=_SALT).sign(value)


def find_device(user: User, tokens: str) -> str | None:
    """Return the device id of the token in ``tokens`` that is valid for ``user``, if any."""
    for token in tokens[:TOKENS_MAX_CHARS].split(SEPARATOR)[:MAX_TOKENS]:
        if not token.startswith(user.id.hex):
            continue
        try:
            value = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=DEVICE_KNOWN_FOR)
        except signing.BadSignature:
            continue
        _, device_id, fingerprint = value.split("-")
        if hmac.compare_digest(fingerprint, _password_fingerprint(user)):
            return device_id
    return None


def shown_tokens(request: AnyRequest, *others: str) -> str:
    """Return the tokens of the request's cookie, after ``others`` from the body."""
    return SEPARATOR.join(filter(None, [*others, request.COOKIES.get(COOKIE_NAME)]))


def remember_device(request: AnyRequest, user: User) -> str:
    """Make this a known device of ``user``; return its token, which the cookie will have."""
    token = issue_device_token(user)
    former = request.COOKIES.get(COOKIE_NAME, "").split(SEPARATOR)
    others = [
        each
        for each in former
        if 0 < len(each) <= TOKEN_MAX_CHARS and not each.startswith(user.id.hex)
    ]
    newest = [token, *others][:MAX_TOKENS]
    request.device_tokens = SEPARATOR.join(newest)  # type: ignore[union-attr]
    return token


def set_device_cookie(request: AnyRequest, response: HttpResponse) -> None:
    """Set the cookie if the request has made this a known device."""
    tokens: str | None = getattr(request, "device_tokens", None)
    if tokens is None:
        return
    response.set_cookie(
        COOKIE_NAME,
        tokens,
        max_age=DEVICE_KNOWN_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _password_fingerprint(user: User) -> str:
    """Return a value that changes with the password and does not reveal it."""
    return salted_hmac(_SALT, user.password).hexdigest()[:16]

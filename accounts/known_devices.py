"""Devices that an account was signed in on before: nobody can lock it out of these.

Wrong passwords are limited for each account, so a stranger who sends enough of them would keep its
owner out. A successful sign-in therefore gives the device a token, as a cookie and in the API's
response. Attempts that show it are counted for that device alone ("device cookies", OWASP:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).

A token signs nobody in: it stands for one more place to type a password. A new password ends the
tokens issued before, so that someone who knew the old one has none to guess with.
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
# A cookie holds the tokens of several accounts, the latest first, joined by a separator.
SEPARATOR = "."
MAX_TOKENS = 8
TOKEN_MAX_CHARS = 200
TOKENS_MAX_CHARS = MAX_TOKENS * (TOKEN_MAX_CHARS + 1)
# As long as browsers keep a cookie at most.
DEVICE_KNOWN_FOR = timedelta(days=400)
_SALT = "accounts.known-device"


def issue_device_token(user: User) -> str:
    """A token for a device on which ``user`` has just proven to be the owner of the account."""
    value = f"{user.id.hex}-{secrets.token_hex(8)}-{_password_mark(user)}"
    return signing.TimestampSigner(salt=_SALT).sign(value)


def find_device(user: User, tokens: str) -> str | None:
    """The id of the device that shows ``tokens``, if one of them is ``user``'s and still good."""
    for token in tokens[:TOKENS_MAX_CHARS].split(SEPARATOR)[:MAX_TOKENS]:
        if not token.startswith(user.id.hex):
            continue
        try:
            value = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=DEVICE_KNOWN_FOR)
        except signing.BadSignature:
            continue
        _, device_id, mark = value.split("-")
        if hmac.compare_digest(mark, _password_mark(user)):
            return device_id
    return None


def shown_tokens(request: AnyRequest, *others: str) -> str:
    """The tokens of the request's cookie, after ``others`` that came another way."""
    return SEPARATOR.join(filter(None, [*others, request.COOKIES.get(COOKIE_NAME)]))


def remember_device(request: AnyRequest, user: User) -> str:
    """Makes this device one of ``user``'s; returns the token, which the response's cookie holds."""
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
    """Sends the cookie if the request has made this a known device."""
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


def _password_mark(user: User) -> str:
    """Changes with the password, and tells nothing of it."""
    return salted_hmac(_SALT, user.password).hexdigest()[:16]

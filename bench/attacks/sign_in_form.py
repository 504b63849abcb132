"""Signs in like a browser: reads the form with its CSRF token, then submits it."""

import asyncio
import re
from urllib.parse import urlencode

from bench.attacks.target import Target, send_request

_FIELD = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
# Read once per worker, because the attack is on password hashing, not on the page.
_secrets: dict[tuple[str, int], str] = {}
_RETRY_AFTER_S = 0.5


class _NoFormError(Exception):
    """The response had no form; the argument is its status."""


async def sign_in_by_form(target: Target, path: str, name_of_email: str, worker: int) -> str:
    """Submits the form at ``path``; returns the outcome.

    The outcome is "signed in", "refused" (the form was shown again), or the status of another
    response. Cookie and field hold the same secret, which is all that Django compares.
    """
    try:
        secret = _secrets.get((path, worker)) or await _read_secret(target, path, worker)
    except _NoFormError as error:
        return f"no form: {error}"
    fields = {
        "csrfmiddlewaretoken": secret,
        name_of_email: target.emails[worker % len(target.emails)],
        "password": target.password,
        "next": "/",
    }
    status, _ = await send_request(
        target,
        f"POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Cookie: tallyroom_csrf={secret}",
        urlencode(fields).encode(),
    )
    return {302: "signed in", 200: "refused"}.get(status, str(status))


async def _read_secret(target: Target, path: str, worker: int) -> str:
    status, page = await send_request(target, f"GET {path} HTTP/1.1")
    found = _FIELD.search(page)
    if found is None:
        await asyncio.sleep(_RETRY_AFTER_S)
        raise _NoFormError(status)
    # Django compares unmasked secrets, so the masked one also works as the cookie.
    _secrets[path, worker] = secret = found[1].decode()
    return secret

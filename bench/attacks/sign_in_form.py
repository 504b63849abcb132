"""Signing in as a browser does: the form with its secret first, then the form sent."""

import re
from urllib.parse import urlencode

from bench.attacks.target import Target, send_request

_FIELD = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
# Read once for each worker: what is measured is the password's hashing, not the page.
_secrets: dict[tuple[str, int], str] = {}


async def sign_in_by_form(target: Target, path: str, name_of_email: str, worker: int) -> str:
    """Sends the form at ``path``; returns the status of the answer.

    The cookie and the field hold the same secret, which is all that Django compares.
    """
    secret = _secrets.get((path, worker)) or await _read_secret(target, path, worker)
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
    return str(status)


async def _read_secret(target: Target, path: str, worker: int) -> str:
    _, page = await send_request(target, f"GET {path} HTTP/1.1")
    found = _FIELD.search(page)
    if found is None:
        raise EOFError
    # Masked secrets are compared after unmasking, so the masked one serves as a cookie too.
    _secrets[path, worker] = secret = found[1].decode()
    return secret

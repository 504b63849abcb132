"""Which sites may embed a poll in a frame.

None by default, against clickjacking. An origin (RFC 6454) is a scheme, a host, and the port unless
it is the default one.
"""

import re
from collections.abc import Sequence

from apikit.errors import FieldError, ValidationFailedError
from polls.models import Poll

MAX_EMBED_ORIGINS = 20
HOST_MAX_CHARS = 253
ORIGIN_MAX_CHARS = len("https://") + HOST_MAX_CHARS + len(":65535")
ANYBODY = "*"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Names and IPv4 addresses; a Content-Security-Policy allows no others.
_ORIGIN = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*)(?::([0-9]{{1,5}}))?")
_USUAL_PORTS = {"http": 80, "https": 443}


def settle_embed_origins(origins: Sequence[str]) -> list[str]:
    """Return ``origins`` as browsers write them, without duplicates, in the same order.

    :raises ValidationFailedError: for too many or invalid origins, and for ``*`` with others.
    """
    if len(origins) > MAX_EMBED_ORIGINS:
        raise ValidationFailedError.of("embedOrigins", f"List at most {MAX_EMBED_ORIGINS} sites.")
    if ANYBODY in origins and len(set(origins)) > 1:
        raise ValidationFailedError.of(
            "embedOrigins", "* means every site, so it must be the only entry."
        )
    settled = [ANYBODY if origin == ANYBODY else _as_browser_writes(origin) for origin in origins]
    errors = [
        FieldError(
            f"embedOrigins.{index}",
            "Must be an origin such as https://example.org, without a path.",
        )
        for index, origin in enumerate(settled)
        if origin is None
    ]
    if errors:
        raise ValidationFailedError(errors=errors)
    return list(dict.fromkeys(origin for origin in settled if origin is not None))


def frame_ancestors(poll: Poll) -> list[str]:
    """Return the sources of ``frame-ancestors`` for the poll's frame.

    If any site may embed the poll, so may this one, for the preview.
    """
    if not poll.embed_origins:
        return ["'none'"]
    if ANYBODY in poll.embed_origins:
        return [ANYBODY]
    return ["'self'", *poll.embed_origins]


def _as_browser_writes(origin: str) -> str | None:
    """Return an origin in lower case without its default port; None if it is invalid."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None or len(match[2]) > HOST_MAX_CHARS:
        return None
    scheme, host, port = match[1], match[2], int(match[3] or _USUAL_PORTS[match[1]])
    if not 0 < port < 65536:
        return None
    return f"{scheme}://{host}" + ("" if port == _USUAL_PORTS[scheme] else f":{port}")

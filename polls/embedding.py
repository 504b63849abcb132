"""Which sites may show a poll in a frame.

Nobody, unless its creator says otherwise: a form in a frame is how people are made to click on
what they don't see. An origin is what a browser calls a site: scheme, host, and the port where
it is not the usual one (RFC 6454).
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
# Names and IPv4 addresses: no others can stand in a Content-Security-Policy.
_ORIGIN = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*)(?::([0-9]{{1,5}}))?")
_USUAL_PORTS = {"http": 80, "https": 443}


def settle_embed_origins(origins: Sequence[str]) -> list[str]:
    """``origins`` as a browser writes them, each once, in the order given.

    :raises ValidationFailedError: for too many, for what is no origin, and for ``*`` in company.
    """
    if len(origins) > MAX_EMBED_ORIGINS:
        raise ValidationFailedError.of(
            "embedOrigins", f"At most {MAX_EMBED_ORIGINS} sites can be named."
        )
    if ANYBODY in origins and len(set(origins)) > 1:
        raise ValidationFailedError.of("embedOrigins", "* means every site, so it stands alone.")
    settled = [ANYBODY if origin == ANYBODY else _as_browser_writes(origin) for origin in origins]
    errors = [
        FieldError(
            f"embedOrigins.{index}",
            "Not the address of a site, such as https://example.org, without a path.",
        )
        for index, origin in enumerate(settled)
        if origin is None
    ]
    if errors:
        raise ValidationFailedError(errors=errors)
    return list(dict.fromkeys(origin for origin in settled if origin is not None))


def frame_ancestors(poll: Poll) -> list[str]:
    """The sources of ``frame-ancestors`` in the Content-Security-Policy of the poll's frame.

    Where any site may show it, this one may too, in its preview.
    """
    if not poll.embed_origins:
        return ["'none'"]
    if ANYBODY in poll.embed_origins:
        return [ANYBODY]
    return ["'self'", *poll.embed_origins]


def _as_browser_writes(origin: str) -> str | None:
    """In small letters and without a port that goes without saying; None for what is none."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None or len(match[2]) > HOST_MAX_CHARS:
        return None
    scheme, host, port = match[1], match[2], int(match[3] or _USUAL_PORTS[match[1]])
    if not 0 < port < 65536:
        return None
    return f"{scheme}://{host}" + ("" if port == _USUAL_PORTS[scheme] else f":{port}")

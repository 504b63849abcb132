"""The URL to join a poll, and its QR code.

The codes include the quiet zone that readers need (ISO/IEC 18004: four modules).
"""

import io
from typing import Protocol

import segno

QUIET_ZONE_MODULES = 4
MIN_PNG_PX = 64
MAX_PNG_PX = 4096
# How segno writes black; it cannot write currentColor.
_BLACK = 'stroke="#000"'


class Joinable(Protocol):
    """A poll, or a part of one that has its join code."""

    @property
    def join_code(self) -> str: ...


def join_url(poll: Joinable, site_url: str) -> str:
    """Return the URL of the voting page on the site at ``site_url``."""
    return f"{site_url}/p/{poll.join_code}"


def join_qr_svg(poll: Joinable, site_url: str) -> str:
    """Return an ``<svg>`` that fills its container, in the current text colour, transparent.

    It has no inline styles, so that a strict Content-Security-Policy allows it. As a file it is
    black. Readers need it darker than its background.
    """
    svg = io.BytesIO()
    _code(poll, site_url).save(
        svg,
        kind="svg",
        border=QUIET_ZONE_MODULES,
        light=None,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        omitsize=True,
        nl=False,
    )
    return svg.getvalue().decode().replace(_BLACK, 'stroke="currentColor"')


def join_qr_png(poll: Joinable, site_url: str, size_px: int) -> bytes:
    """Return a square PNG, black on white, of at most ``size_px``.

    Modules are whole pixels, at least one, so the image can be smaller than requested.
    """
    code = _code(poll, site_url)
    modules, _ = code.symbol_size(border=QUIET_ZONE_MODULES)
    size_px = min(max(size_px, MIN_PNG_PX), MAX_PNG_PX)
    png = io.BytesIO()
    code.save(png, kind="png", border=QUIET_ZONE_MODULES, scale=max(1, size_px // int(modules)))
    return png.getvalue()


def _code(poll: Joinable, site_url: str) -> segno.QRCode:
    # M: readable with 15 % of the code covered, for instance by a thumb.
    return segno.make_qr(join_url(poll, site_url), error="m")

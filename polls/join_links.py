"""The address people join a poll at, and its QR code.

The codes have the quiet zone that readers need around them (ISO/IEC 18004: four modules).
"""

import io

import segno

from polls.models import Poll

QUIET_ZONE_MODULES = 4
MIN_PNG_PX = 64
MAX_PNG_PX = 4096
# What segno writes for black; it takes no names of colours but the web's.
_BLACK = 'stroke="#000"'


def join_url(poll: Poll, site_url: str) -> str:
    """Where phones go to vote in ``poll``, on the site at ``site_url``."""
    return f"{site_url}/p/{poll.join_code}"


def join_qr_svg(poll: Poll, site_url: str) -> str:
    """An ``<svg>`` that fills its place, in the colour of the text around it, without a ground.

    Without styles of its own, so that it may stand in a page with a strict policy; as a file of
    its own it is black. Readers want it darker than its ground.
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


def join_qr_png(poll: Poll, site_url: str, size_px: int) -> bytes:
    """A square image, black on white, of at most ``size_px``: whole pixels for each module.

    Smaller than asked for by less than a pixel for each module; never smaller than one for each.
    """
    code = _code(poll, site_url)
    modules, _ = code.symbol_size(border=QUIET_ZONE_MODULES)
    size_px = min(max(size_px, MIN_PNG_PX), MAX_PNG_PX)
    png = io.BytesIO()
    code.save(png, kind="png", border=QUIET_ZONE_MODULES, scale=max(1, size_px // int(modules)))
    return png.getvalue()


def _code(poll: Poll, site_url: str) -> segno.QRCode:
    # M: readable with 15 % of it covered, which a projector's edge or a thumb can do.
    return segno.make_qr(join_url(poll, site_url), error="m")

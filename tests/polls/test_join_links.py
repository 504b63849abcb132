"""The address people join at, and its QR code."""

import struct
from xml.etree import ElementTree as ET

import pytest
import segno

from polls.join_links import MAX_PNG_PX, QUIET_ZONE_MODULES, join_qr_png, join_qr_svg, join_url
from polls.models import Poll

SITE = "https://polls.example.org"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def poll() -> Poll:
    return Poll(join_code="482913")


def expected_code() -> segno.QRCode:
    return segno.make_qr("https://polls.example.org/p/482913", error="m")


def png_size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_people_join_at_the_public_address(poll: Poll) -> None:
    assert join_url(poll, SITE) == "https://polls.example.org/p/482913"


def test_the_svg_fits_its_place_and_takes_the_colour_around_it(poll: Poll) -> None:
    root = ET.fromstring(join_qr_svg(poll, SITE))
    modules = len(expected_code().matrix) + 2 * QUIET_ZONE_MODULES
    assert root.tag == f"{SVG}svg"
    assert root.attrib == {"viewBox": f"0 0 {modules} {modules}"}
    [path] = root
    assert path.tag == f"{SVG}path"
    assert path.attrib["stroke"] == "currentColor"
    # The first module stands inside of the quiet zone.
    assert path.attrib["d"].startswith(f"M{QUIET_ZONE_MODULES} {QUIET_ZONE_MODULES}.5h7")


def test_the_svg_has_nothing_a_strict_policy_refuses(poll: Poll) -> None:
    svg = join_qr_svg(poll, SITE)
    for refused in ("style", "class=", "<script", "<?xml", "href", "#000"):
        assert refused not in svg


def test_the_svg_shows_the_modules_of_the_address(poll: Poll) -> None:
    matrix = expected_code().matrix
    size = len(matrix) + 2 * QUIET_ZONE_MODULES
    drawn = [[0] * size for _ in range(size)]
    [path] = ET.fromstring(join_qr_svg(poll, SITE))
    for x, y, width in runs(path.attrib["d"]):
        drawn[y][x : x + width] = [1] * width
    inside = slice(QUIET_ZONE_MODULES, -QUIET_ZONE_MODULES)
    assert [row[inside] for row in drawn[inside]] == [list(row) for row in matrix]
    assert sum(map(sum, drawn)) == sum(map(sum, matrix))


def runs(path: str) -> list[tuple[int, int, int]]:
    """The dark lines of a path as (x, y, width); after ``M`` its moves are relative."""
    found = []
    x = y = 0.0
    for part in path.replace("M", " M").replace("m", " m").replace("h", " h").split(" "):
        if part[:1] in {"M", "m"}:
            command, x_text = part[0], part[1:]
            step = float(x_text)
        elif part[:1] == "h":
            found.append((int(x), int(y), int(part[1:])))
            x += int(part[1:])
        elif part:
            x, y = (step, float(part)) if command == "M" else (x + step, y + float(part))
    return found


@pytest.mark.parametrize("asked_px", [256, 300, 1024])
def test_the_png_is_as_large_as_whole_modules_allow(poll: Poll, asked_px: int) -> None:
    modules = len(expected_code().matrix) + 2 * QUIET_ZONE_MODULES
    width, height = png_size(join_qr_png(poll, SITE, asked_px))
    assert width == height
    assert width % modules == 0
    assert asked_px - modules < width <= asked_px


@pytest.mark.parametrize("asked_px", [-1, 0, 1, 10**9])
def test_the_size_is_bounded(poll: Poll, asked_px: int) -> None:
    width, _ = png_size(join_qr_png(poll, SITE, asked_px))
    assert 0 < width <= MAX_PNG_PX

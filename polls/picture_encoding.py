"""Decodes pictures that people send, and encodes them again: bounded, upright, without metadata."""

import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from polls.errors import PictureInvalidError, PictureTooLargeError

# The first frame, if there are several. SVG is a document with scripts and is not among them.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# What decoding may take is bounded before it begins: four bytes a pixel.
MAX_PIXELS = 40_000_000
# Of the file. Pillow keeps an index of the rows: a picture one pixel wide took 900 MB.
MAX_FILE_EDGE = 65_535
MAX_EDGE = 1600
MAX_STORED_BYTES = 512 * 1024
# Tried in this order until the result is small enough: the longest edge, and the quality.
_ATTEMPTS = ((MAX_EDGE, 82), (MAX_EDGE, 65), (1200, 60), (800, 50), (400, 40))

# Encoders write about ten. Each can have a few bytes, and takes as long as the whole picture.
MAX_SCANS = 100
# With scans; those of metadata have up to 64 kB.
_MAX_SEGMENTS = 2_000
# Not those within the data of a scan, nor the one without a length.
_SEGMENT = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
_SCAN, _END = 0xDA, 0xD9

# What Pillow raises for broken files; found with random ones.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# Pillow warns above its own bound, and refuses above twice that.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture as WebP; its edges are in pixels."""

    webp: bytes
    width: int
    height: int


def encode_picture(file: IO[bytes], *, max_pixels: int = MAX_PIXELS) -> EncodedPicture:
    """Encode the first frame of a picture as WebP, at most ``MAX_EDGE`` pixels wide and high.

    Takes up to a second of a processor, so not on an event loop.

    :raises PictureInvalidError: for what is no picture of ``FORMATS``, or a broken one.
    :raises PictureTooLargeError: above ``max_pixels`` or ``MAX_FILE_EDGE``; nothing was decoded
        then.
    """
    _check_scans(file)
    try:
        with Image.open(file, formats=FORMATS) as image:
            return _encode(_normalized(image, max_pixels))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # The warning is an exception only where warnings are errors.
        raise PictureTooLargeError from error
    except UnidentifiedImageError as error:
        raise PictureInvalidError from error
    except _BROKEN as error:
        raise PictureInvalidError from error


def _check_scans(file: IO[bytes]) -> None:
    """Refuse a JPEG with too many scans, before they are decoded.

    :raises PictureInvalidError: if it has more than ``MAX_SCANS``.
    """
    content = file.read()
    file.seek(0)
    if not content.startswith(b"\xff\xd8"):
        return
    scans, place = 0, 2
    for _ in range(_MAX_SEGMENTS):
        found = _SEGMENT.search(content, place)
        if found is None or found[0][1] == _END:
            return
        scans += found[0][1] == _SCAN
        if scans > MAX_SCANS:
            break
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    raise PictureInvalidError


def _normalized(image: Image.Image, max_pixels: int) -> Image.Image:
    """Return the pixels, upright, in sRGB, and with transparency only if there is any."""
    if image.width * image.height > max_pixels or max(image.size) > MAX_FILE_EDGE:
        raise PictureTooLargeError
    # Lets the JPEG decoder leave out pixels that are not needed.
    image.draft("RGB", (MAX_EDGE, MAX_EDGE))
    image.load()
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    return _in_srgb(upright, profile) if profile and image.mode in {"RGB", "RGBA"} else upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from the profile of the file, such as the wide one of phones; a broken one counts as
    sRGB."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _encode(image: Image.Image) -> EncodedPicture:
    for edge, quality in _ATTEMPTS:
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        output = BytesIO()
        # A profile or Exif data of the file would be written, too, unless they are empty here.
        image.save(output, "WEBP", quality=quality, method=4, exif=b"", icc_profile=b"", xmp=b"")
        if output.tell() <= MAX_STORED_BYTES:
            break
    else:
        raise PictureTooLargeError
    return EncodedPicture(output.getvalue(), image.width, image.height)

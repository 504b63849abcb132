"""Encoding pictures: what is accepted, what is left of it, and what is refused before decoding."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageFile

from polls.errors import PictureInvalidError, PictureTooLargeError
from polls.picture_encoding import (
    MAX_EDGE,
    MAX_FILE_EDGE,
    MAX_PIXELS,
    MAX_SCANS,
    MAX_STORED_BYTES,
    EncodedPicture,
    encode_picture,
)
from tests.polls.pictures import BLUE, RED, picture_file


def encode(content: bytes) -> EncodedPicture:
    return encode_picture(BytesIO(content))


def decoded(picture: EncodedPicture) -> Image.Image:
    image = Image.open(BytesIO(picture.webp))
    assert (image.format, image.size) == ("WEBP", (picture.width, picture.height))
    return image


def is_near(color: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(color, wanted, strict=False))


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_format_becomes_webp_with_the_same_picture(picture_format: str) -> None:
    image = decoded(encode(picture_file(picture_format=picture_format))).convert("RGB")
    assert image.size == (40, 30)
    assert is_near(image.getpixel((5, 15)), RED)
    assert is_near(image.getpixel((35, 15)), BLUE)


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA", "I;16"])
def test_every_mode_of_a_png_is_read(mode: str) -> None:
    assert encode(picture_file(mode=mode)).width == 40


def test_a_cmyk_jpeg_is_read() -> None:
    picture = encode(picture_file((40, 40), picture_format="JPEG", mode="CMYK"))
    assert decoded(picture).mode == "RGB"


def test_transparency_stays_and_opaque_pictures_have_none() -> None:
    assert decoded(encode(picture_file(mode="RGBA"))).mode == "RGB"
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 4, 8))
    output = BytesIO()
    image.save(output, "PNG")
    assert decoded(encode(output.getvalue())).mode == "RGBA"


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in (RED, BLUE, RED)]
    for picture_format in ("GIF", "WEBP", "PNG"):
        output = BytesIO()
        frames[0].save(output, picture_format, save_all=True, append_images=frames[1:])
        image: Any = decoded(encode(output.getvalue()))
        assert getattr(image, "n_frames", 1) == 1
        assert is_near(image.convert("RGB").getpixel((10, 10)), RED)


def test_a_picture_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Turned by 90 degrees.
    exif[0x010E] = "secret place"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    content = picture_file((80, 40), picture_format="JPEG", exif=exif, comment=b"secret comment")
    picture = encode(content)
    assert (picture.width, picture.height) == (40, 80)
    image = decoded(picture)
    assert is_near(image.convert("RGB").getpixel((20, 10)), RED)
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
    assert b"secret" not in picture.webp


def test_colors_of_another_profile_are_converted() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_near(
        decoded(encode(picture_file(icc_profile=srgb))).convert("RGB").getpixel((5, 5)), RED
    )
    assert encode(picture_file(icc_profile=b"no profile")).width == 40


def test_a_large_picture_is_scaled_down_and_bounded_in_bytes() -> None:
    noise = Image.frombytes("RGB", (2400, 1600), Random(1).randbytes(2400 * 1600 * 3))
    output = BytesIO()
    noise.save(output, "JPEG", quality=95)
    picture = encode(output.getvalue())
    assert max(picture.width, picture.height) <= MAX_EDGE
    assert abs(picture.width / picture.height - 1.5) < 0.01
    assert len(picture.webp) <= MAX_STORED_BYTES
    long = encode(picture_file((4000, 2)))
    assert (long.width, long.height) == (MAX_EDGE, 1)


def png_of_size(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    "size", [(8000, MAX_PIXELS // 8000 + 1), (60_000, 60_000), (1, MAX_FILE_EDGE + 1)]
)
def test_a_pixel_bomb_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(PictureTooLargeError):
        encode(png_of_size(*size))


@pytest.mark.parametrize("marker", [b"", b"\xff\x01", b"\xff\xd0"], ids=["none", "tem", "rst"])
def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch, marker: bytes
) -> None:
    """A hundred thousand scans of a few bytes would take minutes, under the heavy requests."""
    whole = picture_file(picture_format="JPEG", progressive=True)
    first = whole.index(b"\xff\xda")
    scans, end = whole[first:-2], whole[-2:]
    assert encode(whole[:first] + scans * 2 + end).webp
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("was opened"))
    count = MAX_SCANS // scans.count(b"\xff\xda") + 1
    with pytest.raises(PictureInvalidError):
        # This marker has no length; the bytes after it must not be read as one.
        encode(whole[:first] + marker + scans * count + end)


def test_what_looks_like_scans_within_metadata_is_not_counted() -> None:
    comment = b"\xff\xda" * 20_000
    jpeg = picture_file(picture_format="JPEG", comment=comment)
    assert comment in jpeg
    assert encode(jpeg + comment).webp


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BMP = picture_file(picture_format="BMP")
PDF = b"%PDF-1.7\n%EOF"


@pytest.mark.parametrize("content", [b"", b"GIF89a", SVG, BMP, PDF, png_of_size(10, 10)])
def test_what_is_no_whole_picture_of_these_formats_is_refused(content: bytes) -> None:
    with pytest.raises(PictureInvalidError):
        encode(content)


def test_broken_files_are_refused_or_read_but_never_fail() -> None:
    chance = Random(18)
    for picture_format in ("PNG", "JPEG", "WEBP", "GIF"):
        whole = picture_file((64, 64), picture_format=picture_format)
        for _ in range(150):
            broken = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            end = chance.choice([len(broken), chance.randint(len(broken) // 2, len(broken))])
            with suppress(PictureInvalidError, PictureTooLargeError):
                encode(bytes(broken[:end]))

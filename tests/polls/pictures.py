"""Pictures for tests."""

from io import BytesIO
from typing import Any

from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture_file(
    size: tuple[int, int] = (40, 30),
    *,
    picture_format: str = "PNG",
    mode: str = "RGB",
    **options: Any,
) -> bytes:
    """A picture that is red on the left and blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    output = BytesIO()
    image.convert(mode).save(output, picture_format, **options)
    return output.getvalue()

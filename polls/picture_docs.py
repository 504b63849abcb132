"""Descriptions of the picture endpoint for the OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from apikit.errors import GuestRefusedError, InvalidRequestError, UnsupportedMediaTypeError
from apikit.schema import operation
from polls import errors, picture_wire
from polls.examples import STORED_PICTURE

_FILE = {
    "application/octet-stream": OpenApiTypes.BINARY,
    "multipart/form-data": inline_serializer("PictureForm", {"file": serializers.FileField()}),
}

create_picture = operation(
    "createPicture",
    "Upload a picture",
    description="Stores a picture for options, or for a hotspot: pass its `id` as `pictureId` when "
    "you create or change a poll. Send a PNG, JPEG, WebP or GIF (its first frame) as the body, or "
    "as the only field of a `multipart/form-data` form; SVG is refused. `PICTURE_MAX_BYTES` bounds "
    "the file, and 40 megapixels the picture. It is encoded again as WebP, at most 1600 pixels "
    "wide and high, upright, in sRGB, without metadata. Everybody who knows its `url`, a path on "
    "this site with an unguessable part, can load it. It is deleted with the last poll that uses "
    "it, or after a day without one.",
    tag="Polls",
    is_write=True,
    body=_FILE,
    success={201: picture_wire.NewPicture},
    example={"message": "Picture uploaded successfully", "picture": STORED_PICTURE},
    refusals=[
        GuestRefusedError,
        InvalidRequestError,
        UnsupportedMediaTypeError,
        errors.PictureInvalidError,
        errors.PictureTooLargeError,
        errors.TooManyPicturesError,
    ],
)

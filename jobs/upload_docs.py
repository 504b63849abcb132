"""Descriptions of the upload endpoints for the OpenAPI document."""

from functools import partial

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from apikit.errors import (
    GuestRefusedError,
    InvalidCursorError,
    InvalidRequestError,
    UnsupportedMediaTypeError,
)
from apikit.pagination import ONE_PAGE, PageQuerySerializer
from apikit.schema import operation
from apikit.wire import Done
from jobs import errors, upload_wire
from jobs.examples import UPLOAD
from jobs.serializers import UploadQuerySerializer

_FILE = {
    "application/octet-stream": OpenApiTypes.BINARY,
    "multipart/form-data": inline_serializer("FileForm", {"file": serializers.FileField()}),
}
_upload = partial(operation, tag="Jobs")

list_uploads = _upload(
    "listUploads",
    "List uploaded files",
    description="Your own, newest first. They are deleted a day after their upload.",
    query=PageQuerySerializer,
    refusals=[InvalidCursorError, GuestRefusedError],
    success={200: upload_wire.UploadList},
    example={"uploads": [UPLOAD], "pagination": ONE_PAGE},
)
create_upload = _upload(
    "createUpload",
    "Upload a file",
    description="Stores a file for a job that reads one, such as an import; pass its `id` in the "
    "payload. Send the file as the body, with any `Content-Type` and its name in `name` or in "
    '`Content-Disposition: attachment; filename="polls.csv"`, or as the only field of a '
    "`multipart/form-data` form. `UPLOAD_MAX_BYTES` bounds its size. The file is deleted after a "
    "day.",
    is_write=True,
    body=_FILE,
    query=UploadQuerySerializer,
    success={201: upload_wire.NewUpload},
    example={"message": "File uploaded successfully", "upload": UPLOAD},
    refusals=[
        GuestRefusedError,
        InvalidRequestError,
        UnsupportedMediaTypeError,
        errors.UploadTooLargeError,
        errors.TooManyUploadsError,
    ],
)
delete_upload = _upload(
    "deleteUpload",
    "Delete an uploaded file",
    description="A job that has not read it yet fails.",
    is_write=True,
    success={200: Done},
    example={"message": "File deleted successfully"},
    refusals=[GuestRefusedError, errors.UploadNotFoundError],
)

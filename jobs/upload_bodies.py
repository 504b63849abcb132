"""Reads uploaded files from requests: the whole body, or the one file of a form."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.request import Request

from apikit.errors import InvalidRequestError, ValidationFailedError
from apikit.parsers import check_not_compressed
from jobs.errors import UploadTooLargeError

FILE = "file"
FORM = "multipart/form-data"
PIECE_BYTES = 64 * 1024
IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that a request has sent, with a digest of its content."""

    name: str
    media_type: str
    content: IO[bytes]
    sha256: str

    def pieces(self) -> Iterator[bytes]:
        """Yield the content from its beginning."""
        self.content.seek(0)
        return _pieces(self.content)


@contextmanager
def received_file(request: Request, name: str | None) -> Iterator[ReceivedFile]:
    """Read the file of a request, called ``name`` unless that is None.

    :raises UnsupportedMediaTypeError: for a compressed body.
    :raises InvalidRequestError: for a form that cannot be parsed.
    :raises ValidationFailedError: for a form with other things than one file.
    :raises UploadTooLargeError: above ``UPLOAD_MAX_BYTES``.
    """
    check_not_compressed(request)
    media_type = request.META.get("CONTENT_TYPE") or ""
    if media_type.partition(";")[0].strip().lower() == FORM:
        with _file_of_form(request) as file:
            sha256 = _digest(_pieces(file))
            sent_type = file.content_type or ""
            yield ReceivedFile(name or file.name or "", sent_type, file, sha256)
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as copy:
        sha256 = _digest(_copied(_pieces(request), copy))
        yield ReceivedFile(name or _sent_name(request), media_type, copy, sha256)


@contextmanager
def _file_of_form(request: Request) -> "Iterator[UploadedFile[bytes]]":
    # Django takes a form without a length, as chunked ones are, for an empty one.
    meta = request.META | {"CONTENT_LENGTH": str(settings.UPLOAD_MAX_BYTES)}
    try:
        parser = MultiPartParser(meta, request, [TemporaryFileUploadHandler()])
        fields, files = parser.parse()
    except MultiPartParserError as error:
        raise InvalidRequestError from error
    sent = [each for _, some in files.lists() for each in some]
    try:
        if fields:
            raise ValidationFailedError.of(next(iter(fields)), "There is no such field.")
        if len(sent) != 1:
            raise ValidationFailedError.of(FILE, "Send exactly one file.")
        yield sent[0]
    finally:
        for each in sent:
            each.close()


def _sent_name(request: Request) -> str:
    """Return the name in the header ``Content-Disposition``; empty without one."""
    header = request.headers.get("Content-Disposition", "")
    # Headers arrive as Latin-1, and many clients send UTF-8.
    with suppress(UnicodeError):
        header = header.encode("latin-1").decode()
    try:
        return str(parse_header_parameters(header)[1].get("filename", ""))
    except ValueError:
        return ""


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def _copied(pieces: Iterator[bytes], copy: Any) -> Iterator[bytes]:
    """Yield the pieces, and write them to ``copy``.

    :raises UploadTooLargeError: above the limit.
    """
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > settings.UPLOAD_MAX_BYTES:
            raise UploadTooLargeError
        copy.write(piece)
        yield piece


def _digest(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()

"""Files to download, and their names."""

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

# Far below the limit of file systems.
NAME_MAX_BYTES = 120


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its name with extension, in any script, and its content."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class StreamedDownload:
    """A file that is written while it is sent. If that fails, the connection breaks."""

    name: str
    media_type: str
    content: AsyncIterator[bytes]


def as_any_attachment(download: Download | StreamedDownload) -> HttpResponseBase:
    """Return a response like that of :func:`as_attachment`, streamed or not."""
    if isinstance(download, StreamedDownload):
        return as_streamed_attachment(download)
    return as_attachment(download)


def as_attachment(download: Download) -> HttpResponse:
    """Return a response that browsers save and never render, since users wrote the content."""
    return HttpResponse(download.content, headers=_headers(download))


def as_streamed_attachment(download: StreamedDownload) -> StreamingHttpResponse:
    """Return a response like that of :func:`as_attachment`."""
    return StreamingHttpResponse(download.content, headers=_headers(download))


def _headers(download: Download | StreamedDownload) -> dict[str, str]:
    disposition = content_disposition_header(as_attachment=True, filename=download.name)
    return {
        "Content-Type": download.media_type,
        "Content-Disposition": disposition or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def file_stem(text: str, fallback: str) -> str:
    """Return ``text`` as a file name without extension, or ``fallback`` if nothing is left.

    Keeps letters, marks and digits of any script, with dashes between the words. Removes format
    characters, which could reverse the direction of the name.
    """
    visible = (each for each in text if unicodedata.category(each) != "Cf")
    dashed = "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in visible)
    stem = "-".join(dashed.split())
    # Drops a character that was cut in two.
    return stem.encode()[:NAME_MAX_BYTES].decode(errors="ignore").strip("-") or fallback

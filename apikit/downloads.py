"""Files that somebody saves, and the names they are saved under."""

import unicodedata
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header

# Far below what file systems take, and half a question long.
NAME_MAX_BYTES = 120


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its name with the extension, in any script, and what is in it."""

    name: str
    media_type: str
    content: bytes


def as_attachment(download: Download) -> HttpResponse:
    """The file as something to be saved, never shown: it holds what people wrote."""
    return HttpResponse(
        download.content,
        headers={
            "Content-Type": download.media_type,
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=download.name
            ),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


def file_stem(text: str, fallback: str) -> str:
    """``text`` as the part of a file's name before its extension, or else ``fallback``.

    Letters, marks and digits of any script; a dash stands for whatever lies between them, and
    what can't be seen (which can turn a name around) goes.
    """
    visible = (each for each in text if unicodedata.category(each) != "Cf")
    dashed = "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in visible)
    stem = "-".join(dashed.split())
    # A character cut in two is left out.
    return stem.encode()[:NAME_MAX_BYTES].decode(errors="ignore").strip("-") or fallback

"""The formats of reports. Each has a writer, registered in :data:`WRITERS`.

::

    @writer(ReportFormat.CSV, "text/csv; charset=utf-8")
    def write_csv(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:

The module of a writer is imported by ``reports.tasks``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apikit.registries import Registry
from reports.collecting import Report


class ReportFormat(StrEnum):
    """The formats of reports; the values are the extensions of their files."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


class Language(StrEnum):
    """The languages of reports, those of the pages."""

    ENGLISH = "en"
    GERMAN = "de"
    ARABIC = "ar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a report is written. ``language`` is active while the writer runs (gettext)."""

    language: Language
    time_zone: ZoneInfo


# Called with the share that is done, from 0 to 1, at least every second. Raises StoppedError if the
# job was cancelled; writers let it pass.
Progress = Callable[[float], None]
# Writes a report into a file that is open for binary writing and can be read and seeked.
Write = Callable[[Report, Style, BinaryIO, Progress], None]


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of reports."""

    media_type: str
    write: Write


WRITERS: Registry[ReportFormat, Writer] = Registry("report format")


def writer(report_format: ReportFormat, media_type: str) -> Callable[[Write], Write]:
    """Register the function that writes reports in a format."""

    def register(write: Write) -> Write:
        WRITERS.register(report_format, Writer(media_type, write))
        return write

    return register

"""Writes reports as PDF."""

from typing import BinaryIO

from reports.collecting import Report
from reports.pdf.document import build_document
from reports.pdf.typesetting import typeset
from reports.writers import Progress, ReportFormat, Style, writer

# The rest of the progress is for typesetting, which does not tell how far it is.
READING_SHARE = 0.7


@writer(ReportFormat.PDF, "application/pdf")
def write_pdf(report: Report, style: Style, file: BinaryIO, progress: Progress) -> None:
    """Write a report to be handed out: a cover, a summary and the polls.

    :raises ResultTooLargeError: if it has too many polls, or needs too much time or memory.
    """
    document = build_document(report, style, lambda share: progress(READING_SHARE * share))
    typeset(document, file, lambda: progress(READING_SHARE))

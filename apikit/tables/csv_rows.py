"""Reads CSV: any of three separators, UTF-8 or UTF-16, with or without a byte order mark."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from apikit.tables.errors import FileUnreadableError
from apikit.tables.rows import Row, RowFile, check_place

SEPARATORS = ",;\t"
# Excel writes the separator into a first line of its own.
_ANNOUNCEMENT = "sep="
_SAMPLE_BYTES = 4096
# UTF-32 first, because its mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "",
    codecs.BOM_UTF32_BE: "",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding of a text, by its mark or its NUL bytes; UTF-8 without either.

    :raises FileUnreadableError: for UTF-32.
    """
    sample = file.read(_SAMPLE_BYTES)
    file.seek(0)
    for mark, encoding in _MARKS.items():
        if sample.startswith(mark):
            if not encoding:
                raise _unknown_encoding()
            return encoding
    # Most characters of a table are ASCII.
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) > len(sample) // 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"


def read_text(file: BinaryIO) -> str:
    """Read the whole text of a file, which must be small.

    :raises FileUnreadableError: for other encodings than UTF-8 and UTF-16.
    """
    encoding = encoding_of(file)
    try:
        return file.read().decode(encoding)
    except UnicodeError as error:
        raise _unknown_encoding() from error


def read_csv(file: BinaryIO) -> RowFile:
    """Read a table. Its rows are read one after another, empty ones are left out.

    :raises FileUnreadableError: for a broken file, also while the rows are read.
    """
    text = io.TextIOWrapper(file, encoding_of(file), newline="")
    records = _records(text)
    header = next(records, None)
    if header is None:
        raise FileUnreadableError("The file is empty.")
    return RowFile(header.value, records)


def _records(text: io.TextIOWrapper) -> Iterator[Row]:
    number = 0
    try:
        first = text.readline(_SAMPLE_BYTES)
        separator = _separator_of(first)
        if first.casefold().startswith(_ANNOUNCEMENT):
            number = 1
        else:
            text.seek(0)
        for record in csv.reader(text, delimiter=separator, strict=True):
            number += 1
            check_place(number, len(record))
            if any(cell.strip() for cell in record):
                yield Row(number, record)
    except UnicodeError as error:
        raise _unknown_encoding() from error
    except csv.Error as error:
        raise FileUnreadableError(
            f"Row {number + 1} is broken; there may be a quotation mark too many or too few."
        ) from error
    finally:
        # The file belongs to the caller, who may have closed it before the last row was read.
        with suppress(ValueError):
            text.detach()


def _separator_of(line: str) -> str:
    """Return the separator that a line has most of, outside of quotation marks."""
    announced = line.strip("\r\n").casefold().removeprefix(_ANNOUNCEMENT)
    if line.casefold().startswith(_ANNOUNCEMENT) and announced in SEPARATORS:
        return announced or ","
    bare = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def _unknown_encoding() -> FileUnreadableError:
    return FileUnreadableError(
        "The text is neither UTF-8 nor UTF-16. Save it as “CSV UTF-8”, or as XLSX."
    )

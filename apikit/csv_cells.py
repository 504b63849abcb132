"""Cells of CSV files, with protection against formula injection.

User text that begins like a formula is escaped, see
https://owasp.org/www-community/attacks/CSV_Injection.

In locales with a decimal comma, spreadsheets split CSV at semicolons, and some split at tabs. An
apostrophe only protects the beginning of a cell, so text is escaped after each such separator too.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

Value = str | int | float | datetime | None

# The byte order mark tells spreadsheets that a file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# The last four are the full-width forms that Japanese keyboards produce.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Separators before a formula, and quotes and blanks, which are dropped. Each run is read once: a
# text can be nothing but line breaks.
_BEFORE_FORMULA = re.compile(r"(?:^|(?<![;\"\s]))[;\"\s]*+(?=[=+\-@＝＋－＠])")
_SEPARATOR = re.compile(r"[;\t\r\n]")


def csv_lines(rows: Iterable[Sequence[Value]]) -> str:
    """Return rows as lines of CSV (RFC 4180), without the byte order mark."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(_as_cell, row) for row in rows)
    return text.getvalue()


def _as_cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime():
            # Not strftime, which does not pad years before 1000 to four digits.
            return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        case str():
            return _without_formulas(value)
        case _:
            return str(value)


def _without_formulas(text: str) -> str:
    safe = _BEFORE_FORMULA.sub(_with_apostrophe, text)
    return f"'{safe}" if safe.startswith(FORMULA_BEGINNINGS) else safe


def _with_apostrophe(before: re.Match[str]) -> str:
    """Put an apostrophe where a cell could begin if the text is split."""
    begins_cell = before.start() == 0 or _SEPARATOR.search(before[0])
    return f"{before[0]}'" if begins_cell else before[0]

"""The rows of options in the form of a poll."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from polls.models import MAX_OPTIONS
from web.forms.kinds.base import read_whole
from web.forms.kinds.slots import rearranged_slots

ROWS_ADDED = 4
# The fields of a row, in the order of OptionRow.
COLUMNS = (
    "option",
    "option_id",
    "option_limit",
    "option_picture",
    "option_picture_url",
    "option_picture_alt",
)
_PICTURE_URL = re.compile(r"/pictures/[\w-]{1,100}\.webp")


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A row of the list of options; ``id`` is empty for a new one."""

    text: str = ""
    id: str = ""
    limit: str = ""
    picture: str = ""
    picture_url: str = ""
    picture_alt: str = ""
    error: str = ""
    has_focus: bool = False

    def places(self) -> dict[str, Any]:
        """Returns the limit by its name on the wire; an empty one removes it."""
        text = self.limit.strip()
        return {"limit": read_whole(text) if text else None}

    def pictured(self) -> dict[str, Any]:
        """Returns the picture by its names on the wire; an empty one removes it."""
        return {"pictureId": self.picture or None, "pictureAlt": self.picture_alt.strip()}


def sent_rows(data: QueryDict) -> list[OptionRow]:
    """Returns the rows as they were sent."""
    columns = [data.getlist(name) for name in COLUMNS]
    length = len(columns[0])
    padded = [(column + [""] * length)[:length] for column in columns]
    rows = [OptionRow(*values) for values in zip(*padded, strict=True)]
    return [row if not row.picture_url else _with_own_url(row) for row in rows]


def own_picture_url(text: str) -> str:
    """Returns the path of a picture on this site as it was sent; empty for anything else."""
    return text if _PICTURE_URL.fullmatch(text) else ""


def _with_own_url(row: OptionRow) -> OptionRow:
    return replace(row, picture_url=own_picture_url(row.picture_url))


def rearranged(data: QueryDict) -> QueryDict | None:
    """Applies a row button to the sent rows; None if another button was pressed.

    For browsers without a script: ``more``, and ``up``, ``down`` or ``remove`` with a row number;
    for dates see ``rearranged_slots``.
    """
    if (changed := rearranged_slots(data)) is not None:
        return changed
    do, _colon, number = data.get("do", "").partition(":")
    columns = [data.getlist(name) for name in COLUMNS]
    length = len(columns[0])
    rows = list(zip(*((each + [""] * length)[:length] for each in columns), strict=True))
    if do == "more":
        rows += [("",) * len(COLUMNS)] * min(ROWS_ADDED, MAX_OPTIONS - len(rows))
    elif do in {"up", "down", "remove"} and number.isdecimal() and int(number[:3]) < len(rows):
        at = int(number[:3])
        row = rows.pop(at)
        if do != "remove":
            rows.insert(max(0, at + (-1 if do == "up" else 1)), row)
    else:
        return None
    changed = data.copy()
    for at, name in enumerate(COLUMNS):
        changed.setlist(name, [row[at] for row in rows])
    return changed

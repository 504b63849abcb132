"""The rows of options in the form of a poll."""

from dataclasses import dataclass

from django.http import QueryDict

from polls.models import MAX_OPTIONS
from web.forms.kinds.slots import rearranged_slots

ROWS_ADDED = 4


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A row of the list of options; ``id`` is empty for a new one."""

    text: str = ""
    id: str = ""
    error: str = ""
    has_focus: bool = False


def rearranged(data: QueryDict) -> QueryDict | None:
    """Applies a row button to the sent rows; None if another button was pressed.

    For browsers without a script: ``more``, and ``up``, ``down`` or ``remove`` with a row number;
    for dates see ``rearranged_slots``.
    """
    if (changed := rearranged_slots(data)) is not None:
        return changed
    do, _colon, number = data.get("do", "").partition(":")
    texts, ids = data.getlist("option"), data.getlist("option_id")
    rows = list(zip(texts, ids + [""] * len(texts), strict=False))
    if do == "more":
        rows += [("", "")] * min(ROWS_ADDED, MAX_OPTIONS - len(rows))
    elif do in {"up", "down", "remove"} and number.isdecimal() and int(number[:3]) < len(rows):
        at = int(number[:3])
        row = rows.pop(at)
        if do != "remove":
            rows.insert(max(0, at + (-1 if do == "up" else 1)), row)
    else:
        return None
    changed = data.copy()
    changed.setlist("option", [text for text, _id in rows])
    changed.setlist("option_id", [each for _text, each in rows])
    return changed

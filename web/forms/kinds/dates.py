"""Dates: days or times, of which the texts of the options follow."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apikit.wire import adapter_of
from polls.kinds.dates import Slot
from polls.models import Option, PollKind
from web.forms.kinds.base import Asked, KindForm, Settings, read_whole, switch
from web.forms.kinds.slots import (
    SlotError,
    SlotRow,
    option_text,
    read_slot,
    rows_of,
    sent_rows,
)

EMPTY_ROWS = 3


class DatesForm(KindForm):
    """Rows of dates, in the order of time once they are read."""

    kind = PollKind.DATES
    name = _("Dates")
    task = _("Say which dates suit them")
    options_error = _("Add 1 to 50 dates.")
    settings_template = "web/maker/dates.html"

    allows_maybe = switch(_("Voters can also answer “maybe”"))

    def __init__(
        self,
        data: Any = None,
        *,
        settings: Settings | None = None,
        options: Sequence[Option] = (),
    ) -> None:
        super().__init__(data, settings=settings)
        # What the API called its dates stays, as long as the dates do.
        self._texts = {str(option.id): option.text for option in options}
        self._stored = rows_of((settings or {}).get("slots", ()), options)
        # By the position of the row: what is wrong with it.
        self._errors_of_rows: dict[int, str] = {}
        # The filled rows in the order of time, as positions, with their slots.
        self._read: list[tuple[int, dict[str, Any]]] = []

    @classmethod
    def read(cls, settings: Settings) -> dict[str, Any]:
        return {"allows_maybe": settings["allowsMaybe"]}

    def rows(self) -> list[SlotRow]:
        """The dates as sent or as stored; a new poll has some empty rows."""
        rows = self._rows()
        rows += [SlotRow()] * (0 if self._stored else EMPTY_ROWS - len(rows))
        focused = min(self._errors_of_rows, default=None)
        return [
            replace(row, error=self._errors_of_rows.get(at, ""), has_focus=at == focused)
            for at, row in enumerate(rows)
        ]

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        zone_name = str(self.data.get("time_zone") or "UTC")
        self._read, seen = [], set()
        for at, row in enumerate(self._rows()):
            if not row.shown:
                continue
            try:
                slot = read_slot(row, zone_name)
                if str(slot) in seen:
                    raise SlotError(gettext("This date is already in the list."))
                seen.add(str(slot))
                self._read.append((at, slot))
            except SlotError as error:
                self._errors_of_rows[at] = str(error)
        self._read.sort(key=lambda each: str(each[1].get("day") or each[1].get("startsAt")))
        return {**settings, "slots": [slot for _at, slot in self._read]}

    @classmethod
    def takes_options(cls) -> bool:
        return False

    @property
    def is_broken(self) -> bool:
        return bool(self._errors_of_rows)

    def options(self, *, has_limits: bool) -> list[dict[str, Any]]:
        """Returns the options that follow from the dates, by their names on the wire."""
        rows = self._rows()
        options = []
        for at, slot in self._read:
            try:
                text = option_text(adapter_of(Slot).validate_python(slot))
            except ValueError:
                # check_settings says what is wrong with it.
                text = str(at)
            limit = rows[at].limit.strip() if has_limits else ""
            if rows[at].is_untouched:
                text = self._texts.get(rows[at].id, text)
            option = {"text": text, "limit": read_whole(limit) if limit else None}
            options.append(option | ({"id": rows[at].id} if rows[at].id else {}))
        return options

    def refuse_row(self, index: int, sentence: str) -> str:
        """Adds an error to a date; returns the sentence for all of them."""
        if index < len(self._read):
            self._errors_of_rows[self._read[index][0]] = sentence
        return gettext("Check the highlighted dates.")

    def refuse(self, field: str, message: str) -> str:
        name, _dot, rest = field.partition(".")
        if not name:
            return gettext("Check the highlighted dates.")
        index = rest.partition(".")[0]
        if name != "slots" or not index.isdecimal() or int(index) >= len(self._read):
            return str(self.options_error) if name == "slots" else super().refuse(field, message)
        at, _slot = self._read[int(index)]
        is_end = rest.endswith("endsAt")
        self._errors_of_rows[at] = (
            gettext("Choose an end after the start.")
            if is_end
            else gettext("Enter a date, and a time if you want.")
        )
        return ""

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        if asked.settings["allowsMaybe"]:
            sentence = ngettext(
                "Voters answer %(count)s date with yes, maybe or no.",
                "Voters answer %(count)s dates with yes, maybe or no.",
                asked.options,
            )
        else:
            sentence = ngettext(
                "Voters answer %(count)s date with yes or no.",
                "Voters answer %(count)s dates with yes or no.",
                asked.options,
            )
        return [sentence % {"count": asked.options}]

    def _rows(self) -> list[SlotRow]:
        if isinstance(self.data, QueryDict) and self.is_bound:
            return sent_rows(self.data)
        return list(self._stored)

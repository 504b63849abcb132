"""Kind, settings and options in the form of a poll."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from apikit.errors import ApiError, ValidationFailedError
from polls.kind_settings import check_min_choices, check_settings
from polls.kinds.registry import KINDS
from polls.models import MAX_OPTIONS, Option, ParticipantOptions, Poll, PollKind
from polls.picture_wire import picture_url
from web.forms.kinds.base import MAX_DIGITS, KindForm
from web.forms.kinds.dates import DatesForm
from web.forms.kinds.registry import KIND_FORMS
from web.forms.poll_rows import OptionRow, own_picture_url, sent_rows
from web.forms.poll_sentences import poll_field_sentence, row_sentence

EMPTY_ROWS = 4
# The kinds to which participants can add options; they ask questions anyway.
PARTICIPANTS_ADD = (PollKind.SINGLE, PollKind.MULTIPLE)


class BallotPart:
    """The forms of all kinds with the rows of the options, as sent or as stored.

    ``forms`` keeps what was entered for other kinds than the chosen one, in case it is chosen
    again.
    """

    def __init__(self, data: QueryDict | None, poll: Poll | None, kind: str) -> None:
        self._data, self._poll = data, poll
        # Pages without these fields, such as those of a poll with votes, leave the settings alone.
        self._has_settings = data is not None and "settings_sent" in data
        self.kind = kind if kind in KIND_FORMS else PollKind.SINGLE.value
        self._options = list(poll.options.all()) if poll else []
        self.forms = {each: self._form(each) for each in KIND_FORMS}
        self._row_errors: dict[int, str] = {}

    @property
    def form(self) -> KindForm:
        """The form of the chosen kind."""
        return self.forms[self.kind]

    def rows(self, *, is_focused: bool) -> list[OptionRow]:
        """The options as sent or as stored; a new poll has some empty rows.

        With ``is_focused``, the options have the first error.
        """
        rows = self._sent_rows() if self._data is not None else self._stored_rows()
        rows += [OptionRow()] * ((0 if self._options else EMPTY_ROWS) - len(rows))
        focused = min(self._row_errors, default=0) if is_focused else None
        return [
            replace(row, error=self._row_errors.get(index, ""), has_focus=index == focused)
            for index, row in enumerate(rows)
        ]

    @property
    def has_limits(self) -> bool:
        """Whether the number of places of options is entered."""
        return self._has_switched("has_limits", lambda option: option.limit is not None)

    @property
    def has_pictures(self) -> bool:
        """Whether options have pictures."""
        return self._has_switched("has_pictures", lambda option: option.picture_id is not None)

    def locked_rows(self) -> list[OptionRow]:
        """The options of a poll with votes, whose limits can still change; none without places."""
        if not KINDS[self.kind].has_places:
            return []
        rows = [_row_of(option) for option in self._options]
        if self._data is None or "locked_id" not in self._data:
            return rows
        ids, limits = self._data.getlist("locked_id"), self._data.getlist("locked_limit")
        sent = dict(zip(ids, limits, strict=False))
        return [replace(row, limit=sent.get(row.id, row.limit)) for row in rows]

    def picture(self) -> dict[str, str]:
        """Returns id, path and alternative text of the poll's own picture, for hidden fields."""
        if self._data is not None:
            url = own_picture_url(self._data.get("picture_url", ""))
            sent = {name: self._data.get(name, "") for name in ("picture", "picture_alt")}
            return {"id": sent["picture"], "url": url, "alt": sent["picture_alt"]}
        stored = self._poll.picture if self._poll is not None else None
        if self._poll is None or stored is None:
            return {"id": "", "url": "", "alt": ""}
        url = picture_url(stored.token)
        return {"id": str(stored.id), "url": url, "alt": self._poll.picture_alt}

    def body(self, most: str, participant_options: str) -> dict[str, Any]:
        """Returns options, settings and maximum for the serializer, as far as they were sent."""
        body: dict[str, Any] = {}
        if self._has_settings:
            body["settings"] = self.form.settings()
        options = self._sent_options()
        if options is not None:
            body["options"] = options
        if participant_options and self.kind in PARTICIPANTS_ADD:
            body["participantOptions"] = participant_options
        if self.kind == PollKind.MULTIPLE and (most or options):
            is_growing = participant_options not in {"", ParticipantOptions.NONE}
            every = MAX_OPTIONS if is_growing else len(options or ())
            is_number = most.isdecimal() and len(most) <= MAX_DIGITS
            body["maxChoices"] = int(most) if is_number else most or every
        if self._has_settings and self.kind == PollKind.HOTSPOT:
            picture = self.picture()
            body |= {"pictureId": picture["id"] or None, "pictureAlt": picture["alt"]}
        return body

    def check(self, body: Mapping[str, Any]) -> ApiError | None:
        """Returns what is wrong with the settings of ``body``, which the service checks again."""
        if "settings" not in body:
            return None
        if self.form.is_broken:
            # The fields say what is wrong.
            return ValidationFailedError.of("settings", "")
        options = body.get("options")
        count = len(self._options) if options is None else len(options)
        try:
            settings = check_settings(PollKind(self.kind), body["settings"], count)
            if isinstance(most := body.get("maxChoices"), int):
                check_min_choices(settings, most)
        except ValidationFailedError as error:
            return error
        return None

    def refuse_row(self, index: int, field: str, *, is_read: bool) -> str:
        """Adds an error to a field of the filled row; returns the sentence for the list."""
        filled = [at for at, row in enumerate(self._sent_rows()) if row.text.strip()]
        if self._data is not None and "locked_id" in self._data:
            return row_sentence(field, is_read=is_read)
        if isinstance(self.form, DatesForm):
            return self.form.refuse_row(index, row_sentence(field, is_read=is_read))
        if self.form.takes_options() and index < len(filled):
            self._row_errors[filled[index]] = row_sentence(field, is_read=is_read)
        return poll_field_sentence("rows")

    def refuse_setting(self, field: str, message: str) -> str:
        """Adds an error to the field of a setting; returns the sentence for the whole form."""
        sentence = self.form.refuse(field, message)
        return sentence or gettext("Check the settings of this kind of poll.")

    def _form(self, kind: str) -> KindForm:
        form_class = KIND_FORMS[kind]
        data = self._data if self._has_settings else None
        is_stored = self._poll is not None and self._poll.kind == kind
        settings = self._poll.settings if self._poll is not None and is_stored else None
        if form_class is DatesForm:
            options = self._options if is_stored else ()
            return DatesForm(data, settings=settings, options=options)
        return form_class(data, settings=settings)

    def _sent_options(self) -> Sequence[Mapping[str, Any]] | None:
        """Returns the options that were sent; None to leave those of the poll as they are."""
        assert self._data is not None
        if "locked_id" in self._data and self._poll is not None:
            return self._locked_options()
        is_new, is_same = self._poll is None, self._poll and self._poll.kind == self.kind
        if isinstance(self.form, DatesForm):
            if self._has_settings:
                return self.form.options(has_limits=self.has_limits)
            return [] if is_new else None
        if not self.form.takes_options():
            # Questions of participants stay.
            return None if is_same else []
        if "option" not in self._data and not is_new:
            return None
        return [self._option(row) for row in self._sent_rows() if row.text.strip()]

    def _locked_options(self) -> Sequence[Mapping[str, Any]] | None:
        """Returns the options of a poll with votes with new limits; None if they are the same."""
        rows = self.locked_rows()
        if rows == [_row_of(option) for option in self._options]:
            return None
        return [{"text": row.text, "id": row.id, **row.places()} for row in rows]

    def _option(self, row: OptionRow) -> dict[str, Any]:
        """Returns a row by its names on the wire."""
        option: dict[str, Any] = {"text": row.text}
        if row.id and self._poll:
            option["id"] = row.id
        if not self._has_settings:
            return option
        if KINDS[self.kind].has_places:
            option |= row.places() if self.has_limits else {"limit": None}
        return option | (row.pictured() if self.has_pictures else OptionRow().pictured())

    def _has_switched(self, name: str, is_stored: Callable[[Option], bool]) -> bool:
        """Returns whether a switch is on: as it was sent, or if an option needs it."""
        if self._has_settings and self._data is not None:
            return name in self._data
        return any(map(is_stored, self._options))

    def _stored_rows(self) -> list[OptionRow]:
        if self._poll is None or self._poll.kind == PollKind.DATES:
            return []
        return [_row_of(option) for option in self._options]

    def _sent_rows(self) -> list[OptionRow]:
        return [] if self._data is None else sent_rows(self._data)


def _row_of(option: Option) -> OptionRow:
    picture = option.picture
    return OptionRow(
        option.text,
        str(option.id),
        "" if option.limit is None else str(option.limit),
        str(picture.id) if picture else "",
        picture_url(picture.token) if picture else "",
        option.picture_alt,
    )

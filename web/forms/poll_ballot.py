"""Kind, settings and options in the form of a poll."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from apikit.errors import ApiError, ValidationFailedError
from polls.kind_settings import check_settings
from polls.models import Poll, PollKind
from web.forms.kinds.base import MAX_DIGITS, KindForm
from web.forms.kinds.dates import DatesForm
from web.forms.kinds.registry import KIND_FORMS
from web.forms.poll_rows import OptionRow
from web.forms.poll_sentences import poll_field_sentence

EMPTY_ROWS = 4


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

    def body(self, most: str) -> dict[str, Any]:
        """Returns options, settings and maximum for the serializer, as far as they were sent."""
        body: dict[str, Any] = {}
        if self._has_settings:
            body["settings"] = self.form.settings()
        options = self._sent_options()
        if options is not None:
            body["options"] = options
        if self.kind == PollKind.MULTIPLE and (most or options):
            is_number = most.isdecimal() and len(most) <= MAX_DIGITS
            body["maxChoices"] = int(most) if is_number else most or len(options or ())
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
            check_settings(PollKind(self.kind), body["settings"], count)
        except ValidationFailedError as error:
            return error
        return None

    def refuse_row(self, index: int, *, is_read: bool) -> str:
        """Adds an error to the filled row with this index; returns the sentence for the list."""
        filled = [at for at, row in enumerate(self._sent_rows()) if row.text.strip()]
        if self.form.takes_options() and index < len(filled):
            sentence = poll_field_sentence("options", is_row=True, is_read=is_read)
            self._row_errors[filled[index]] = sentence
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
            ids = [str(option.id) for option in self._options] if is_stored else []
            return DatesForm(data, settings=settings, option_ids=ids)
        return form_class(data, settings=settings)

    def _sent_options(self) -> Sequence[Mapping[str, Any]] | None:
        """Returns the options that were sent; None to leave those of the poll as they are."""
        assert self._data is not None
        is_new, is_same = self._poll is None, self._poll and self._poll.kind == self.kind
        if isinstance(self.form, DatesForm):
            return self.form.options() if self._has_settings else [] if is_new else None
        if not self.form.takes_options():
            # Questions of participants stay.
            return None if is_same else []
        if "option" not in self._data and not is_new:
            return None
        return [
            {"text": row.text, "id": row.id} if row.id and self._poll else {"text": row.text}
            for row in self._sent_rows()
            if row.text.strip()
        ]

    def _stored_rows(self) -> list[OptionRow]:
        if self._poll is None or self._poll.kind == PollKind.DATES:
            return []
        return [OptionRow(option.text, str(option.id)) for option in self._options]

    def _sent_rows(self) -> list[OptionRow]:
        if self._data is None:
            return []
        texts, ids = self._data.getlist("option"), self._data.getlist("option_id")
        ids += [""] * (len(texts) - len(ids))
        return [OptionRow(text, each) for text, each in zip(texts, ids, strict=False)]

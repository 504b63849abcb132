"""The form for creating and editing a poll.

The API's serializers and the services validate. This form converts its fields to the API's input,
and shows errors next to the fields.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from apikit.errors import ApiError, PreconditionFailedError, ValidationFailedError
from apikit.exception_handler import as_api_error
from polls.models import MAX_OPTIONS, QUESTION_MAX_CHARS, Poll, PollKind, ResultsVisibility
from polls.serializers import PollChangeSerializer, PollCreateSerializer
from web.forms.base import PageForm
from web.forms.poll_moments import MomentReader, shown_moment
from web.forms.poll_rows import OptionRow
from web.forms.poll_sentences import poll_field_sentence
from web.poll_places import Choice

EMPTY_ROWS = 4
# Python refuses to parse integers of unlimited length.
MAX_DIGITS = 18

KINDS = [
    (PollKind.SINGLE.value, _("One option")),
    (PollKind.MULTIPLE.value, _("Multiple options")),
]
VISIBILITIES = [
    (ResultsVisibility.ALWAYS.value, _("Always")),
    (ResultsVisibility.AFTER_VOTE.value, _("After voting")),
    (ResultsVisibility.AFTER_CLOSE.value, _("After the poll closes")),
    (ResultsVisibility.OWNER.value, _("Never")),
]
# Members see the results of a team's poll anyway.
TEAM_VISIBILITIES = [*VISIBILITIES[:-1], (ResultsVisibility.OWNER.value, _("Never, only the team"))]


def _moment_field(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "datetime-local", "dir": "ltr"})
    return forms.CharField(label=label, required=False, widget=widget)


class PollForm(PageForm):
    """``values`` is the input for the service, once the form is valid.

    After the first vote, the page has no fields for options and kind. Fields that are not sent are
    not changed; if they are sent anyway, the service refuses them.
    """

    question = forms.CharField(
        label=_("Question"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "maxlength": QUESTION_MAX_CHARS}),
    )
    # Not rendered, since the rows are; takes the errors of the list as a whole.
    options = forms.CharField(label=_("Options"), required=False)
    kind = forms.ChoiceField(
        label=_("Voters can choose"), choices=KINDS, required=False, widget=forms.RadioSelect
    )
    max_choices = forms.CharField(
        label=_("Up to"),
        required=False,
        help_text=_("Leave empty to allow all."),
        widget=forms.NumberInput(attrs={"min": 1, "max": MAX_OPTIONS, "inputmode": "numeric"}),
    )
    allow_change = forms.BooleanField(
        label=_("Voters can change or take back their vote"), required=False
    )
    results_visibility = forms.ChoiceField(
        label=_("Show results to voters"),
        choices=VISIBILITIES,
        required=False,
        widget=forms.RadioSelect,
    )
    opens_at = _moment_field(_("Opens at"))
    closes_at = _moment_field(_("Closes at"))
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput)
    workspace = forms.ChoiceField(
        label=_("Workspace"),
        required=False,
        help_text=_("Polls in a workspace are shared with its team."),
        error_messages={"invalid_choice": _("Choose a workspace of the list.")},
    )
    embed_origins = forms.CharField(
        label=_("Sites allowed to embed this poll"),
        required=False,
        help_text=_("One per line, such as https://example.org. Enter * to allow every site."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "spellcheck": "false"}),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        poll: Poll | None = None,
        places: Sequence[Choice] = (),
        initial: Mapping[str, Any] | None = None,
        is_unfinished: bool = False,
    ) -> None:
        super().__init__(data, initial={**initial_of(poll), **(initial or {})})
        if places:
            self.fields["workspace"].choices = places  # type: ignore[attr-defined]
        else:
            # There is nothing to choose.
            del self.fields["workspace"]
        if self.initial.get("workspace"):
            self.fields["results_visibility"].choices = TEAM_VISIBILITIES  # type: ignore[attr-defined]
        self.poll = poll
        self.moments = MomentReader(data, poll)
        # Shown again as it was sent, without validation.
        self._is_unfinished = is_unfinished
        self.revision = poll.revision if poll else 0
        if data is not None:
            sent = data.get("revision", "")
            self.revision = int(sent) if sent.isdecimal() and len(sent) <= MAX_DIGITS else 0
        self.values: dict[str, Any] = {}
        self._row_errors: dict[int, str] = {}
        self._is_read = False

    @property
    def is_published(self) -> bool:
        """Whether to publish the poll when it is saved."""
        return self.data.get("do", "") in {"publish", "merge-publish"}

    def rows(self) -> list[OptionRow]:
        """The options as sent or as stored; a new poll has some empty rows."""
        if self.is_bound:
            rows = self._sent_rows()
        else:
            rows = list(self.initial.get("rows", ()))
        rows += [OptionRow()] * ((0 if self.poll else EMPTY_ROWS) - len(rows))
        focused = self._focused_row()
        return [
            OptionRow(row.text, row.id, self._row_errors.get(index, ""), index == focused)
            for index, row in enumerate(rows)
        ]

    def refuse(self, error: ApiError, field: str | None = None) -> None:
        super().refuse(error, field)
        if isinstance(error, PreconditionFailedError):
            self.answer_status = error.http_status

    def full_clean(self) -> None:
        if self._is_unfinished:
            self._errors = ErrorDict()
        else:
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        """Validates the whole form with the API's serializer."""
        serializer_class = PollChangeSerializer if self.poll else PollCreateSerializer
        serializer = serializer_class(data=self._body())
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError as error:
            self.refuse(as_api_error(error))
        else:
            self._is_read = True
            self.values = serializer.validated_data
        return self.cleaned_data

    def _body(self) -> dict[str, Any]:
        values = self.cleaned_data
        body: dict[str, Any] = {
            "question": values.get("question", ""),
            "allowChange": values.get("allow_change", False),
            "opensAt": self.moments.on_wire("opens_at", values.get("opens_at", "")),
            "closesAt": self.moments.on_wire("closes_at", values.get("closes_at", "")),
            "embedOrigins": self._origins(),
        }
        if values.get("results_visibility"):
            body["resultsVisibility"] = values["results_visibility"]
        if "workspace" in self.fields and "workspace" in self.data:
            body["workspaceId"] = values.get("workspace") or None
        return body | self._ballot()

    def _ballot(self) -> dict[str, Any]:
        """Returns options, kind and maximum, as far as they were sent."""
        filled = [row for row in self._sent_rows() if row.text.strip()]
        ballot: dict[str, Any] = {}
        if "option" in self.data or self.poll is None:
            ballot["options"] = [
                {"text": row.text, "id": row.id} if row.id and self.poll else {"text": row.text}
                for row in filled
            ]
        if not self.cleaned_data.get("kind"):
            return ballot
        ballot["kind"] = self.cleaned_data["kind"]
        most = self.cleaned_data.get("max_choices", "")
        if ballot["kind"] == PollKind.MULTIPLE and (most or filled):
            is_number = most.isdecimal() and len(most) <= MAX_DIGITS
            ballot["maxChoices"] = int(most) if is_number else most or len(filled)
        return ballot

    def _origins(self) -> list[str]:
        lines = self.cleaned_data.get("embed_origins", "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _sent_rows(self) -> list[OptionRow]:
        texts, ids = self._sent("option"), self._sent("option_id")
        ids += [""] * (len(texts) - len(ids))
        return [OptionRow(text, each) for text, each in zip(texts, ids, strict=False)]

    def _sent(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    def _focused_row(self) -> int | None:
        """The row to focus, if the options have the first error."""
        if "options" not in self.errors or "question" in self.errors:
            return None
        return min(self._row_errors, default=0)

    def _refuse_fields(self, error: ValidationFailedError) -> None:
        for each in error.errors:
            name, index = _place(each.field)
            sentence = poll_field_sentence(
                name,
                is_row=name == "options" and index is not None,
                is_read=self._is_read,
                reason=self.moments.reasons.get(name, ""),
                message=each.message,
            )
            if name == "options" and index is not None:
                filled = [at for at, row in enumerate(self._sent_rows()) if row.text.strip()]
                self._row_errors[filled[index]] = sentence
                sentence = poll_field_sentence("rows")
            elif name == "embed_origins" and index is not None:
                sentence = f"{sentence} ({self._origins()[index]})"
            if name not in self.fields:
                self.add_error(None, sentence)
            elif sentence not in self.errors.get(name, ()):
                self.add_error(name, sentence)


def _place(path: str) -> tuple[str, int | None]:
    """Splits ``options.1.text`` into ``options`` and 1."""
    name, _dot, rest = path.partition(".")
    index = rest.partition(".")[0]
    return FIELD_NAMES.get(name, name), int(index) if index.isdecimal() else None


FIELD_NAMES = {
    "maxChoices": "max_choices",
    "allowChange": "allow_change",
    "resultsVisibility": "results_visibility",
    "opensAt": "opens_at",
    "closesAt": "closes_at",
    "embedOrigins": "embed_origins",
    "workspaceId": "workspace",
}


def initial_of(poll: Poll | None) -> Mapping[str, Any]:
    """Initial values of the fields; times are in UTC until a script converts them."""
    if poll is None:
        return {
            "kind": PollKind.SINGLE.value,
            "results_visibility": ResultsVisibility.ALWAYS.value,
            "time_zone": "UTC",
        }
    options = list(poll.options.all())
    allows_all = poll.max_choices == len(options) or poll.kind == PollKind.SINGLE
    return {
        "question": poll.question,
        "rows": [OptionRow(option.text, str(option.id)) for option in options],
        "kind": poll.kind,
        "max_choices": "" if allows_all else poll.max_choices,
        "allow_change": poll.allow_change,
        "results_visibility": poll.results_visibility,
        "workspace": str(poll.workspace_id or ""),
        "opens_at": shown_moment(poll.opens_at, "UTC"),
        "closes_at": shown_moment(poll.closes_at, "UTC"),
        "time_zone": "UTC",
        "embed_origins": "\n".join(poll.embed_origins),
    }

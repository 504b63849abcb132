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

from apikit.errors import ApiError, FieldError, PreconditionFailedError, ValidationFailedError
from apikit.exception_handler import as_api_error
from polls.models import (
    MAX_OPTIONS,
    QUESTION_MAX_CHARS,
    ParticipantOptions,
    Poll,
    PollKind,
    ResultsVisibility,
)
from polls.serializers import PollChangeSerializer, PollCreateSerializer
from web.forms.base import PageForm
from web.forms.kinds.base import MAX_DIGITS, KindForm
from web.forms.kinds.registry import KIND_CHOICES
from web.forms.poll_ballot import BallotPart
from web.forms.poll_moments import MomentReader, shown_moment
from web.forms.poll_rows import OptionRow
from web.forms.poll_sentences import poll_field_sentence
from web.poll_places import Choice

VISIBILITIES = [
    (ResultsVisibility.ALWAYS.value, _("Always")),
    (ResultsVisibility.AFTER_VOTE.value, _("After voting")),
    (ResultsVisibility.AFTER_CLOSE.value, _("After the poll closes")),
    (ResultsVisibility.OWNER.value, _("Never")),
]
PARTICIPANT_OPTIONS = [
    (ParticipantOptions.NONE.value, _("No")),
    (ParticipantOptions.APPROVAL.value, _("Yes, after I have approved them")),
    (ParticipantOptions.OPEN.value, _("Yes, at once")),
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
    # Not rendered, since the rows and the settings of the kind are; take what is wrong with them.
    options = forms.CharField(label=_("Options"), required=False)
    settings = forms.CharField(required=False)
    kind = forms.ChoiceField(
        label=_("Kind of poll"), choices=KIND_CHOICES, required=False, widget=forms.RadioSelect
    )
    max_choices = forms.CharField(
        label=_("Up to"),
        required=False,
        help_text=_("Leave empty to allow all."),
        widget=forms.NumberInput(attrs={"min": 1, "max": MAX_OPTIONS, "inputmode": "numeric"}),
    )
    participant_options = forms.ChoiceField(
        label=_("Voters can add options"),
        choices=PARTICIPANT_OPTIONS,
        required=False,
        widget=forms.RadioSelect,
    )
    # Not rendered: the part with the picture of a hotspot has them.
    picture = forms.CharField(required=False)
    picture_alt = forms.CharField(required=False)
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
        kind = data.get("kind", "") if data is not None else self.initial.get("kind", "")
        self.ballot = BallotPart(data, poll, kind or (poll.kind if poll else ""))
        self.moments = MomentReader(data, poll)
        # Shown again as it was sent, without validation.
        self._is_unfinished = is_unfinished
        self.revision = poll.revision if poll else 0
        if data is not None:
            sent = data.get("revision", "")
            self.revision = int(sent) if sent.isdecimal() and len(sent) <= MAX_DIGITS else 0
        self.values: dict[str, Any] = {}
        self._is_read = False

    @property
    def is_published(self) -> bool:
        """Whether to publish the poll when it is saved."""
        return self.data.get("do", "") in {"publish", "merge-publish"}

    def rows(self) -> list[OptionRow]:
        """The options as sent or as stored; a new poll has some empty rows."""
        has_first_error = "options" in self.errors and "question" not in self.errors
        return self.ballot.rows(is_focused=has_first_error)

    def kinds(self) -> list[tuple[Any, KindForm]]:
        """The radio button of each kind, with its form."""
        return list(zip(self["kind"], self.ballot.forms.values(), strict=True))

    def option_kinds(self) -> str:
        """The kinds whose options are entered, for the stylesheet."""
        forms = self.ballot.forms.items()
        return " ".join(kind for kind, form in forms if form.takes_options())

    def focus_first_error(self) -> None:
        super().focus_first_error()
        if "settings" in self.errors and not {"question", "options"} & set(self.errors):
            self.ballot.form.focus_first_error()

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
        body = self._body()
        serializer = serializer_class(data=body)
        wrong = self.ballot.check(body) if self.cleaned_data.get("kind") else None
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError as error:
            self.refuse(as_api_error(error))
        else:
            self._is_read = True
            self.values = serializer.validated_data
        if wrong is not None:
            self.refuse(wrong)
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
        """Returns kind, settings, options and maximum, as far as they were sent."""
        values = self.cleaned_data
        body = self.ballot.body(
            values.get("max_choices", ""), values.get("participant_options", "")
        )
        return body | ({"kind": values["kind"]} if values.get("kind") else {})

    def _origins(self) -> list[str]:
        lines = self.cleaned_data.get("embed_origins", "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _refuse_fields(self, error: ValidationFailedError) -> None:
        for each in error.errors:
            name, index = _place(each.field)
            if name == "settings":
                self._refuse_setting(each)
                continue
            sentence = poll_field_sentence(
                name,
                is_read=self._is_read,
                reason=self.moments.reasons.get(name, ""),
                message=each.message,
            )
            if name == "options":
                field = each.field.rpartition(".")[2]
                sentence = (
                    str(self.ballot.form.options_error) or sentence
                    if index is None
                    else self.ballot.refuse_row(index, field, is_read=self._is_read)
                )
            elif name == "embed_origins" and index is not None:
                sentence = f"{sentence} ({self._origins()[index]})"
            self._add(name, sentence)

    def _refuse_setting(self, error: FieldError) -> None:
        _settings, _dot, field = error.field.partition(".")
        self._add("settings", self.ballot.refuse_setting(field, error.message))

    def _add(self, name: str, sentence: str) -> None:
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
    "participantOptions": "participant_options",
    "pictureId": "picture",
    "pictureAlt": "picture_alt",
}


def initial_of(poll: Poll | None) -> Mapping[str, Any]:
    """Initial values of the fields; times are in UTC until a script converts them."""
    if poll is None:
        return {
            "kind": PollKind.SINGLE.value,
            "participant_options": ParticipantOptions.NONE.value,
            "results_visibility": ResultsVisibility.ALWAYS.value,
            "time_zone": "UTC",
        }
    is_growing = poll.participant_options != ParticipantOptions.NONE
    every = MAX_OPTIONS if is_growing else len(poll.options.all())
    allows_all = poll.max_choices == every or poll.kind != PollKind.MULTIPLE
    return {
        "question": poll.question,
        "kind": poll.kind,
        "max_choices": "" if allows_all else poll.max_choices,
        "participant_options": poll.participant_options,
        "allow_change": poll.allow_change,
        "results_visibility": poll.results_visibility,
        "workspace": str(poll.workspace_id or ""),
        "opens_at": shown_moment(poll.opens_at, "UTC"),
        "closes_at": shown_moment(poll.closes_at, "UTC"),
        "time_zone": "UTC",
        "embed_origins": "\n".join(poll.embed_origins),
    }

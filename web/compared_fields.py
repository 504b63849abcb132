"""The fields of a poll that are compared when two people have edited it: how to read and show them.

A field has the same JSON value, whether it is read from the stored poll or from the form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from apikit.text import comparable
from apikit.wire import adapter_of
from polls.editing import OptionEdit, Unchanged
from polls.kind_settings import complete_settings
from polls.kinds.dates import DatesSettings
from polls.models import Poll, PollKind
from web.forms.kinds.base import Asked
from web.forms.kinds.registry import KIND_FORMS, kind_name
from web.forms.polls import PARTICIPANT_OPTIONS, VISIBILITIES
from web.poll_places import place_name
from web.slot_words import when

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OptionLine:
    """An option in one of two lists; ``note`` says how it differs from the other list."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A field in one of the two versions: a text, a list or a time; none of them if empty."""

    text: str = ""
    lines: Sequence[OptionLine] = ()
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class ComparedField:
    """``keys`` are the field's in the service's input; ``of_values`` reads that input."""

    label: Promise
    keys: tuple[str, ...]
    of_poll: Callable[[Poll], Any]
    of_values: Callable[[Values, Poll], Any]
    show: Callable[[Any], Version]


@dataclass(frozen=True, slots=True)
class Choices:
    """Kind, maximum and settings of a version, and the number of its options."""

    kind: str
    # None if all options can be chosen.
    most: int | None
    settings: Mapping[str, Any]
    count: int


def choices_of_poll(poll: Poll) -> Choices:
    """Returns what voters do in the stored poll."""
    return _choices(poll.kind, poll.max_choices, poll.settings, len(poll.options.all()))


def choices_of_values(values: Values, poll: Poll) -> Choices:
    """Returns the same for the input of the service."""
    count = len(values["options"]) if "options" in values else len(poll.options.all())
    kind = values.get("kind", poll.kind)
    kept = poll.settings if kind == poll.kind else {}
    return _choices(kind, values.get("max_choices"), values.get("settings", kept), count)


@dataclass(frozen=True, slots=True)
class ComparedOption:
    """An option of a version, with what an edit left unchanged as it is stored."""

    text: str
    id: UUID | None
    limit: int | None
    picture_id: UUID | None
    picture_alt: str

    def content(self) -> list[Any]:
        """Returns what is compared, as JSON."""
        picture = str(self.picture_id) if self.picture_id else None
        return [self.text, self.limit, picture, self.picture_alt]


def options_of_poll(poll: Poll) -> list[ComparedOption]:
    """Returns the stored options."""
    return [
        ComparedOption(each.text, each.id, each.limit, each.picture_id, each.picture_alt)
        for each in poll.options.all()
    ]


def options_of_values(values: Values, poll: Poll) -> list[ComparedOption]:
    """Returns the options of the input of the service."""
    stored: dict[UUID | None, ComparedOption] = {each.id: each for each in options_of_poll(poll)}
    return [_resolved(edit, stored.get(edit.id)) for edit in values["options"]]


def _resolved(edit: OptionEdit, stored: ComparedOption | None) -> ComparedOption:
    known = stored or ComparedOption("", None, None, None, "")
    return ComparedOption(
        edit.text,
        edit.id,
        known.limit if isinstance(edit.limit, Unchanged) else edit.limit,
        known.picture_id if isinstance(edit.picture_id, Unchanged) else edit.picture_id,
        known.picture_alt if isinstance(edit.picture_alt, Unchanged) else edit.picture_alt,
    )


def compared_options(values: Values, poll: Poll) -> tuple[Version, Version]:
    """Returns both lists of options, yours first, each with notes about what the other lacks."""
    yours, theirs = options_of_values(values, poll), options_of_poll(poll)
    return (
        Version(lines=_noted(yours, theirs, gettext("only in your version"))),
        Version(lines=_noted(theirs, yours, gettext("only in the other version"))),
    )


def compared_choices(values: Values, poll: Poll) -> tuple[Version, Version]:
    """Returns what voters do in both versions, yours first."""
    return show_choices(choices_of_values(values, poll), choices_of_poll(poll))


def show_choices(yours: Choices, theirs: Choices) -> tuple[Version, Version]:
    """Returns sentences about both, and dates with notes about what the other lacks."""
    yours_only, theirs_only = gettext("only in your version"), gettext("only in the other version")
    return (
        Version(lines=[*_sentences(yours), *_dates(yours, theirs, yours_only)]),
        Version(lines=[*_sentences(theirs), *_dates(theirs, yours, theirs_only)]),
    )


def options_follow_kind(values: Values, poll: Poll) -> bool:
    """Whether the options belong to the kind of one version, and cannot be combined with another.

    Those of dates follow from the settings, and some kinds have no options.
    """
    kinds = {values.get("kind", poll.kind), poll.kind}
    return PollKind.DATES in kinds or (
        len(kinds) > 1 and not all(KIND_FORMS[kind].takes_options() for kind in kinds)
    )


def _noted(
    options: Sequence[ComparedOption], others: Sequence[ComparedOption], lacking: str
) -> list[OptionLine]:
    by_id: dict[UUID | None, ComparedOption] = {each.id: each for each in others if each.id}
    by_text = {comparable(each.text): each for each in others}
    lines = []
    for place, option in enumerate(options):
        other = by_text.get(comparable(option.text))
        if other is not None:
            notes = [gettext("other position")] if others.index(other) != place else []
        elif (other := by_id.get(option.id)) is not None:
            notes = [pgettext("option", "other wording")]
        else:
            notes = [lacking]
        notes += _noted_details(option, other)
        lines.append(OptionLine(_with_places(option), ", ".join(notes)))
    return lines


def _noted_details(option: ComparedOption, other: ComparedOption | None) -> list[str]:
    if other is None:
        return []
    notes = []
    if option.limit != other.limit:
        notes.append(gettext("other number of places"))
    if option.content()[2:] != other.content()[2:]:
        notes.append(gettext("other picture"))
    return notes


def _with_places(option: ComparedOption) -> str:
    if option.limit is None:
        return option.text
    places = ngettext("%(count)s place", "%(count)s places", option.limit)
    return f"{option.text} ({places % {'count': option.limit}})"


def _choices(kind: str, most: int | None, settings: Mapping[str, Any], count: int) -> Choices:
    is_all = kind != PollKind.MULTIPLE or most is None or most >= count
    complete = complete_settings(PollKind(kind), settings)
    return Choices(str(kind), None if is_all else most, complete, count)


def _compared(choices: Choices) -> list[Any]:
    """Returns what is compared: without the number of options, which are compared themselves."""
    return [choices.kind, choices.most, dict(choices.settings)]


def _sentences(choices: Choices) -> list[OptionLine]:
    most = choices.count if choices.most is None else choices.most
    asked = Asked(choices.settings, most, choices.count)
    sentences = KIND_FORMS[choices.kind].describe(asked)
    return [OptionLine(each) for each in (kind_name(choices.kind), *sentences)]


def _dates(choices: Choices, others: Choices, lacking: str) -> list[OptionLine]:
    """Returns the dates, which are settings; their options are not compared."""
    known = _dates_in(others)
    return [
        OptionLine(each, "" if each in known or not known else lacking)
        for each in _dates_in(choices)
    ]


def _dates_in(choices: Choices) -> list[str]:
    if choices.kind != PollKind.DATES:
        return []
    settings: DatesSettings = adapter_of(DatesSettings).validate_python(dict(choices.settings))
    return [when(slot) for slot in settings.slots]


def _show_elsewhere(_value: Any) -> Version:
    """For fields of which both versions are needed: ``SHOWN_TOGETHER``."""
    return Version()


def _show_text(value: str) -> Version:
    return Version(value)


def _show_switch(value: object) -> Version:
    return Version(gettext("Yes") if value else gettext("No"))


def _show_picture(value: Sequence[str | None]) -> Version:
    picture_id, alt = value
    if picture_id is None:
        return Version()
    return Version(alt or gettext("A picture without a description"))


def _show_participant_options(value: str) -> Version:
    return Version(str(dict(PARTICIPANT_OPTIONS)[value]))


def _show_visibility(value: str) -> Version:
    return Version(str(dict(VISIBILITIES)[value]))


def _show_place(value: str | None) -> Version:
    return Version(str(place_name(value)))


def _show_moment(value: str | None) -> Version:
    return Version(moment=datetime.fromisoformat(value)) if value else Version()


def _show_lines(value: Sequence[str]) -> Version:
    return Version(lines=[OptionLine(text) for text in value])


def _plain(label: Promise, name: str, show: Callable[[Any], Version]) -> ComparedField:
    """Returns a field whose name and value are the same in the model and in the input."""
    return ComparedField(
        label,
        (name,),
        lambda poll: _json(getattr(poll, name)),
        lambda values, _poll: _json(values[name]),
        show,
    )


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, list | tuple) else value


FIELDS: Mapping[str, ComparedField] = {
    "question": _plain(_("Question"), "question", _show_text),
    "options": ComparedField(
        _("Options"),
        ("options",),
        lambda poll: [each.content() for each in options_of_poll(poll)],
        lambda values, poll: [each.content() for each in options_of_values(values, poll)],
        _show_elsewhere,
    ),
    "choices": ComparedField(
        _("Kind of poll"),
        ("kind", "max_choices", "settings"),
        lambda poll: _compared(choices_of_poll(poll)),
        lambda values, poll: _compared(choices_of_values(values, poll)),
        _show_elsewhere,
    ),
    "picture": ComparedField(
        _("Picture"),
        ("picture_id", "picture_alt"),
        lambda poll: [_json(poll.picture_id), poll.picture_alt],
        lambda values, _poll: [_json(values["picture_id"]), values.get("picture_alt", "")],
        _show_picture,
    ),
    "participant_options": _plain(
        _("Voters can add options"), "participant_options", _show_participant_options
    ),
    "allow_change": _plain(
        _("Voters can change or take back their vote"), "allow_change", _show_switch
    ),
    "results_visibility": _plain(
        _("Show results to voters"), "results_visibility", _show_visibility
    ),
    "opens_at": _plain(_("Opens at"), "opens_at", _show_moment),
    "closes_at": _plain(_("Closes at"), "closes_at", _show_moment),
    "workspace": _plain(_("Workspace"), "workspace_id", _show_place),
    "embed_origins": _plain(_("Sites allowed to embed this poll"), "embed_origins", _show_lines),
}
# Fields of which both versions are needed to show them.
SHOWN_TOGETHER: Mapping[str, Callable[[Values, Poll], tuple[Version, Version]]] = {
    "options": compared_options,
    "choices": compared_choices,
}

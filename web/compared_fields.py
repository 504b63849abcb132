"""The fields of a poll that are compared when two people have edited it: how to read and show them.

A field has the same JSON value, whether it is read from the stored poll or from the form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from apikit.text import comparable
from polls.editing import OptionEdit
from polls.kind_settings import complete_settings
from polls.models import Poll, PollKind
from web.forms.kinds.base import Asked
from web.forms.kinds.registry import KIND_FORMS, kind_name
from web.forms.polls import VISIBILITIES
from web.poll_places import place_name

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


def compared_options(values: Values, poll: Poll) -> tuple[Version, Version]:
    """Returns both lists of options, yours first, each with notes about what the other lacks."""
    yours: list[OptionEdit] = list(values["options"])
    theirs = [OptionEdit(option.text, option.id) for option in poll.options.all()]
    return (
        Version(lines=_noted(yours, theirs, gettext("only in your version"))),
        Version(lines=_noted(theirs, yours, gettext("only in the other version"))),
    )


def compared_choices(values: Values, poll: Poll) -> tuple[Version, Version]:
    """Returns what voters do in both versions, yours first."""
    return _show_choices(choices_of_values(values, poll)), _show_choices(choices_of_poll(poll))


def options_follow_kind(values: Values, poll: Poll) -> bool:
    """Whether the options belong to the kind of one version, and cannot be combined with another.

    Those of dates follow from the settings, and some kinds have no options.
    """
    kinds = {values.get("kind", poll.kind), poll.kind}
    return PollKind.DATES in kinds or (
        len(kinds) > 1 and not all(KIND_FORMS[kind].takes_options() for kind in kinds)
    )


def _noted(
    edits: Sequence[OptionEdit], others: Sequence[OptionEdit], lacking: str
) -> list[OptionLine]:
    by_id: dict[UUID, str] = {each.id: each.text for each in others if each.id}
    places = {comparable(each.text): place for place, each in enumerate(others)}
    lines = []
    for place, edit in enumerate(edits):
        note = ""
        if comparable(edit.text) in places:
            if places[comparable(edit.text)] != place:
                note = gettext("other position")
        elif edit.id in by_id:
            note = pgettext("option", "other wording")
        else:
            note = lacking
        lines.append(OptionLine(edit.text, note))
    return lines


def _choices(kind: str, most: int | None, settings: Mapping[str, Any], count: int) -> Choices:
    is_all = kind != PollKind.MULTIPLE or most is None or most >= count
    complete = complete_settings(PollKind(kind), settings)
    return Choices(str(kind), None if is_all else most, complete, count)


def _compared(choices: Choices) -> list[Any]:
    """Returns what is compared: without the number of options, which are compared themselves."""
    return [choices.kind, choices.most, dict(choices.settings)]


def _show_choices(choices: Choices) -> Version:
    most = choices.count if choices.most is None else choices.most
    asked = Asked(choices.settings, most, choices.count)
    sentences = KIND_FORMS[choices.kind].describe(asked)
    return Version(lines=[OptionLine(each) for each in (kind_name(choices.kind), *sentences)])


def _show_elsewhere(_value: Any) -> Version:
    """For fields of which both versions are needed: ``SHOWN_TOGETHER``."""
    return Version()


def _show_text(value: str) -> Version:
    return Version(value)


def _show_switch(value: object) -> Version:
    return Version(gettext("Yes") if value else gettext("No"))


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
        lambda poll: [option.text for option in poll.options.all()],
        lambda values, _poll: [edit.text for edit in values["options"]],
        _show_elsewhere,
    ),
    "choices": ComparedField(
        _("Kind of poll"),
        ("kind", "max_choices", "settings"),
        lambda poll: _compared(choices_of_poll(poll)),
        lambda values, poll: _compared(choices_of_values(values, poll)),
        _show_elsewhere,
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

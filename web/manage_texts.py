"""Translated texts for the scripts of the organiser's pages."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from web.messages import sentences

_PICTURE_ERRORS = (
    "auth.account_required",
    "auth.required",
    "auth.token_invalid",
    "picture.invalid",
    "picture.too_large",
    "picture.too_many",
    "rate_limited",
    "server.unavailable",
)
# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def result_texts() -> dict[str, Any]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        "connecting": _("Connecting …"),
        "live": _("Live"),
        "offline": _("Offline"),
        "ended": _("Not connected"),
        "phases": {
            "draft": pgettext("state", "Draft"),
            "waiting": _("Not open yet"),
            "open": pgettext("state", "Open"),
            "closed": pgettext("state", "Closed"),
        },
        "voters": _plurals(lambda count: ngettext("person voted", "people voted", count)),
        "leading": _("{option} leads with {share}"),
        "level": _plurals(
            lambda count: ngettext(
                "{count} option leads with {share}", "{count} options are tied at {share}", count
            )
        ),
        "nothing": _("No votes yet"),
        "chart": _("Number of voters over time, from {first} at {start} to {last} at {end}."),
        "everybody": _("All voters"),
        **copy_texts(),
        **moment_texts(),
    }


def copy_texts() -> dict[str, str]:
    return {
        "copied": _("Copied"),
        "copyFailed": _("Select the text and copy it."),
    }


def moment_texts() -> dict[str, str]:
    return {
        "opensIn": _("opens in {time}"),
        "opensAt": _("opens on {time}"),
        "closesIn": _("closes in {time}"),
        "closesAt": _("closes on {time}"),
        "closedAt": _("closed on {time}"),
        "createdAt": _("created on {time}"),
        "joinedAt": _("joined on {time}"),
        "expiresAt": _("expires on {time}"),
    }


def form_texts() -> dict[str, Any]:
    return {
        "option": _("Option {number}"),
        "moveUp": _("Move option {number} up"),
        "moveDown": _("Move option {number} down"),
        "remove": _("Remove option {number}"),
        "moved": _("Moved to position {number} of {count}."),
        "removed": _("Option removed. Options left: {count}."),
        "pasted": _("Options added: {count}."),
        "full": _("A poll can have up to {count} options."),
        "question": _("Your question"),
        "oneOf": _("Choose one option."),
        "someOf": _("Choose up to {count} options."),
        "anyOf": _("Choose one or more options."),
        "zone": _("Your time zone: {zone}."),
        "date": _("Date {number}"),
        "removeDate": _("Remove date {number}"),
        "dateRemoved": _("Date removed. Dates left: {count}."),
        "datesAdded": _("Dates added: {count}."),
        "preview": preview_texts(),
        "uploadFailed": _("The picture couldn’t be uploaded. Try again."),
        "errors": sentences(_PICTURE_ERRORS),
    }


def preview_texts() -> dict[str, Any]:
    """Texts of the preview of the voter's page."""
    return {
        "rating": _("Rate each statement."),
        "ranking": _("Put the options in order."),
        "points": _("Points to divide: {count}."),
        "numeric": _("Enter a number from {low} to {high}."),
        "word_cloud": _("Words you can send: {count}."),
        "open_text": _("Write up to {count} characters."),
        "hotspot": _("Places you can mark: {count}."),
        "dates": _("Say which dates suit you."),
        "questions": _("Ask something, and vote for the questions of others."),
        "word": _("Word {number}"),
        "text": _("Your answer"),
        "ask": _("Your question"),
        "day": _("Date {number}"),
        "picture": _("The picture"),
        "yes": _("Yes"),
        "maybe": _("Maybe"),
        "no": _("No"),
    }


def _plurals(sentence: Callable[[int], str]) -> dict[str, str]:
    return {category: sentence(count) for category, count in _EXAMPLES.items()}

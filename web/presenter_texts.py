"""Translated texts for the script of the presenter's page."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.models import Poll
from polls.tally import PollResults
from web.kinds.registry import outcome_of
from web.messages import sentences
from web.phases import RoomPhase
from web.presenting import leading_options

REFUSALS = (
    "account.suspended",
    "auth.required",
    "auth.account_required",
    "poll.closed",
    "poll.hidden",
    "poll.not_found",
    "poll.not_published",
    "request.invalid",
    "server.error",
    "server.in_doubt",
    "server.unavailable",
    "validation",
)

# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def presenter_texts() -> dict[str, Any]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        **_connection_texts(),
        **_poll_texts(),
        **_replay_texts(),
        **_feedback_texts(),
        "phases": phase_names(),
        "voters": _plurals(voters_text),
        "watchers": _plurals(watchers_text),
        "tie": _plurals(tie_text),
        "refusals": sentences(REFUSALS),
    }


def phase_names() -> dict[RoomPhase, str]:
    return {
        "draft": pgettext("state", "Draft"),
        "hidden": pgettext("state", "Hidden"),
        "waiting": _("Not open yet"),
        "open": pgettext("state", "Open"),
        "closed": pgettext("state", "Closed"),
    }


def voters_text(count: int) -> str:
    """Returns the label after the number of voters."""
    return ngettext("person voted", "people voted", count)


def watchers_text(count: int) -> str:
    """Returns the label after the number of watchers."""
    return ngettext("watching", "watching", count)


def tie_text(count: int) -> str:
    return ngettext("{count} option leads", "{count} options are tied", count)


def outcome_text(poll: Poll, results: PollResults) -> str:
    """Returns the outcome of a closed poll as a sentence."""
    outcome = outcome_of(poll, results)
    if outcome is not None:
        return outcome if results.total_voters else _("Nobody voted")
    leading = leading_options(results)
    if not leading:
        return _("Nobody voted")
    if len(leading) == 1:
        return _("Most votes: {option}").format(option=leading[0].text)
    return tie_text(len(leading)).format(count=len(leading))


def _connection_texts() -> dict[str, str]:
    return {
        "connecting": _("Connecting …"),
        "live": _("Live"),
        "offline": _("Offline"),
        "ended": _("Not connected"),
        "signedOut": _("You’ve been signed out. Reload the page to sign in again."),
        "unreachable": _("Can’t reach the server. Try again in a moment."),
        "formExpired": _("This page has expired. Reload it, then try again."),
    }


def _poll_texts() -> dict[str, str]:
    return {
        "opensIn": _("Voting opens in"),
        "opensOn": _("Voting opens on"),
        "closesIn": _("Closes in {time}"),
        "closesOn": _("Closes on {time}"),
        "draft": _("Only visible to you"),
        "outcome": _("Most votes: {option}"),
        "noVotes": _("Nobody voted"),
        "mostVotes": _("Most votes"),
        "tied": _("Tied"),
        "resultsHidden": _("Results hidden"),
        "summaryItem": _("{option}: {percentage}"),
    }


def _replay_texts() -> dict[str, str]:
    return {
        "replay": _("Replay"),
        "replayMoment": _("{time}, {count}"),
        "replayOver": _("Back to live"),
        "nothingToReplay": _("Nothing to replay yet."),
        "replayHidden": _("Results are hidden. Show them first."),
    }


def _feedback_texts() -> dict[str, str]:
    return {
        "opened": _("Voting is open."),
        "closed": _("Voting is closed."),
        "resultsAreHidden": _("Results hidden on this screen."),
        "resultsAreShown": _("Results shown on this screen."),
        "themeAuto": _("System theme"),
        "themeLight": _("Light theme"),
        "themeDark": _("Dark theme"),
        "noNext": _("You have no more open polls or drafts."),
        "shortcutsOff": _("Keyboard shortcuts are off."),
        "shortcutsOn": _("Keyboard shortcuts are on."),
        "noFullScreen": _("This browser doesn’t support full screen."),
        "hideResults": _("Hide results"),
        "showResults": _("Show results"),
    }


def _plurals(text: Callable[[int], str]) -> dict[str, str]:
    return {category: text(example) for category, example in _EXAMPLES.items()}

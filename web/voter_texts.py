"""Translated texts for the script of the voter's page and the embedded frame."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.models import Poll, PollKind, ResultsVisibility
from web.kinds.registry import pages_of
from web.messages import sentences
from web.option_rows import full_text, places_pattern
from web.phases import RoomPhase

REFUSALS = (
    "account.suspended",
    "auth.required",
    "auth.token_invalid",
    "idempotency.key_reused",
    "poll.closed",
    "poll.hidden",
    "poll.not_found",
    "poll.not_open",
    "rate_limited",
    "request.invalid",
    "server.error",
    "server.in_doubt",
    "server.unavailable",
    "validation",
    "vote.busy",
    "vote.change_refused",
    "vote.duplicate",
    "vote.invalid_answers",
    "vote.in_doubt",
    "vote.not_found",
    "vote.option_full",
    "vote.too_few_choices",
    "vote.too_many_choices",
    "vote.unknown_option",
)

# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def voter_texts(poll: Poll) -> dict[str, Any]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        **_connection_texts(),
        **_vote_texts(),
        **_poll_texts(poll),
        "refusals": sentences(REFUSALS),
    }


def choosing_hint(poll: Poll) -> str:
    """Returns how many options a voter may choose, or what else to do."""
    if pages := pages_of(poll):
        return pages.hint(poll)
    if poll.kind == PollKind.SINGLE:
        return _("Choose one.")
    least, most = poll.settings.get("minChoices", 1), poll.max_choices
    if least > 1 and least == most:
        return _("Choose exactly {count} options.").format(count=most)
    if least > 1:
        return _("Choose {least} to {most} options.").format(least=least, most=most)
    return ngettext(
        "Choose up to %(count)d option.", "Choose up to %(count)d options.", poll.max_choices
    ) % {"count": poll.max_choices}


def hidden_note(visibility: str) -> str:
    """Returns why the results are hidden, and when they appear."""
    return hidden_notes().get(visibility, "")


def hidden_notes() -> dict[str, str]:
    return {
        ResultsVisibility.AFTER_VOTE.value: _("Results appear after you vote."),
        ResultsVisibility.AFTER_CLOSE.value: _("Results appear when the poll closes."),
        ResultsVisibility.OWNER.value: _("Only the poll’s creator can see the results."),
    }


def page_description(phase: RoomPhase) -> str:
    """Returns the meta description: a link preview shows it below the question."""
    match phase:
        case "closed":
            return _("This poll is closed. See the results.")
        case "waiting":
            return _("This poll opens soon. Vote from any phone, no account needed.")
        case _:
            return _("Vote from any phone, no account needed.")


def total_text(count: int) -> str:
    """Returns the number of voters as a sentence."""
    return ngettext("{count} person voted", "{count} people voted", count)


def phase_badges() -> dict[RoomPhase, str]:
    return {
        "draft": pgettext("state", "Draft"),
        "hidden": pgettext("state", "Hidden"),
        "waiting": pgettext("state", "Not open yet"),
        "open": pgettext("state", "Open"),
        "closed": pgettext("state", "Closed"),
    }


def _connection_texts() -> dict[str, str]:
    return {
        "connecting": _("Connecting …"),
        "live": _("Live"),
        "offline": _("Offline"),
        "polling": _("Updated every few seconds"),
        "ended": _("Not connected"),
    }


def _vote_texts() -> dict[str, str]:
    return {
        "vote": _("Vote"),
        "changeVote": _("Change vote"),
        "sending": _("Sending …"),
        "waiting": _("Waiting for a connection …"),
        "counted": _("Your vote has been counted"),
        "takenBack": _("Your vote has been taken back."),
        "kept": _(
            "You’re offline. Your vote is saved on this device and will be sent when you’re back "
            "online."
        ),
        "keptTrying": _(
            "No response yet. Your vote is saved on this device, and we’ll keep trying to send it."
        ),
        "chooseFirst": _("Choose an option first."),
        "answerFirst": _("Answer the question first."),
        "tooFew": _("Choose at least {min} options."),
        "chosen": _("{count} of {max} chosen"),
        "enough": _("You’ve reached the limit. Deselect an option to choose another."),
        "closedBefore": _("The poll closed before your vote arrived. It wasn’t counted."),
        "changeTooLate": _("The poll closed before your change arrived. Your earlier vote counts."),
        "standing": _("You’ve already voted. Your earlier vote counts."),
        "somebodyElse": _("You’re now voting as someone else. Please vote again."),
        "unreachable": _("Can’t reach the server. Try again in a moment."),
        "formExpired": _(
            "Voting requires cookies, but this browser blocks them. "
            "Allow cookies, then reload the page."
        ),
    }


def _poll_texts(poll: Poll) -> dict[str, Any]:
    return {
        "badges": phase_badges(),
        "hiddenNotes": hidden_notes(),
        "total": {category: total_text(example) for category, example in _EXAMPLES.items()},
        "opensIn": _("Voting opens in"),
        "opensOn": _("Voting opens on"),
        "closesIn": _("Closes in {time}"),
        "closesOn": _("Closes on {time}"),
        "oneMinute": _("One minute left to vote."),
        "nowOpen": _("The poll is open. You can vote now."),
        "nowClosed": _("The poll is closed."),
        "placesLeft": {
            category: places_pattern(example) for category, example in _EXAMPLES.items()
        },
        "full": full_text(),
        "summaryItem": _("{option}: {percentage}"),
        "guest": _("Guest"),
        "gone": _("This poll is no longer available"),
    }

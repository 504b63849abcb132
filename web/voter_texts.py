"""What the script of the voter's page and of the frame says, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.models import Poll, PollKind, ResultsVisibility
from web.messages import sentences
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
    "vote.in_doubt",
    "vote.not_found",
    "vote.too_many_choices",
    "vote.unknown_option",
)

# A number for each plural category that a language may have. Where a language lacks one,
# ``Intl.PluralRules`` never asks for it.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def voter_texts(poll: Poll) -> dict[str, Any]:
    """Sentences by name; ``{places}`` in them are filled by the script."""
    return {
        **_about_the_line(),
        **_about_the_vote(),
        **_about_the_poll(poll),
        "refusals": sentences(REFUSALS),
    }


def choosing_hint(poll: Poll) -> str:
    """How many options one may choose."""
    if poll.kind == PollKind.SINGLE:
        return _("Choose one.")
    return ngettext(
        "Choose up to %(count)d option.", "Choose up to %(count)d options.", poll.max_choices
    ) % {"count": poll.max_choices}


def hidden_note(visibility: str) -> str:
    """Why there are no results to see, and when there will be."""
    return hidden_notes().get(visibility, "")


def hidden_notes() -> dict[str, str]:
    return {
        ResultsVisibility.AFTER_VOTE.value: _("Results appear once you have voted."),
        ResultsVisibility.AFTER_CLOSE.value: _("Results appear when the poll closes."),
        ResultsVisibility.OWNER.value: _("Whoever asks keeps the results for now."),
    }


def total_text(count: int) -> str:
    """How many people voted."""
    return ngettext("{count} person voted", "{count} people voted", count)


def phase_badges() -> dict[RoomPhase, str]:
    return {
        "draft": pgettext("state", "Draft"),
        "hidden": pgettext("state", "Hidden"),
        "waiting": pgettext("state", "Not open yet"),
        "open": pgettext("state", "Open"),
        "closed": pgettext("state", "Closed"),
    }


def _about_the_line() -> dict[str, str]:
    return {
        "connecting": _("Catching up …"),
        "live": _("Live"),
        "offline": _("Offline"),
        "polling": _("Updated every few seconds"),
        "ended": _("Not connected"),
    }


def _about_the_vote() -> dict[str, str]:
    return {
        "vote": _("Vote"),
        "changeVote": _("Change my vote"),
        "sending": _("Sending …"),
        "waiting": _("Waiting for the network …"),
        "counted": _("Your vote is counted"),
        "takenBack": _("Your vote is taken back."),
        "kept": _(
            "You are offline. Your vote is kept on this device, "
            "and will be sent as soon as you are back."
        ),
        "keptTrying": _(
            "No answer yet. Your vote is kept on this device, and we go on trying to send it."
        ),
        "chooseFirst": _("Choose an option first."),
        "chosen": _("{count} of {max} chosen"),
        "enough": _("That is all you can choose. Take one away to choose another."),
        "closedBefore": _("The poll closed before your vote arrived. It was not counted."),
        "changeTooLate": _("The poll closed before your change arrived. Your earlier vote stands."),
        "standing": _("You have voted already. That vote stands."),
        "somebodyElse": _("You are somebody else here by now. Please vote again."),
        "unreachable": _("The server can’t be reached just now. Try again in a moment."),
        "formExpired": _(
            "This browser sends no cookies, without which a vote can’t be counted. "
            "Allow them, then reload the page."
        ),
    }


def _about_the_poll(poll: Poll) -> dict[str, Any]:
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
        "summaryItem": _("{option}: {percentage}"),
        "guest": _("Guest"),
        "gone": _("This poll is gone"),
    }

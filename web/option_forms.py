"""The form with which participants add options, or ask questions, on the voter's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apikit.actors import Actor
from polls.errors import OptionsNotTakenError
from polls.host_wire import AddedOption, SuggestionView
from polls.models import Poll, PollKind
from polls.suggestions import list_own_suggestions, needs_approval
from web.messages import sentences

REFUSALS = (
    "account.suspended",
    "auth.required",
    "option.exists",
    "option.not_taken",
    "option.too_many",
    "option.too_many_own",
    "poll.closed",
    "poll.hidden",
    "poll.not_found",
    "poll.not_open",
    "rate_limited",
    "request.invalid",
    "validation",
)


@dataclass(frozen=True, slots=True)
class OptionForm:
    """What the template ``parts/option_form.html`` shows."""

    label: str
    button: str
    note: str
    suggestions: Sequence[SuggestionView]


def takes_options(poll: Poll) -> bool:
    """Return whether participants can add options, or ask."""
    try:
        needs_approval(poll)
    except OptionsNotTakenError:
        return False
    return True


def read_own_suggestions(poll: Poll, actor: Actor) -> tuple[SuggestionView, ...]:
    """Return what the actor has suggested; no query unless hosts of the poll approve options."""
    if not (actor.is_authenticated and takes_options(poll) and needs_approval(poll)):
        return ()
    return tuple(SuggestionView.of(each) for each in list_own_suggestions(actor, poll.id))


def option_form(poll: Poll, suggestions: Sequence[SuggestionView]) -> OptionForm | None:
    """Return the form; None if participants cannot add options."""
    if not takes_options(poll):
        return None
    waits = needs_approval(poll)
    if poll.kind == PollKind.QUESTIONS:
        note = _("Others see it once the host has approved it.") if waits else ""
        return OptionForm(_("Ask a question"), _("Ask"), note, suggestions)
    note = _("Others can choose it once the host has approved it.") if waits else ""
    return OptionForm(_("Is an option missing?"), _("Add"), note, suggestions)


def option_form_texts(poll: Poll) -> dict[str, Any]:
    """Return the texts of the form's script, ``js/option_form.js``."""
    if not takes_options(poll):
        return {}
    return {
        "optionForm": {
            "enterFirst": _enter_first(poll),
            "pending": _("Waiting for approval"),
            "refused": _("Not accepted"),
            "unreachable": _("Can’t reach the server. Try again in a moment."),
            "isPending": _pending_text(poll),
            "isShown": _shown_text(poll),
            "isRefused": _refused_text(poll),
            "refusals": sentences(REFUSALS),
        }
    }


def added_text(poll: Poll, added: AddedOption) -> str:
    """Return what became of an option, for a page without a script."""
    return _pending_text(poll) if added.state == "pending" else _shown_text(poll)


def _enter_first(poll: Poll) -> str:
    if poll.kind == PollKind.QUESTIONS:
        return _("Enter your question first.")
    return _("Enter an option first.")


def _pending_text(poll: Poll) -> str:
    if poll.kind == PollKind.QUESTIONS:
        return _("Your question waits for the host’s approval.")
    return _("Your option waits for the host’s approval.")


def _shown_text(poll: Poll) -> str:
    if poll.kind == PollKind.QUESTIONS:
        return _("Your question was added.")
    return _("Your option was added.")


def _refused_text(poll: Poll) -> str:
    if poll.kind == PollKind.QUESTIONS:
        return _("The host didn’t accept your question.")
    return _("The host didn’t accept your option.")

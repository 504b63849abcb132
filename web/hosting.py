"""What the panel for hosts on the page of a poll shows: what waits, and what they can decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from polls.cells import read_tally
from polls.host_selectors import texts_in_state, view_for_hosts
from polls.host_wire import HostView, TextState
from polls.kinds.word_cloud import Word, WordCloudTally
from polls.models import Cell, Option, ParticipantOptions, Poll, PollKind
from web.messages import sentence_of_code

# Of each list of texts; the others follow once these are decided.
TEXTS_SHOWN = 20

# Refusals that the panel explains.
_REFUSALS = (
    "decision.not_for_this_kind",
    "decision.too_many",
    "option.exists",
    "option.too_many",
    "poll.hidden",
    "poll_option.not_found",
    "project.not_allowed",
    "rate_limited",
    "suggestion.not_found",
    "text.not_found",
)
# What is announced after a decision, by action.
DONE: Mapping[str, Promise] = {
    "approve": _("Approved."),
    "refuse": _("Refused."),
    "pin": _("Pinned."),
    "unpin": _("No longer pinned."),
    "answer": _("Marked as answered."),
    "reopen": _("Marked as open."),
    "remove": _("Removed."),
    "restore": _("Restored."),
    "merge": _("Merged."),
}
# The fields of a decision by the subject that buttons name.
SUBJECTS = {"suggestion": "suggestionId", "option": "optionId", "text": "text", "word": "word"}


@dataclass(frozen=True, slots=True)
class HostPanel:
    """The lists of the panel. ``options`` are those that can be decided about."""

    poll: Poll
    view: HostView
    has_approval: bool
    options: Sequence[Option] = ()
    pending_texts: Sequence[Cell] = ()
    shown_texts: Sequence[Cell] = ()
    removed_texts: Sequence[Cell] = ()
    words: Sequence[Word] = field(default_factory=list)


def read_panel(poll: Poll) -> HostPanel | None:
    """Returns the panel of a poll with its options; None if hosts have nothing to decide in it."""
    is_choice = poll.kind in {PollKind.SINGLE, PollKind.MULTIPLE}
    added = [each for each in poll.options.all() if each.added_at is not None]
    is_open = poll.participant_options != ParticipantOptions.NONE
    if is_choice and not (added or is_open or poll.removed_option_count or has_waiting(poll)):
        return None
    match poll.kind:
        case PollKind.SINGLE | PollKind.MULTIPLE:
            has_approval = poll.participant_options == ParticipantOptions.APPROVAL
            return HostPanel(poll, view_for_hosts(poll), has_approval, options=added)
        case PollKind.QUESTIONS:
            options = sorted(poll.options.all(), key=lambda each: -each.vote_count)
            return HostPanel(poll, view_for_hosts(poll), _needs_approval(poll), options=options)
        case PollKind.OPEN_TEXT:
            return _panel_of_texts(poll)
        case PollKind.WORD_CLOUD:
            tally = read_tally(poll, ()).tally
            assert isinstance(tally, WordCloudTally)
            return HostPanel(poll, view_for_hosts(poll), has_approval=False, words=tally.words)
        case _:
            return None


def panel_texts() -> dict[str, str]:
    """Sentences for the script, by the code of the refusal."""
    return {code: sentence_of_code(code) for code in _REFUSALS} | {
        "validation": gettext("A word can’t count as itself, or as one that is removed."),
        "failed": gettext("That didn’t work. Reload the page and try again."),
    }


def has_waiting(poll: Poll) -> bool:
    """Whether suggestions wait although participants cannot add options any more."""
    return poll.host_revision > 0 and poll.suggestions.exists()


def choice_fields(decision: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Returns the fields of a decision from the value of its button, ``action|subject|value``."""
    action, _bar, rest = decision.partition("|")
    subject, _bar, value = rest.partition("|")
    if action == "merge":
        return {"action": action, "word": fields.get("word", ""), "into": fields.get("into", "")}
    return {"action": action, SUBJECTS.get(subject, "word"): value.replace("\r\n", "\n")}


def _panel_of_texts(poll: Poll) -> HostPanel:
    return HostPanel(
        poll,
        view_for_hosts(poll),
        _needs_approval(poll),
        # The oldest first, so that the list does not move while texts arrive.
        pending_texts=list(_texts(poll, "pending").reverse()[:TEXTS_SHOWN]),
        shown_texts=list(_texts(poll, "shown")[:TEXTS_SHOWN]),
        removed_texts=list(_texts(poll, "removed")[:TEXTS_SHOWN]),
    )


def _texts(poll: Poll, state: TextState) -> QuerySet[Cell]:
    return texts_in_state(poll, state)


def _needs_approval(poll: Poll) -> bool:
    return bool(poll.settings.get("needsApproval", False))

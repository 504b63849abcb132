"""How votes are secured, in sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.kinds.registry import CHOICES
from polls.models import PollKind, ResultsVisibility
from polls.wire import PollHead
from reports.collecting import PollReport


def show_safeguards(poll: PollReport) -> list[str]:
    """Return what holds for a poll."""
    head = poll.export.poll
    return [
        *([_("Each person has one ballot.")] if poll.safeguards.one_ballot_per_person else []),
        *([_choices(head)] if head.kind in CHOICES else []),
        _("A ballot can be changed or taken back while the poll is open.")
        if head.allow_change
        else _("A ballot cannot be changed once it is cast."),
        _visibility(head),
        _("The stored votes were counted again for this report, and agree with these results.")
        if poll.safeguards.recount_is_correct
        else _(
            "Caution: the stored votes were counted again for this report, and do not agree with "
            "these results. Run a recount."
        ),
    ]


def explain_safeguards() -> list[tuple[str, str]]:
    """Return titles and texts about all polls."""
    return [
        (
            _("One ballot per person"),
            _(
                "The database refuses a second ballot of the same person in a poll. A repeated "
                "request, for instance after a lost connection, is counted once."
            ),
        ),
        (
            _("Confirmed means counted"),
            _(
                "A vote is confirmed after the database has stored it together with the new "
                "result. Results are counters that can be compared with the stored votes at any "
                "time, as was done for this report."
            ),
        ),
        (
            _("Closed means closed"),
            _("Once a poll is closed, no vote is accepted, even if it was sent before."),
        ),
        (
            _("What this cannot show"),
            _(
                "Guests vote without an account and are recognised by their browser. A person with "
                "several devices can vote on each of them. This report does not contain who "
                "voted for what; the database stores it, so that nobody votes twice."
            ),
        ),
    ]


def _choices(head: PollHead) -> str:
    if head.kind == PollKind.SINGLE:
        return _("Voters choose one option.")
    return ngettext(
        "Up to {count} option per ballot.",
        "Up to {count} options per ballot.",
        head.max_choices,
    ).format(count=head.max_choices)


def _visibility(head: PollHead) -> str:
    match head.results_visibility:
        case ResultsVisibility.ALWAYS:
            return _("Everybody can see the results during the vote.")
        case ResultsVisibility.AFTER_VOTE:
            return _("Voters see the results after they have voted.")
        case ResultsVisibility.AFTER_CLOSE:
            return _("The results are hidden until the poll is closed.")
        case _:
            return _("Only the organisers can see the results.")

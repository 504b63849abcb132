"""Words for polls and their settings, in the active language."""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from polls.models import PollKind, PollState, ResultsVisibility
from reports.collecting import PollReport
from votes.result_tables import Fact
from votes.spreadsheets import poll_facts


def state_label(state: PollState) -> str:
    labels = {
        PollState.DRAFT: pgettext("state", "Draft"),
        PollState.OPEN: pgettext("state", "Open"),
        PollState.CLOSED: pgettext("state", "Closed"),
    }
    return labels[state]


def kind_label(kind: PollKind) -> str:
    labels = {
        PollKind.SINGLE: _("One option"),
        PollKind.MULTIPLE: _("Multiple options"),
        PollKind.RATING: _("A level for each option"),
        PollKind.RANKING: _("An order of the options"),
        PollKind.POINTS: _("Points for options"),
        PollKind.NUMERIC: _("A number"),
        PollKind.WORD_CLOUD: _("Words"),
        PollKind.OPEN_TEXT: _("A text"),
        PollKind.HOTSPOT: _("Places on a picture"),
        PollKind.DATES: _("Dates"),
        PollKind.QUESTIONS: _("Questions"),
    }
    return labels[kind]


def visibility_label(visibility: ResultsVisibility, *, is_of_team: bool) -> str:
    """Return when voters see the results; ``is_of_team`` if the poll is in a workspace."""
    labels = {
        ResultsVisibility.ALWAYS: _("Always"),
        ResultsVisibility.AFTER_VOTE: _("After voting"),
        ResultsVisibility.AFTER_CLOSE: _("After the poll closes"),
        ResultsVisibility.OWNER: _("Never, only the team") if is_of_team else _("Never"),
    }
    return labels[visibility]


def yes_or_no(*, is_true: bool) -> str:
    return _("Yes") if is_true else _("No")


def facts_of(poll: PollReport, zone: ZoneInfo, *, is_of_team: bool) -> list[Fact]:
    """Return what tables say about a poll beside its options.

    That is what exports say, with the state in words, and how the votes are secured.
    """
    question, (state, _value), *others = poll_facts(poll.export, zone)
    head, safeguards = poll.export.poll, poll.safeguards
    visibility = visibility_label(head.results_visibility, is_of_team=is_of_team)
    return [
        question,
        (state, state_label(head.state)),
        *others,
        (_("Voters can choose"), kind_label(head.kind)),
        (_("Up to"), head.max_choices),
        (_("Voters can change or take back their vote"), yes_or_no(is_true=head.allow_change)),
        (_("Show results to voters"), visibility),
        (_("One ballot per person"), yes_or_no(is_true=safeguards.one_ballot_per_person)),
        (_("Recount agrees"), yes_or_no(is_true=safeguards.recount_is_correct)),
    ]

"""A whole report as data for the template: every text, number and date as it is shown."""

from typing import Any

from django.utils.translation import gettext as _

from jobs.errors import ResultTooLargeError
from reports.collecting import Report
from reports.pdf.formats import show_number, show_time, show_zone
from reports.pdf.polls import show_join, show_poll
from reports.pdf.safeguards import explain_safeguards
from reports.pdf.summary import Summary
from reports.pdf.written import written
from reports.writers import Language, Progress, Style

SITE = "Tallyroom"
# Nobody reads more on paper, and typesetting takes 1.6 MiB for each.
MAX_POLLS = 500
# Of each line chart: one for every two millimetres or so.
MAX_POINTS = 60
_SHORT_TITLE_CHARS = 70


def build_document(report: Report, style: Style, progress: Progress) -> dict[str, Any]:
    """Read the polls and return the document; its language is active.

    :raises ResultTooLargeError: for more than ``MAX_POLLS`` polls.
    """
    count = report.totals.poll_count
    if count > MAX_POLLS:
        raise ResultTooLargeError(
            f"A PDF can have {MAX_POLLS:,} polls, and these are {count:,}. Choose XLSX."
        )
    summary, join = Summary(), None
    polls: list[dict[str, Any]] = []
    for poll in report.read_polls(MAX_POINTS):
        progress(min(1.0, len(polls) / max(1, count)))
        summary.add(poll)
        polls.append(show_poll(poll, style, count))
        if count == 1:
            join = show_join(poll.export.poll)
    return {
        "language": style.language.value,
        "isRtl": style.language == Language.ARABIC,
        "site": SITE,
        "title": f"{_plain(report.title)} – {_('Report')}",
        "heading": written(report.title),
        "shortTitle": written(_shorten(_plain(report.title))),
        "facts": _facts(report, style),
        "join": join,
        "texts": _texts(),
        "summary": summary.show(),
        "polls": polls,
        "safeguards": [{"title": title, "text": text} for title, text in explain_safeguards()],
        "createdAt": int(report.exported_at.timestamp()),
    }


def _plain(text: str) -> str:
    return " ".join(text.split())


def _shorten(text: str) -> str:
    return text if len(text) <= _SHORT_TITLE_CHARS else f"{text[: _SHORT_TITLE_CHARS - 1]}…"


def _facts(report: Report, style: Style) -> list[dict[str, Any]]:
    facts: list[tuple[str, Any]] = []
    if (workspace := report.workspace) is not None:
        facts.append((_("Project"), written(workspace.project_name)))
        if workspace.description:
            facts.append((_("Description"), written(workspace.description)))
        facts.append((_("Polls"), show_number(report.totals.poll_count)))
    facts += [
        (_("Date"), show_time(report.exported_at, style.time_zone)),
        (_("Time zone"), show_zone(report.exported_at, style.time_zone)),
    ]
    return [{"label": label, "value": value} for label, value in facts]


def _texts() -> dict[str, Any]:
    """Return the texts that do not depend on the polls."""
    return {
        "kind": _("Report"),
        "page": _("Page {page} of {pages}"),
        "contents": _("Contents"),
        "summary": _("Summary"),
        "overview": _("All polls"),
        "results": _("Results"),
        "turnout": _("Voters over time"),
        "noVotes": _("No votes yet"),
        "safeguards": _("How votes are secured"),
        "allSafeguards": _("How {site} secures votes").format(site=SITE),
        "columns": [_("Option"), _("Votes"), _("Share")],
        "overviewColumns": ["#", _("Question"), _("Voters"), _("Leading option")],
        "empty": _("This workspace has no polls."),
    }

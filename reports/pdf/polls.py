"""The pages about one poll, as data for the template."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.join_codes import group_digits
from polls.join_links import join_qr_svg, join_url
from polls.models import PollKind, PollState
from polls.tally import OptionTally
from polls.wire import PollHead
from reports.collecting import PollReport
from reports.pdf.figures import Data, Findings
from reports.pdf.formats import show_number, show_percentage, show_time
from reports.pdf.kinds import find_findings
from reports.pdf.safeguards import show_safeguards
from reports.pdf.turnout import show_turnout
from reports.pdf.written import Part, sentence, written
from reports.writers import Style
from votes.wire import ResultsExport

# Percentages that a full bar can stand for.
SCALES = (5, 10, 25, 100)
# Options in the alternative text of a chart; the table has all of them.
MAX_DESCRIBED = 5


def show_poll(poll: PollReport, style: Style, poll_count: int) -> dict[str, Any]:
    """Return the section of a poll."""
    findings = find_findings(poll.export)
    section = _show_choices(poll, style, poll_count)
    return section if findings is None else section | _show_findings(poll, style, findings)


def _show_findings(poll: PollReport, style: Style, findings: Findings) -> dict[str, Any]:
    """Return what a kind shows in place of the counts of options."""
    head = poll.export.poll
    has_votes = bool(poll.export.ballot_count)
    is_shown = has_votes and head.state != PollState.DRAFT
    facts = findings.facts if has_votes else ()
    return {
        "outcome": findings.outcome if is_shown else show_outcome(poll.export, []),
        "leading": findings.leading if is_shown else None,
        "leadingText": f"{findings.headline} · {_state(head)}"
        if is_shown
        else _leading_text(head, []),
        "hasVotes": has_votes,
        "figure": findings.figure,
        "tables": findings.tables if has_votes or findings.tables[0]["rows"] else [],
        "tiles": [
            *_tiles(poll, style),
            *({"label": label, "value": value} for label, value in facts),
        ],
    }


def _show_choices(poll: PollReport, style: Style, poll_count: int) -> dict[str, Any]:
    export = poll.export
    options, head = export.results.options, export.poll
    best = leading(options)
    chart = choice_bars(options)
    return {
        # Those of other kinds.
        "figure": None,
        "tables": [],
        "number": show_number(poll.number),
        "anchor": f"poll-{poll.number}",
        "kicker": _kicker(poll, poll_count),
        "question": written(head.question),
        "note": _note(poll, style),
        "outcome": show_outcome(export, best),
        "tiles": _tiles(poll, style),
        "voters": show_number(export.results.total_voters or 0),
        "leading": written(best[0].text) if len(best) == 1 else None,
        "leadingText": _leading_text(head, best),
        "hasVotes": bool(best),
        "chartAlt": chart["alt"],
        "scale": chart["scale"],
        "options": chart["options"],
        "severalChoices": _("Percentages are shares of voters, who could choose several options.")
        if head.kind == PollKind.MULTIPLE
        else None,
        "line": show_turnout(export.timeline, style.time_zone),
        "safeguards": show_safeguards(poll),
        "join": show_join(head) if poll_count > 1 else None,
    }


def choice_bars(options: Sequence[OptionTally]) -> Data:
    """Return a bar for each option of a choice; a full one stands for a share of ``SCALES``."""
    best = leading(options)
    most = max(map(_share, options), default=0.0)
    scale = next(each for each in SCALES if each >= most or each == 100)
    return {
        "type": "bars",
        "alt": _describe(options),
        "scale": _("A full bar stands for {share}.").format(share=show_percentage(scale, 0))
        if scale < 100
        else None,
        "options": [
            {
                "text": written(option.text),
                "votes": show_number(option.vote_count or 0),
                "share": show_percentage(option.percentage_of_voters),
                "length": min(1.0, _share(option) / scale),
                "leads": option in best,
            }
            for option in options
        ],
    }


def leading(options: Sequence[OptionTally]) -> list[OptionTally]:
    """Return the options with most votes; none without votes."""
    most = max((option.vote_count or 0 for option in options), default=0)
    return [option for option in options if most and option.vote_count == most]


def show_outcome(export: ResultsExport, best: Sequence[OptionTally]) -> list[Part]:
    """Return the sentence about the leading option."""
    state = export.poll.state
    if state == PollState.DRAFT:
        return [_("This poll is a draft: voting has not begun.")]
    if not best:
        return [_("Nobody voted.") if state == PollState.CLOSED else _("No votes yet")]
    if len(best) > 1:
        return [_tie(best)]
    share = show_percentage(best[0].percentage_of_voters)
    pattern = (
        _("{option} won with {share}")
        if state == PollState.CLOSED
        else _("{option} leads with {share}")
    )
    return sentence(pattern, option=written(best[0].text), share=share)


def show_join(head: PollHead) -> dict[str, Any] | None:
    """Return how to join an open poll; without an address of the site, only the code."""
    if head.state != PollState.OPEN:
        return None
    code = _("Code: {code}").format(code="\u00a0".join(group_digits(head.join_code)))
    if not settings.HAS_PUBLIC_URL:
        return {"title": _("Voting is open"), "code": code, "url": None}
    url = join_url(head, settings.PUBLIC_URL)
    return {
        "title": _("Voting is open"),
        "code": code,
        "url": url,
        "shownUrl": written(url.partition("://")[2]),
        "qr": join_qr_svg(head, settings.PUBLIC_URL),
        "alt": _("QR code of {url}").format(url=url),
    }


def _share(option: OptionTally) -> float:
    return option.percentage_of_voters or 0.0


def _kicker(poll: PollReport, poll_count: int) -> str:
    state = _state(poll.export.poll)
    if poll_count == 1:
        return state
    place = _("Poll {number} of {count}").format(
        number=show_number(poll.number), count=show_number(poll_count)
    )
    return f"{place} · {state}"


def _note(poll: PollReport, style: Style) -> list[Part] | None:
    """Return that people voted on another question first."""
    earlier = poll.export.earlier_questions
    if not earlier:
        return None
    pattern = _("Until {time}, the question was: {question}")
    last = earlier[-1]
    return sentence(
        pattern,
        time=show_time(last.replaced_at, style.time_zone),
        question=written(last.question),
    )


def _tiles(poll: PollReport, style: Style) -> list[dict[str, str]]:
    export = poll.export
    facts = [(_("Voters"), show_number(export.results.total_voters or 0))]
    if export.poll.kind == PollKind.MULTIPLE:
        facts.append((_("Votes"), show_number(export.results.total_votes or 0)))
    times = [(_("Opened at"), export.opened_at), (_("Closed at"), export.closed_at)]
    if export.closed_at is None:
        times[1] = (_("Closes at"), export.poll.closes_at)
    if export.opened_at is None:
        times[0] = (_("Opens at"), export.poll.opens_at)
    facts += [(label, show_time(at, style.time_zone)) for label, at in times if at is not None]
    return [{"label": label, "value": value} for label, value in facts]


def _leading_text(head: PollHead, best: Sequence[OptionTally]) -> str:
    state = _state(head)
    if head.state == PollState.DRAFT:
        return state
    if not best:
        return f"{_('No votes yet')} · {state}"
    share = show_percentage(best[0].percentage_of_voters)
    return f"{share if len(best) == 1 else _tie(best)} · {state}"


def _tie(best: Sequence[OptionTally]) -> str:
    pattern = ngettext(
        "{count} option leads with {share}", "{count} options are tied at {share}", len(best)
    )
    share = show_percentage(best[0].percentage_of_voters)
    return pattern.format(count=show_number(len(best)), share=share)


def _state(head: PollHead) -> str:
    return {
        PollState.DRAFT: pgettext("state", "Draft"),
        PollState.OPEN: pgettext("state", "Open"),
        PollState.CLOSED: pgettext("state", "Closed"),
    }[head.state]


def _describe(options: Sequence[OptionTally]) -> str:
    described = sorted(options, key=_share, reverse=True)[:MAX_DESCRIBED]
    items = "; ".join(f"{each.text}: {show_percentage(_share(each))}" for each in described)
    if len(options) > MAX_DESCRIBED:
        return _("Bar chart. The highest bars: {items}. A table with all options follows.").format(
            items=items
        )
    return _("Bar chart. {items}. A table with the numbers follows.").format(items=items)

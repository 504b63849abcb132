"""The summary of a report on several polls: sums, and the polls that stand out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.tally import OptionTally
from reports.collecting import PollReport
from reports.pdf.formats import show_number, show_percentage
from reports.pdf.written import Part, sentence, written


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A poll with votes; of a choice, with its first two options."""

    number: int
    question: str
    voters: int


@dataclass(frozen=True, slots=True)
class _Choice(_Candidate):
    best: OptionTally
    second: OptionTally

    @property
    def margin(self) -> float:
        """By how many percentage points the best option is ahead."""
        return (self.best.percentage_of_voters or 0.0) - (self.second.percentage_of_voters or 0.0)


class Summary:
    """Collects what the summary needs while the polls go by, and keeps only the extremes."""

    def __init__(self) -> None:
        self.polls = self.voters = self.votes = 0
        self._busiest: _Candidate | None = None
        self._clearest: _Choice | None = None
        self._closest: _Choice | None = None

    def add(self, poll: PollReport) -> None:
        results = poll.export.results
        self.polls += 1
        self.voters += results.total_voters or 0
        self.votes += results.total_votes or 0
        candidate = _candidate(poll)
        if candidate is None:
            return
        if self._busiest is None or candidate.voters > self._busiest.voters:
            self._busiest = candidate
        if not isinstance(candidate, _Choice):
            return
        if self._clearest is None or candidate.margin > self._clearest.margin:
            self._clearest = candidate
        if self._closest is None or candidate.margin < self._closest.margin:
            self._closest = candidate

    def show(self) -> dict[str, Any]:
        facts = [(_("Polls"), self.polls), (_("Ballots"), self.voters), (_("Votes"), self.votes)]
        return {
            "tiles": [{"label": label, "value": show_number(value)} for label, value in facts],
            "note": _(
                "A ballot is what one person chose in one poll; a vote is one chosen option."
            ),
            "highlights": list(self._highlights()),
        }

    def _highlights(self) -> Iterable[dict[str, Any]]:
        if self._busiest is None:
            return
        voters = self._busiest.voters
        turnout = ngettext("{count} person voted", "{count} people voted", voters)
        yield _highlight(
            _("Most voters"), self._busiest, [turnout.format(count=show_number(voters))]
        )
        if self._clearest is None or self._closest is None:
            return
        if self._clearest is not self._closest:
            yield _highlight(_("Clearest decision"), self._clearest, _lead(self._clearest))
            yield _highlight(_("Closest decision"), self._closest, _lead(self._closest))


def _candidate(poll: PollReport) -> _Candidate | None:
    results = poll.export.results
    if not results.total_voters:
        return None
    question = poll.export.poll.question
    options = sorted(results.options, key=lambda each: -(each.vote_count or 0))
    if results.tally is not None or len(options) < 2:
        return _Candidate(poll.number, question, results.total_voters)
    return _Choice(poll.number, question, results.total_voters, options[0], options[1])


def _highlight(label: str, poll: _Candidate, text: list[Part]) -> dict[str, Any]:
    return {
        "label": label,
        "question": written(poll.question),
        "anchor": f"poll-{poll.number}",
        "text": text,
    }


def _lead(poll: _Choice) -> list[Part]:
    if poll.margin == 0:
        return [_("The leading options are tied.")]
    return sentence(
        _("{option} has {share}, the next option has {other}"),
        option=written(poll.best.text),
        share=show_percentage(poll.best.percentage_of_voters),
        other=show_percentage(poll.second.percentage_of_voters),
    )

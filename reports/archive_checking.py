"""Checks that the lines of an archive fit together, and that its polls obey the rules of polls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible
from polls.embedding import settle_embed_origins
from polls.host_models import DecisionGroup, Verdict
from polls.kind_settings import check_min_choices
from polls.kind_settings import check_settings as check_poll_settings
from polls.kinds.base import Answers, Kind
from polls.kinds.registry import build_kind
from polls.models import PollKind, PollState
from polls.rules import (
    check_limits,
    check_options,
    check_participant_options,
    check_question,
    check_times,
    settle_max_choices,
)
from polls.text_decisions import MAX_WORD_DECISIONS
from reports.archive_ballots import check_cells, placeholder_ids, sent_answers
from reports.archive_format import (
    CONTENT,
    MANIFEST,
    MAX_BALLOTS,
    MAX_POLLS,
    MAX_SAMPLES,
    BallotLine,
    DecisionLine,
    EndLine,
    Line,
    Manifest,
    PollLine,
    SampleLine,
)
from reports.archive_reading import Archive
from reports.errors import ArchiveInvalidError
from workspaces.naming import check_name
from workspaces.settings import check_settings

Content = BallotLine | SampleLine | DecisionLine
# The kinds of polls with texts or words about which hosts decide.
_DECIDED = {DecisionGroup.TEXT: PollKind.OPEN_TEXT, DecisionGroup.WORD: PollKind.WORD_CLOUD}


@dataclass(slots=True)
class CheckedPoll:
    """A poll of an archive, and what its lines so far add up to."""

    line: PollLine
    kind: Kind = field(init=False)
    settings: Mapping[str, Any] = field(init=False)
    # Of the last ballot, in canonical form, with placeholders for options.
    answers: Answers = ()
    counts: list[int] = field(init=False)
    ballot_count: int = 0
    sample_count: int = 0
    decision_count: int = 0
    last_vote_at: datetime | None = None
    last_sample: SampleLine | None = None

    def __post_init__(self) -> None:
        count = len(self.line.options)
        self.counts = [0] * count
        self.settings = check_poll_settings(self.line.kind, self.line.settings, count)
        self.kind = build_kind(self.line.kind, self.settings, placeholder_ids(count))

    def add(self, line: Content) -> None:
        """Count a ballot, a sample or a decision.

        :raises ValueError, ValidationFailedError: if it does not fit.
        """
        if isinstance(line, BallotLine):
            self._add_ballot(line)
        elif isinstance(line, SampleLine):
            self._add_sample(line)
        else:
            self._add_decision(line)

    def check_end(self, line: EndLine) -> None:
        """Check the counts.

        :raises ValueError: if they differ from the lines.
        """
        written = line.ballot_count, line.counts, line.sample_count, line.decision_count
        found = self.ballot_count, tuple(self.counts), self.sample_count, self.decision_count
        if written != found:
            raise ValueError("The counts differ from the ballots and samples of the poll.")

    def _add_ballot(self, line: BallotLine) -> None:
        if line.voter != self.ballot_count + 1:
            raise ValueError(f"voter: Must be {self.ballot_count + 1}, the next number.")
        if self.line.state == PollState.DRAFT:
            raise ValueError("A draft cannot have ballots.")
        if len(set(line.choices)) < len(line.choices):
            raise ValueError("choices: An option can be chosen only once.")
        sent = sent_answers(line, len(self.counts))
        if self.line.kind == PollKind.SINGLE and len(line.choices) > 1:
            raise ValueError("choices: The poll has a single choice.")
        if line.cast_at > line.changed_at:
            raise ValueError("changedAt: Must not be before castAt.")
        self.answers = self.kind.parse(sent)
        self.ballot_count += 1
        for answer in self.answers:
            if answer.option_id is not None:
                self.counts[answer.option_id.int] += 1
        self.last_vote_at = max(self.last_vote_at or line.changed_at, line.changed_at)

    def _add_sample(self, line: SampleLine) -> None:
        if len(line.counts) != len(self.counts):
            raise ValueError(f"counts: There are {len(self.counts)} options.")
        if max(line.counts, default=0) > line.ballot_count:
            raise ValueError("counts: An option cannot have more votes than there are ballots.")
        last = self.last_sample
        if last is not None and (line.version <= last.version or line.at < last.at):
            raise ValueError("Samples must be in the order of their versions and times.")
        if line.version >= self.line.version:
            raise ValueError("version: Must be below that of the poll.")
        if self.line.tallied_at is None or line.at > self.line.tallied_at:
            raise ValueError("at: Must not be after talliedAt of the poll.")
        check_cells(self.kind, line.cells)
        if self.sample_count >= MAX_SAMPLES:
            raise ValueError(f"A poll can have at most {MAX_SAMPLES:,} samples.")
        self.sample_count += 1
        self.last_sample = line

    def _add_decision(self, line: DecisionLine) -> None:
        if self.line.kind != _DECIDED[line.group]:
            raise ValueError(f"group: There is no {line.group} in polls of this kind.")
        is_merge = line.verdict == Verdict.MERGED
        if is_merge != (line.group == DecisionGroup.WORD and bool(line.target)):
            raise ValueError("target: Only merged words have one.")
        if line.verdict == Verdict.SHOWN and line.group == DecisionGroup.WORD:
            raise ValueError("verdict: Words are removed or merged.")
        texts = line.key, line.target, line.target_text
        if any(has_control_characters(text, allowed="\n") for text in texts):
            raise ValueError("key: Control characters are not allowed.")
        self.decision_count += 1
        most = MAX_BALLOTS if line.group == DecisionGroup.TEXT else MAX_WORD_DECISIONS
        if self.decision_count > most:
            raise ValueError(f"A poll can have at most {most:,} decisions.")


# A poll and its line: None where it begins, then its ballots and samples, and its end.
Step = tuple[CheckedPoll, Content | EndLine | None]


def check_manifest(archive: Archive) -> None:
    """Check the workspace.

    :raises ArchiveInvalidError: if it breaks a rule of workspaces.
    """
    workspace = archive.manifest.workspace
    try:
        check_name(workspace.name)
        check_settings(workspace.settings)
    except ValidationFailedError as error:
        raise ArchiveInvalidError.of(f"{MANIFEST}, workspace", error) from error


def read_checked(archive: Archive) -> Iterator[Step]:
    """Yield the steps through all polls; those of a poll share one object, which is counted up.

    :raises ArchiveInvalidError: at the first line that does not fit.
    """
    checker = _Checker()
    for place, line in archive.read_lines():
        try:
            step = checker.take(line)
        except ValidationFailedError as error:
            raise ArchiveInvalidError.of(place, error) from error
        except ValueError as error:
            raise ArchiveInvalidError.at(place, str(error)) from error
        yield step
    checker.check_complete(archive.manifest)


class _Checker:
    def __init__(self) -> None:
        self._poll: CheckedPoll | None = None
        self._poll_count = self._ballot_count = 0

    def take(self, line: Line) -> Step:
        """Check the next line.

        :raises ValueError, ValidationFailedError: if it does not fit.
        """
        if isinstance(line, PollLine):
            return self._begin(line), None
        poll = self._poll
        if poll is None:
            raise ValueError("Only a poll can follow here.")
        if isinstance(line, EndLine):
            poll.check_end(line)
            self._poll = None
            return poll, line
        poll.add(line)
        if isinstance(line, BallotLine):
            self._ballot_count += 1
        if self._ballot_count > MAX_BALLOTS:
            raise ValueError(f"An archive can have at most {MAX_BALLOTS:,} ballots.")
        return poll, line

    def check_complete(self, manifest: Manifest) -> None:
        """Check that no line is missing.

        :raises ArchiveInvalidError: if one is.
        """
        if self._poll is not None:
            raise ArchiveInvalidError.at(CONTENT, "The last poll has no end.")
        if (self._poll_count, self._ballot_count) != (manifest.poll_count, manifest.ballot_count):
            problem = f"It has other numbers of polls and ballots than {MANIFEST} says."
            raise ArchiveInvalidError.at(CONTENT, problem)

    def _begin(self, line: PollLine) -> CheckedPoll:
        if self._poll is not None:
            raise ValueError("The poll before it has no end.")
        self._poll_count += 1
        if self._poll_count > MAX_POLLS:
            raise ValueError(f"An archive can have at most {MAX_POLLS:,} polls.")
        for question in (line.question, *(each.question for each in line.earlier_questions)):
            check_question(question)
            if is_invisible(question):
                raise ValueError("question: This field may not be blank.")
        check_options(line.options, line.kind)
        check_times(line.opens_at, line.closes_at)
        settle_max_choices(line.kind, line.max_choices, len(line.options), line.participant_options)
        check_participant_options(line.kind, line.participant_options)
        _check_details(line)
        settle_embed_origins(line.embed_origins)
        self._poll = CheckedPoll(line)
        check_min_choices(self._poll.settings, line.max_choices)
        return self._poll


def _check_details(line: PollLine) -> None:
    """Check what options have besides their texts.

    :raises ValueError, ValidationFailedError: if it does not fit.
    """
    if line.option_details and len(line.option_details) != len(line.options):
        raise ValueError("optionDetails: Must be empty, or one for each option.")
    check_limits(line.kind, [each.limit for each in line.option_details])
    is_asked = line.kind == PollKind.QUESTIONS
    if not is_asked and any(each.is_pinned or each.answered_at for each in line.option_details):
        raise ValueError("optionDetails: Only questions are pinned or answered.")

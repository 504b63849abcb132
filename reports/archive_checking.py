"""Checks that the lines of an archive fit together, and that its polls obey the rules of polls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apikit.errors import ValidationFailedError
from polls.host_models import DecisionGroup
from polls.kind_settings import check_min_choices
from polls.kind_settings import check_settings as check_poll_settings
from polls.kinds.base import Answers, Kind
from polls.kinds.registry import build_kind
from polls.models import PollKind, PollState
from polls.suggestions import MAX_WAITING
from polls.text_decisions import MAX_WORD_DECISIONS
from reports.archive_ballots import check_cells, placeholder_ids, sent_answers
from reports.archive_format import (
    CONTENT,
    MANIFEST,
    MAX_BALLOTS,
    MAX_POLLS,
    MAX_SAMPLES,
    BallotLine,
    Content,
    DecisionLine,
    EndLine,
    Line,
    Manifest,
    PollLine,
    SampleLine,
    SuggestionLine,
    picture_file,
)
from reports.archive_reading import Archive
from reports.archive_rules import check_decision, check_poll, check_suggestion, pictures_of
from reports.errors import ArchiveInvalidError
from workspaces.naming import check_name
from workspaces.settings import check_settings


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
    suggestion_count: int = 0
    last_vote_at: datetime | None = None
    last_sample: SampleLine | None = None

    def __post_init__(self) -> None:
        count = len(self.line.options)
        self.counts = [0] * count
        self.settings = check_poll_settings(self.line.kind, self.line.settings, count)
        self.kind = build_kind(self.line.kind, self.settings, placeholder_ids(count))

    def add(self, line: Content) -> None:
        """Count a ballot, a sample, a decision or a suggestion.

        :raises ValueError, ValidationFailedError: if it does not fit.
        """
        if isinstance(line, BallotLine):
            self._add_ballot(line)
        elif isinstance(line, SampleLine):
            self._add_sample(line)
        elif isinstance(line, DecisionLine):
            self._add_decision(line)
        else:
            self._add_suggestion(line)

    def check_end(self, line: EndLine) -> None:
        """Check the counts.

        :raises ValueError: if they differ from the lines.
        """
        written = line.ballot_count, line.counts, line.sample_count
        found = self.ballot_count, tuple(self.counts), self.sample_count
        others = line.decision_count, line.suggestion_count
        if written != found or others != (self.decision_count, self.suggestion_count):
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
        check_decision(line, self.line.kind)
        self.decision_count += 1
        most = MAX_BALLOTS if line.group == DecisionGroup.TEXT else MAX_WORD_DECISIONS
        if self.decision_count > most:
            raise ValueError(f"A poll can have at most {most:,} decisions.")

    def _add_suggestion(self, line: SuggestionLine) -> None:
        check_suggestion(line, self.line.kind)
        self.suggestion_count += 1
        if self.suggestion_count > MAX_WAITING:
            raise ValueError(f"A poll can have at most {MAX_WAITING} suggestions.")


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
    checker = _Checker(archive.pictures)
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
    def __init__(self, pictures: frozenset[str]) -> None:
        self._pictures, self._unused = pictures, set(pictures)
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
        """Check that no line is missing, and that the polls have all the pictures.

        :raises ArchiveInvalidError: if not.
        """
        if self._poll is not None:
            raise ArchiveInvalidError.at(CONTENT, "The last poll has no end.")
        if (self._poll_count, self._ballot_count) != (manifest.poll_count, manifest.ballot_count):
            problem = f"It has other numbers of polls and ballots than {MANIFEST} says."
            raise ArchiveInvalidError.at(CONTENT, problem)
        if self._unused:
            raise ArchiveInvalidError.at(picture_file(min(self._unused)), "No poll has it.")

    def _begin(self, line: PollLine) -> CheckedPoll:
        if self._poll is not None:
            raise ValueError("The poll before it has no end.")
        self._poll_count += 1
        if self._poll_count > MAX_POLLS:
            raise ValueError(f"An archive can have at most {MAX_POLLS:,} polls.")
        check_poll(line)
        self._use_pictures(line)
        self._poll = CheckedPoll(line)
        check_min_choices(self._poll.settings, line.max_choices)
        return self._poll

    def _use_pictures(self, line: PollLine) -> None:
        for name in pictures_of(line):
            if name not in self._pictures:
                raise ValueError(f"picture: There is no {picture_file(name)} in the archive.")
            self._unused.discard(name)

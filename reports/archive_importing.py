"""Imports an archive as a new workspace: first checks all of it, then writes, then shows it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.guests import create_placeholders
from apikit.actors import Actor
from apikit.ids import new_id
from polls.archive_imports import (
    ImportedOption,
    ImportedPoll,
    abandon,
    publish_imported,
    reserve_poll,
    write_decisions,
    write_suggestions,
)
from polls.host_models import HostDecision, Suggestion
from polls.kinds.base import Cell
from polls.pictures import delete_unused, store_picture
from polls.wording import EarlierQuestion
from reports.archive_ballots import ungrouped_cells, with_options
from reports.archive_checking import CheckedPoll, check_manifest, read_checked
from reports.archive_format import (
    BallotLine,
    DecisionLine,
    EndLine,
    PollLine,
    SampleLine,
    SuggestionLine,
)
from reports.archive_pictures import CheckedPictures
from reports.archive_reading import Archive
from reports.archive_rules import details_of
from votes import ledger
from votes.ballots import ImportedBallot
from votes.models import TallySample
from votes.samples import store_cells
from workspaces.models import Workspace
from workspaces.spaces import create_workspace

# Written in one transaction. On SQLite, it blocks all other writers for some milliseconds.
ROWS_AT_ONCE = 500
# Lines that are checked between two reports of progress.
LINES_AT_ONCE = 1000

# Called with the share that is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the lines of a poll add up to."""

    counts: tuple[int, ...]
    ballot_count: int
    sample_count: int


def check_archive(archive: Archive, progress: Progress) -> list[Summary]:
    """Check the lines of an archive and the names of its pictures; return a summary of each poll.

    :raises ArchiveInvalidError: naming the first place that is wrong.
    """
    check_manifest(archive)
    summaries = []
    for number, (poll, line) in enumerate(read_checked(archive)):
        if isinstance(line, EndLine):
            summary = Summary(tuple(poll.counts), poll.ballot_count, poll.sample_count)
            summaries.append(summary)
        if number % LINES_AT_ONCE == 0:
            progress(min(1.0, archive.read_bytes / archive.size_bytes))
    return summaries


class Importer:
    """Writes the contents of an archive that has been checked, and shows it at the end.

    ``request_id`` is stored in the votes. Pictures become those of ``actor``.
    """

    def __init__(
        self,
        archive: Archive,
        summaries: list[Summary],
        pictures: CheckedPictures,
        *,
        actor: Actor,
        request_id: UUID,
    ) -> None:
        self._archive = archive
        self._summaries = summaries
        self._checked_pictures = pictures
        self._actor = actor
        self._request_id = request_id
        # By their names in the archive; polls can share one.
        self._pictures: dict[str, UUID] = {}
        # A new id with room for numbers up to MAX_BALLOTS.
        self._before_first = new_id().int & ~(2**20 - 1)
        self._created = 0
        self._voter_count = max((each.ballot_count for each in summaries), default=0)
        self._polls: list[ImportedPoll] = []
        # The poll that is being written.
        self._reserved: list[UUID] = []
        self._options: list[UUID] = []
        self._ballots: list[ImportedBallot] = []
        self._samples: list[TallySample] = []
        self._decisions: list[HostDecision] = []
        # At most MAX_WAITING.
        self._suggestions: list[Suggestion] = []
        # Of those ballots; positions are the same with placeholders for options.
        self._cells: Counter[Cell] = Counter()

    def write(self, progress: Progress) -> None:
        """Write all contents in short transactions; nobody sees them yet."""
        for poll, line in read_checked(self._archive):
            match line:
                case None:
                    self._begin(poll)
                case BallotLine():
                    self._add_ballot(poll, line)
                case SampleLine():
                    self._add_sample(line)
                case DecisionLine():
                    self._add_decision(line)
                case SuggestionLine():
                    self._add_suggestion(line)
                case EndLine():
                    self._flush()
                    self._end(poll)
            rows = len(self._ballots) + len(self._samples) + len(self._decisions)
            if rows >= ROWS_AT_ONCE:
                self._flush()
                progress(min(1.0, self._archive.read_bytes / self._archive.size_bytes))

    def abandon(self) -> None:
        """Have what was written removed."""
        abandon(self._reserved)
        # Those of options are deleted with them.
        delete_unused(self._pictures.values())

    def show(self, project_id: UUID) -> Workspace:
        """Create the workspace with the polls, in the transaction of the caller.

        :raises ApiError: what ``create_workspace`` raises.
        """
        archived = self._archive.manifest.workspace
        with transaction.atomic():
            workspace = create_workspace(
                actor=self._actor,
                project_id=project_id,
                name=archived.name,
                settings=archived.settings,
            )
            publish_imported(actor=self._actor, workspace=workspace, polls=self._polls)
        return workspace

    def _begin(self, poll: CheckedPoll) -> None:
        summary = self._summaries[len(self._polls)]
        poll_id, self._options = reserve_poll(self._options_of(poll.line, summary.counts))
        self._reserved.append(poll_id)

    def _options_of(self, line: PollLine, counts: Sequence[int]) -> list[ImportedOption]:
        details = details_of(line)
        return [
            ImportedOption(
                text=text,
                vote_count=count,
                limit=each.limit,
                added_at=each.added_at,
                is_pinned=each.is_pinned,
                answered_at=each.answered_at,
                removed_at=each.removed_at,
                picture_id=self._picture(each.picture),
                picture_alt=each.picture_alt,
            )
            for text, count, each in zip(line.options, counts, details, strict=True)
        ]

    def _picture(self, name: str | None) -> UUID | None:
        """Store a picture unless another poll or option has it; return its id."""
        if name is None:
            return None
        if name not in self._pictures:
            picture = self._checked_pictures.read(name)
            self._pictures[name] = store_picture(self._actor.account_id(), picture).id
        return self._pictures[name]

    def _add_ballot(self, poll: CheckedPoll, line: BallotLine) -> None:
        self._cells.update(poll.kind.cells(poll.answers))
        self._ballots.append(
            ImportedBallot(
                self._voter(line.voter),
                with_options(poll.answers, self._options),
                line.cast_at,
                line.changed_at,
            )
        )

    def _voter(self, number: int) -> UUID:
        """Return the placeholder of a voter; voters of different polls share them."""
        if number > self._created:
            last = min(self._voter_count, self._created + ROWS_AT_ONCE)
            create_placeholders([self._id_of(each) for each in range(self._created + 1, last + 1)])
            self._created = last
        return self._id_of(number)

    def _id_of(self, number: int) -> UUID:
        # Consecutive ids, because a list of them would grow with the archive.
        return UUID(int=self._before_first + number)

    def _add_sample(self, line: SampleLine) -> None:
        counts = zip(self._options, line.counts, strict=True)
        self._samples.append(
            TallySample(
                poll_id=self._reserved[-1],
                version=line.version,
                at=line.at,
                counts={option_id.hex: count for option_id, count in counts if count},
                cells=store_cells(ungrouped_cells(line.cells)),
                ballot_count=line.ballot_count,
            )
        )

    def _add_decision(self, line: DecisionLine) -> None:
        self._decisions.append(
            HostDecision(
                poll_id=self._reserved[-1],
                group=line.group,
                key=line.key,
                verdict=line.verdict,
                target=line.target,
                target_text=line.target_text,
                decided_at=line.decided_at,
            )
        )

    def _add_suggestion(self, line: SuggestionLine) -> None:
        self._suggestions.append(
            Suggestion(poll_id=self._reserved[-1], text=line.text, created_at=line.suggested_at)
        )

    def _flush(self) -> None:
        poll_id = self._reserved[-1]
        if self._ballots:
            ledger.record_imported(poll_id, self._ballots, self._cells, request_id=self._request_id)
        if self._samples:
            ledger.record_imported_samples(poll_id, self._samples)
        if self._decisions:
            write_decisions(poll_id, self._decisions)
        if self._suggestions:
            write_suggestions(poll_id, self._suggestions)
        self._ballots, self._samples, self._cells = [], [], Counter()
        self._decisions, self._suggestions = [], []

    def _end(self, poll: CheckedPoll) -> None:
        line = poll.line
        # An archive of an open poll can have votes that came after its row was read.
        tallied_at = line.tallied_at or poll.last_vote_at
        self._polls.append(
            ImportedPoll(
                id=self._reserved[-1],
                question=line.question,
                kind=line.kind,
                max_choices=line.max_choices,
                settings=poll.settings,
                participant_options=line.participant_options,
                allow_change=line.allow_change,
                results_visibility=line.results_visibility,
                state=line.state,
                opens_at=line.opens_at,
                closes_at=line.closes_at,
                opened_at=line.opened_at,
                closed_at=line.closed_at,
                embed_origins=line.embed_origins,
                earlier_questions=[
                    EarlierQuestion(question=each.question, replaced_at=each.replaced_at)
                    for each in line.earlier_questions
                ],
                version=max(line.version, 1) if poll.ballot_count else line.version,
                ballot_count=poll.ballot_count,
                tallied_at=tallied_at,
                sample_count=poll.sample_count,
                removed_option_count=sum(each.removed_at is not None for each in details_of(line)),
                suggestion_count=poll.suggestion_count,
                picture_id=self._picture(line.picture),
                picture_alt=line.picture_alt,
            )
        )

"""Writes archives of workspaces in flat memory."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, BinaryIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.wire import encode_wire
from polls.host_models import DecisionGroup, HostDecision, Suggestion, Verdict
from polls.kinds.registry import CHOICES, build_kind
from polls.lifecycle import state_at
from polls.models import Option, Poll
from polls.suggestions import MAX_WAITING
from reports.archive_ballots import Positions, ballot_line, fits, grouped_cells
from reports.archive_format import (
    CONTENT,
    FORMAT,
    MANIFEST,
    ArchivedWorkspace,
    DecisionLine,
    EndLine,
    Line,
    Manifest,
    SampleLine,
    SuggestionLine,
    Version,
    encode_line,
)
from reports.archive_lines import poll_line, version_of
from reports.archive_pictures import CollectedPictures
from votes.anonymous_ballots import AnonymousBallot, read_anonymous_ballots
from votes.models import TallySample
from votes.samples import stored_cells
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import get_workspace_for
from workspaces.settings import read_settings, store_settings

POLLS_AT_ONCE = 20
# Lines between two reports of progress.
LINES_AT_ONCE = 500

# Called with the number of lines written so far and their expected number.
Progress = Callable[[int, int], None]


def find_workspace_to_archive(actor: Actor, workspace_id: UUID) -> Workspace:
    """Return a workspace that ``actor`` may archive, also if it is marked as archived.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: without the right to export its polls.
    """
    return get_workspace_for(actor, workspace_id, Action.EXPORT_POLLS)


def write_archive(
    workspace: Workspace,
    file: BinaryIO,
    pictures: CollectedPictures | None,
    progress: Progress,
) -> None:
    """Write an archive of a workspace; it has pictures only if ``pictures`` are collected.

    Polls that moderators have hidden are left out, because an import would show them again.

    :raises ResultTooLargeError: for more pictures than an archive can have.
    """
    writer = _Writer(progress, _polls_of(workspace), pictures)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        with archive.open(CONTENT, "w", force_zip64=True) as lines:
            writer.write(lines)
        manifest = Manifest(
            format=FORMAT,
            version=writer.version,
            exported_at=writer.exported_at,
            workspace=ArchivedWorkspace(
                name=workspace.name, settings=store_settings(read_settings(workspace.settings))
            ),
            poll_count=writer.poll_count,
            ballot_count=writer.ballot_count,
        )
        archive.writestr(MANIFEST, encode_wire(manifest) + b"\n")
        if pictures is not None:
            pictures.write(archive)


def _polls_of(workspace: Workspace) -> QuerySet[Poll]:
    options = Prefetch("options", Option.with_removed.order_by("position"))
    polls = Poll.objects.filter(workspace=workspace, hidden_at=None).order_by("id")
    return polls.defer("searchable_question").prefetch_related(options)


class _Writer:
    """Writes the lines of the polls, and counts them."""

    def __init__(
        self, progress: Progress, polls: QuerySet[Poll], pictures: CollectedPictures | None
    ) -> None:
        self.exported_at = timezone.now()
        self.poll_count = self.ballot_count = 0
        # The oldest that knows everything that was written.
        self.version: Version = 1
        self._pictures = pictures
        self._progress = progress
        self._polls = polls
        self._line_count = 0
        counts = polls.order_by().prefetch_related(None).values_list("ballot_count", "sample_count")
        self._expected = sum(ballots + samples + 2 for ballots, samples in counts.iterator())

    def write(self, lines: IO[bytes]) -> None:
        for poll in self._read_polls():
            line = poll_line(poll, state_at(poll, self.exported_at), self._pictures)
            self.version = max(self.version, version_of(line))
            self._write(lines, line)
            positions = {option.id: index for index, option in enumerate(poll.options.all())}
            ballots, counts = self._write_ballots(lines, poll, positions)
            samples = self._write_samples(lines, poll, positions)
            end = EndLine(
                type="end",
                ballot_count=ballots,
                counts=tuple(counts),
                sample_count=samples,
                decision_count=self._write_decisions(lines, poll),
                suggestion_count=self._write_suggestions(lines, poll),
            )
            self._write(lines, end)
            self.poll_count += 1
            self.ballot_count += ballots

    def _read_polls(self) -> Iterator[Poll]:
        batch = list(self._polls[:POLLS_AT_ONCE])
        while batch:
            yield from batch
            batch = list(self._polls.filter(id__gt=batch[-1].id)[:POLLS_AT_ONCE])

    def _write_ballots(
        self, lines: IO[bytes], poll: Poll, positions: Positions
    ) -> tuple[int, list[int]]:
        """Return the number of ballots, and the votes of each option, as they were written.

        Not those of the tally, because people may vote meanwhile.
        """
        kind = build_kind(poll.kind, poll.settings, list(positions))
        counts, voter = [0] * len(positions), 0
        for ballot in read_anonymous_ballots(poll.id):
            known = _without_new_options(ballot, positions) if poll.kind in CHOICES else ballot
            if not known.answers or not fits(kind, known.answers):
                continue
            voter += 1
            for option_id in known.option_ids:
                counts[positions[option_id]] += 1
            self._write(lines, ballot_line(kind, voter, known, positions))
        return voter, counts

    def _write_samples(self, lines: IO[bytes], poll: Poll, positions: Positions) -> int:
        count = 0
        for sample in _read_samples(poll):
            line = SampleLine(
                type="sample",
                version=sample.version,
                at=sample.at,
                ballot_count=sample.ballot_count,
                counts=tuple(sample.counts.get(option_id.hex, 0) for option_id in positions),
                cells=grouped_cells(stored_cells(sample.cells)),
            )
            self._write(lines, line)
            count += 1
        return count

    def _write_decisions(self, lines: IO[bytes], poll: Poll) -> int:
        count = 0
        for each in _read_decisions(poll):
            line = DecisionLine(
                type="decision",
                group=DecisionGroup(each.group),
                key=each.key,
                verdict=Verdict(each.verdict),
                target=each.target,
                target_text=each.target_text,
                decided_at=each.decided_at,
            )
            self._write(lines, line)
            count += 1
        return count

    def _write_suggestions(self, lines: IO[bytes], poll: Poll) -> int:
        waiting = list(Suggestion.objects.filter(poll=poll).order_by("id")[:MAX_WAITING])
        for each in waiting:
            line = SuggestionLine(type="suggestion", text=each.text, suggested_at=each.created_at)
            self._write(lines, line)
        if waiting:
            self.version = 3
        return len(waiting)

    def _write(self, lines: IO[bytes], line: Line) -> None:
        lines.write(encode_line(line))
        self._line_count += 1
        if self._line_count % LINES_AT_ONCE == 0:
            self._progress(self._line_count, max(self._expected, self._line_count))


def _without_new_options(ballot: AnonymousBallot, positions: Positions) -> AnonymousBallot:
    """Return a ballot without options that were added after the poll was read."""
    known = tuple(each for each in ballot.answers if each.option_id in positions)
    return replace(ballot, answers=known)


def _read_samples(poll: Poll) -> Iterator[TallySample]:
    # Not with iterator(): SQLite cannot write the progress while a query is open.
    samples = TallySample.objects.filter(poll=poll, version__lt=poll.version).order_by("version")
    batch = list(samples[:LINES_AT_ONCE])
    while batch:
        yield from batch
        batch = list(samples.filter(version__gt=batch[-1].version)[:LINES_AT_ONCE])


def _read_decisions(poll: Poll) -> Iterator[HostDecision]:
    # In the order in which they were made, because approved texts are shown in it.
    decisions = HostDecision.objects.filter(poll=poll).order_by("id")
    batch = list(decisions[:LINES_AT_ONCE])
    while batch:
        yield from batch
        batch = list(decisions.filter(id__gt=batch[-1].pk)[:LINES_AT_ONCE])

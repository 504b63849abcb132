"""Compares counters with the stored votes, and repairs them."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F
from django.utils import timezone

from polls.cells import kind_of, read_tally
from polls.decisions import forget_decisions
from polls.events import VoteUpdate
from polls.kinds.base import Answer
from polls.kinds.base import Cell as CellKey
from polls.kinds.registry import CHOICES
from polls.models import Cell, Option, Poll
from polls.removal import has_standing_poll
from polls.tally import version_of
from polls.topics import tally_topic
from realtime import publish
from votes.models import Vote
from votes.samples import latest

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter that differs from the votes: of an option, of a cell, or the ballot count."""

    poll_id: UUID
    option_id: UUID | None
    kept: int
    counted: int
    cell: CellKey | None = None


def find_mismatches(poll_ids: Collection[UUID] | None = None) -> Iterator[Mismatch]:
    """Finds the wrong counters of these polls, or of all, with two queries that count every vote.

    Four more for each poll with cells. Never for a request. Each query sees one snapshot, in which
    counters and votes have to agree.
    """
    options = Option.with_removed.filter(has_standing_poll()).annotate(counted=Count("votes"))
    if poll_ids is not None:
        options = options.filter(poll__in=poll_ids)
    for option in options.exclude(vote_count=F("counted")).iterator():
        yield Mismatch(option.poll_id, option.id, option.vote_count, option.counted)
    polls = Poll.objects.annotate(counted=Count("votes__user", distinct=True)).exclude(
        ballot_count=F("counted")
    )
    if poll_ids is not None:
        polls = polls.filter(id__in=poll_ids)
    for poll in polls.iterator():
        yield Mismatch(poll.id, None, poll.ballot_count, poll.counted)
    with_cells = Poll.objects.exclude(kind__in=CHOICES).order_by("id")
    if poll_ids is not None:
        with_cells = with_cells.filter(id__in=poll_ids)
    for poll_id in list(with_cells.values_list("id", flat=True)):
        yield from _find_wrong_cells(poll_id)


def _find_wrong_cells(poll_id: UUID) -> Iterator[Mismatch]:
    """Compares the cells of a poll with its ballots, which are two queries, in one snapshot."""
    with _snapshot():
        poll = Poll.objects.filter(id=poll_id).first()
        if poll is None:
            return
        rows = Cell.objects.filter(poll=poll).values_list("group", "key", "count")
        kept = {CellKey(group, key): count for group, key, count in rows}
        counted = count_cells(poll)
    for cell in sorted(kept.keys() | counted.keys()):
        if kept.get(cell, 0) != counted[cell]:
            yield Mismatch(poll_id, None, kept.get(cell, 0), counted[cell], cell)


@contextmanager
def _snapshot() -> Iterator[None]:
    """A transaction whose queries all see the same state; votes do not wait for it on PostgreSQL.

    Within another transaction, that one has to hold the locks.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def count_cells(poll: Poll) -> Counter[CellKey]:
    """Sums the cells of all ballots of a poll; none for choices.

    Streams the ballots: memory grows with the number of different cells.
    """
    kind = kind_of(poll, poll.options.order_by("position"))
    cells: Counter[CellKey] = Counter()
    if kind is None:
        return cells
    votes = Vote.objects.filter(poll=poll).order_by("user_id", "rank")
    rows = votes.values_list("user_id", "option_id", "value").iterator(chunk_size=ROWS_AT_ONCE)
    for _, ballot in groupby(rows, key=itemgetter(0)):
        cells.update(kind.cells(tuple(Answer(option_id, value) for _, option_id, value in ballot)))
    return cells


def _replace_cells(poll: Poll) -> None:
    """Writes the cells of a locked poll again; those that are right keep their rows."""
    missing = count_cells(poll)
    wrong = []
    for row in Cell.objects.filter(poll=poll).iterator():
        key = CellKey(row.group, row.key)
        if missing[key] == row.count:
            del missing[key]
        else:
            wrong.append(row.pk)
    Cell.objects.filter(pk__in=wrong).delete()
    Cell.objects.bulk_create(
        [
            Cell(poll=poll, group=cell.group, key=cell.key, count=count)
            for cell, count in missing.items()
            if count
        ],
        batch_size=ROWS_AT_ONCE,
    )
    forget_decisions([poll.id])


def repair_tally(poll_id: UUID) -> None:
    """Recounts the votes of a poll, and publishes the corrected tally after the commit."""
    with transaction.atomic():
        poll = Poll.objects.select_for_update().filter(id=poll_id).first()
        if poll is None:
            return
        votes = Vote.objects.filter(poll=poll)
        counted = dict(votes.values_list("option_id").annotate(Count("id")).order_by())
        options = list(Option.with_removed.filter(poll=poll).order_by("position"))
        for option in options:
            option.vote_count = counted.get(option.id, 0)
        Option.with_removed.bulk_update(options, ["vote_count"])
        poll.ballot_count = votes.aggregate(count=Count("user", distinct=True))["count"]
        poll.version += 1
        # No sample of the previous tally, because it was wrong.
        poll.tallied_at = latest([timezone.now(), poll.tallied_at])
        poll.save(update_fields=["ballot_count", "version", "tallied_at"])
        _replace_cells(poll)
        tally = read_tally(poll, poll.options.all())
        update = VoteUpdate(version=version_of(poll, tally), poll=tally)
        transaction.on_commit(partial(publish, tally_topic(poll.id), update))

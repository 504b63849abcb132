"""Samples of tallies over time, from which timelines are drawn.

Time is divided into intervals. The last tally of each interval in which it changed is stored as a
sample, together with the first change in a later interval. The newest tally is the poll itself.

Intervals last one second at first, and twice as long after every ``SAMPLES_PER_LENGTH`` samples.
So the number of samples grows with the logarithm of the voting time, not with the votes (at most
5,100 in a year). Time without votes costs nothing, and a burst of votes is recorded second by
second even if the poll has been open for days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from polls.cells import kind_of, read_cells
from polls.hooks import poll_asks_anew
from polls.kinds.base import Cell, Cells
from polls.models import Option, Poll
from votes.models import TallySample

SAMPLES_PER_LENGTH = 300
# As much as the numbers of other kinds take.
MAX_TEXT_BYTES = 8192

Tallies = Sequence[tuple[Poll, Sequence[Option]]]
# As JSON.
StoredCells = Mapping[str, Sequence[tuple[str, int]]]


def interval_s(sample_count: int) -> int:
    """The length of an interval after this many samples, in seconds."""
    return 1 << (sample_count // SAMPLES_PER_LENGTH)


def keep_samples(tallies: Tallies, now: datetime) -> None:
    """Stores samples of the ``tallies`` whose last change was in an earlier interval than ``now``.

    Call it with locked polls, before the change is applied; save their ``sample_count`` and
    ``tallied_at`` afterwards. One query if samples are due, otherwise none; and those of
    ``read_cells`` for each poll with cells of which one is due.
    """
    moment = latest([now, *(poll.tallied_at for poll, _ in tallies)])
    due = [(poll, options) for poll, options in tallies if _is_left_behind(poll, moment)]
    if due:
        TallySample.objects.bulk_create([_sample(poll, options) for poll, options in due])
    for poll, _ in due:
        poll.sample_count += 1
    for poll, _ in tallies:
        poll.tallied_at = moment


@poll_asks_anew.register
def drop_samples_with_cells(poll: Poll) -> None:
    """Deletes the samples of a poll without votes, because their cells name options by position.

    Samples of choices stay: they name options by id. At most one query, none without samples.
    """
    if poll.sample_count and not poll.has_votes:
        samples = TallySample.objects.filter(poll=poll)
        poll.sample_count -= samples.exclude(cells={}).delete()[0]
        poll.save(update_fields=["sample_count"])


def latest(moments: Sequence[datetime | None]) -> datetime:
    """The latest of ``moments``: clocks of machines differ, and time must not go back."""
    return max(moment for moment in moments if moment is not None)


def _is_left_behind(poll: Poll, moment: datetime) -> bool:
    if poll.tallied_at is None:
        return False
    length_s = interval_s(poll.sample_count)
    return int(moment.timestamp()) // length_s > int(poll.tallied_at.timestamp()) // length_s


def _sample(poll: Poll, options: Sequence[Option]) -> TallySample:
    assert poll.tallied_at is not None
    return TallySample(
        poll=poll,
        version=poll.version,
        at=poll.tallied_at,
        counts={option.id.hex: option.vote_count for option in options if option.vote_count},
        cells=_shown_cells(poll, options),
        ballot_count=poll.ballot_count,
    )


def _shown_cells(poll: Poll, options: Sequence[Option]) -> StoredCells:
    """The cells that frames show.

    Texts and words take at most ``MAX_TEXT_BYTES``, the newest and largest of them: frames can show
    tens of kilobytes, and a poll has thousands of samples.
    """
    kind = kind_of(poll, options)
    if kind is None:
        return {}
    is_bounded = {group.name: group.order is None for group in kind.shown_groups()}
    cells: dict[Cell, int] = {}
    text_bytes = 0
    for cell, count in read_cells(poll.id, kind).items():
        if not is_bounded[cell.group]:
            text_bytes += len(cell.key.encode())
        if is_bounded[cell.group] or text_bytes <= MAX_TEXT_BYTES:
            cells[cell] = count
    return store_cells(cells)


def store_cells(cells: Cells) -> StoredCells:
    """The cells of a sample as they are stored: keys with counts by group, in their order.

    As pairs, because PostgreSQL does not keep the order of the keys of an object.
    """
    stored: dict[str, list[tuple[str, int]]] = {}
    for cell, count in cells.items():
        stored.setdefault(cell.group, []).append((cell.key, count))
    return stored


def stored_cells(stored: StoredCells) -> Cells:
    """The opposite of :func:`store_cells`."""
    return {Cell(group, key): count for group, pairs in stored.items() for key, count in pairs}

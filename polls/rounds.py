"""The rounds of closed instant runoffs, counted outside of locks and kept in memory by version.

There can be a million different orders, which take seconds to count. So closing only raises the
version of the poll, and its rounds follow as a tally of that version. Until then, its tally is
shown without rounds under the version before: ``polls.tally.version_of``. Nothing is stored: if the
process that closed the poll ends, any read starts the count again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial, reduce
from threading import Lock
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Func, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left, Replace

from apikit.background import BackgroundQueue, report_failure
from polls.hooks import rounds_counted
from polls.kinds.ranking import ORDER_GROUP, Ranking
from polls.kinds.registry import build_kind
from polls.kinds.runoff import Orders, ReadOrders, RunoffResult, orders_in_memory
from polls.models import Cell, Option, Poll, PollState

WORK = "rounds"
# So few different orders are counted by the reader, in about ten milliseconds.
COUNTED_AT_ONCE = 2000
# The most results in memory; one takes about 10 KB.
MAX_KEPT = 500
MAX_QUEUED = 100
# The first half of the keys of advisory locks, so that they differ from those of others.
_LOCK_SPACE = 0x726F756E

_lock = Lock()
# By poll and version, the least recently used first.
_kept: "OrderedDict[tuple[UUID, int], RunoffResult]" = OrderedDict()
# Polls whose rounds are counted in the background, and those of them with many orders.
_queued: set[UUID] = set()
_large: set[UUID] = set()


def rounds_of(poll: Poll, kind: Ranking, *, waits: bool = False) -> RunoffResult | None:
    """Return the rounds of an instant runoff; None while it is open, or its rounds are counted.

    Few orders are counted here, with one query. More are counted in the background, or here if it
    ``waits``, which takes seconds: not for requests, and not within a transaction.
    """
    # Not `state_at`: only recording a deadline raises the version.
    if not kind.has_rounds or poll.state != PollState.CLOSED:
        return None
    if (known := _find(poll)) is not None:
        return known
    if waits or not _is_large(poll.id):
        orders = Cell.objects.filter(poll=poll, group=ORDER_GROUP).values_list("key", "count")
        if len(few := dict(orders[: COUNTED_AT_ONCE + 1])) <= COUNTED_AT_ONCE:
            return _keep(poll, kind.count_rounds(orders_in_memory(few)))
        if waits and not connection.in_atomic_block:
            return count_rounds(poll.id, waits=True)
        transaction.on_commit(partial(start_counting, poll.id, is_large=True))
    return None


def start_counting(poll_id: UUID, *, is_large: bool = False) -> None:
    """Count the rounds of a closed poll in the background, and run ``rounds_counted`` then.

    Until then, reads of a poll that ``is_large`` do not look at its orders.
    """
    with _lock:
        is_queued = poll_id in _queued
        _queued.add(poll_id)
        if is_large:
            _large.add(poll_id)
    if not is_queued:
        _counts().put(poll_id)


def remember_rounds(poll_id: UUID, version: int, rounds: RunoffResult) -> None:
    """Keep rounds that this or another process has counted."""
    with _lock:
        _kept[poll_id, version] = rounds
        _kept.move_to_end((poll_id, version))
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)


def forget_rounds() -> None:
    """Forget all rounds, as a new process; for tests."""
    with _lock:
        _kept.clear()


def count_rounds(poll_id: UUID, *, waits: bool = False) -> RunoffResult | None:
    """Count the rounds of a poll; None if it is not closed.

    Only one process at a time counts those of a poll. Returns None if another one does, unless it
    ``waits`` for it.
    """
    with _snapshot(poll_id, waits=waits) as is_free:
        poll = Poll.objects.filter(id=poll_id).first() if is_free else None
        if poll is None or poll.state != PollState.CLOSED:
            return None
        if (known := _find(poll)) is not None:
            return known
        options = Option.objects.filter(poll=poll).order_by("position")
        kind = build_kind(poll.kind, poll.settings, list(options.values_list("id", flat=True)))
        if not isinstance(kind, Ranking) or not kind.has_rounds:
            return None
        rounds = kind.count_rounds(_orders_of(poll_id))
    remember_rounds(poll_id, poll.version, rounds)
    return rounds


def _is_large(poll_id: UUID) -> bool:
    with _lock:
        return poll_id in _large


def _find(poll: Poll) -> RunoffResult | None:
    with _lock:
        rounds = _kept.get((poll.id, poll.version))
        if rounds is not None:
            _kept.move_to_end((poll.id, poll.version))
        return rounds


def _keep(poll: Poll, rounds: RunoffResult) -> RunoffResult:
    # A version that is not committed yet may be that of another tally later.
    if not connection.in_atomic_block:
        remember_rounds(poll.id, poll.version, rounds)
    return rounds


@contextmanager
def _snapshot(poll_id: UUID, *, waits: bool) -> Iterator[bool]:
    """Several reads of the same state; yields whether no other process counts this poll.

    SQLite has one process, and its transactions would hold up votes.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    function = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        number = int.from_bytes(poll_id.bytes[-4:], signed=True)
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK_SPACE, number])
        [result] = cursor.fetchone()
        yield waits or bool(result)


def _orders_of(poll_id: UUID) -> ReadOrders:
    """Return a reader of orders that the database cuts and counts: each read takes one query."""

    def read(eliminated: str, length: int) -> Orders:
        cells = Cell.objects.filter(poll_id=poll_id, group=ORDER_GROUP).order_by()
        # The needed letters are among these. Removing letters is most of what a read costs.
        start = Left("key", len(eliminated) + length)
        cut = cells.values(cut=Left(_without(start, eliminated), length))
        return {order: int(count) for order, count in cut.values_list("cut", Sum("count"))}

    return read


def _without(order: Combinable, letters: str) -> Combinable:
    """The order without these letters."""
    if connection.vendor == "postgresql":
        return Func(order, Value(letters), Value(""), function="TRANSLATE")
    return reduce(lambda key, letter: Replace(key, Value(letter)), letters, order)


@cache
def _counts() -> BackgroundQueue[UUID]:
    return BackgroundQueue(
        WORK, _open_counter, _report_uncounted, maximum=MAX_QUEUED, flush_timeout_s=0
    )


@contextmanager
def _open_counter() -> Iterator[Callable[[UUID], None]]:
    yield _count_and_publish


def _count_and_publish(poll_id: UUID) -> None:
    try:
        try:
            rounds = count_rounds(poll_id)
        finally:
            # From now on, a read that finds no rounds starts the next count.
            _forget_queued(poll_id)
        if rounds is not None:
            rounds_counted.run(poll_id)
    finally:
        connection.close()


def _forget_queued(poll_id: UUID) -> None:
    with _lock:
        _queued.discard(poll_id)
        _large.discard(poll_id)


def _report_uncounted(poll_id: UUID, error: Exception) -> None:
    _forget_queued(poll_id)
    report_failure(WORK, error, "rounds not counted", poll_id=str(poll_id))

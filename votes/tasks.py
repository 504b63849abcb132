"""Jobs about votes: recounting a poll, and checking all tallies every night."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import structlog
from django.db import transaction
from pydantic import Field

from apikit.actors import Actor
from apikit.wire import Id, Wire
from jobs.registry import task
from jobs.run import Run
from jobs.schedules import schedule
from polls.errors import PollNotFoundError
from polls.examples import POLL_ID
from polls.models import Poll
from polls.selectors import get_managed_poll_for
from votes.recount import Mismatch, find_mismatches, repair_tally

log = structlog.get_logger(__name__)

# Polls whose votes are counted with one query.
POLLS_AT_ONCE = 50
# Wrong counters listed in a result.
MAX_LISTED = 100
NIGHTLY_AT = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecountPayload(Wire):
    """Which poll to count again."""

    poll_id: Annotated[Id, Field(description="A poll that you manage.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCounter(Wire):
    """A counter that differed from the votes; without an option, the number of voters."""

    poll_id: Id
    option_id: Id | None
    kept: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCell(WrongCounter):
    """A counter of a kind with more than counts of options: ``cell`` is its group and key."""

    cell: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount(Wire):
    """The result of a recount. ``mismatches`` were corrected."""

    poll_id: Id
    is_correct: bool
    ballot_count: int
    mismatches: list[WrongCell | WrongCounter]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyCheck(Wire):
    """No fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyResult(Wire):
    """How many polls were checked, and the first wrong counters. Nothing was corrected."""

    poll_count: int
    mismatch_count: int
    mismatches: list[WrongCell | WrongCounter]


def check_may_recount(actor: Actor, payload: RecountPayload) -> None:
    """Check that the actor manages the poll.

    :raises PollNotFoundError: if not.
    """
    get_managed_poll_for(actor, payload.poll_id)


@task(
    "data_processing.recount",
    payload=RecountPayload,
    authorize=check_may_recount,
    refusals=[PollNotFoundError],
    example={"pollId": POLL_ID},
)
def recount(run: Run, payload: RecountPayload) -> None:
    """Recounts the votes of a poll that you manage, and corrects its tally if it is wrong.

    The result has `isCorrect`, `ballotCount`, and the counters that were wrong as `mismatches`.
    """
    run.report(10, "Counting votes")
    # Without a lock, because votes would wait for it.
    mismatches = list(find_mismatches([payload.poll_id]))
    run.report(80, "Comparing")
    with transaction.atomic():
        if mismatches:
            repair_tally(payload.poll_id)
        ballot_count = Poll.objects.values_list("ballot_count", flat=True).get(id=payload.poll_id)
        result = Recount(
            poll_id=payload.poll_id,
            is_correct=not mismatches,
            ballot_count=ballot_count,
            mismatches=[_listed(each) for each in mismatches],
        )
        run.succeed(result)


@task("nightly_recount", payload=NightlyCheck, is_internal=True, timeout_s=4 * 3600)
def check_all_tallies(run: Run, payload: NightlyCheck) -> NightlyResult:
    """Counts all votes and logs wrong counters; `manage.py verify_tallies --repair` corrects."""
    total = Poll.objects.count()
    done = 0
    mismatches: list[Mismatch] = []
    for poll_ids in _batches():
        done += len(poll_ids)
        mismatches += find_mismatches(poll_ids)
        run.report(100 * done / max(total, done), f"{done} polls")
    if mismatches:
        log.error("wrong tallies", count=len(mismatches), poll_id=str(mismatches[0].poll_id))
    listed = [_listed(each) for each in mismatches[:MAX_LISTED]]
    return NightlyResult(poll_count=done, mismatch_count=len(mismatches), mismatches=listed)


schedule(
    "nightly_recount",
    type_="nightly_recount",
    payload=NightlyCheck(),
    every=timedelta(days=1),
    offset=NIGHTLY_AT,
)


def _batches() -> Iterator[list[UUID]]:
    last: list[UUID] = []
    while True:
        polls = Poll.objects.order_by("id").values_list("id", flat=True)
        last = list((polls.filter(id__gt=last[-1]) if last else polls)[:POLLS_AT_ONCE])
        if not last:
            return
        yield last


def _listed(mismatch: Mismatch) -> WrongCounter:
    fields: dict[str, Any] = {
        "poll_id": mismatch.poll_id,
        "option_id": mismatch.option_id,
        "kept": mismatch.kept,
        "counted": mismatch.counted,
    }
    if mismatch.cell is None:
        return WrongCounter(**fields)
    return WrongCell(cell=(mismatch.cell.group, mismatch.cell.key), **fields)

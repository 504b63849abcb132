"""The rows the ledger works on: reading and locking, and writing what has changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When

from accounts.models import User
from polls.models import Option, Poll
from votes.ballots import Ballot
from votes.decisions import StandingVote
from votes.models import Vote
from votes.sheets import Change, Sheet

# In the order of StandingVote's fields.
_VOTE_COLUMNS = ("id", "option_id", "rank", "request_id", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Voter:
    is_active: bool
    is_staff: bool


def find_polls_of_options(ballots: Sequence[Ballot]) -> dict[UUID, UUID]:
    """The polls of ballots that name an option only, by that option; one query, if any."""
    option_ids = {ballot.option_ids[0] for ballot in ballots if ballot.poll_id is None}
    if not option_ids:
        return {}
    return dict(Option.objects.filter(id__in=option_ids).values_list("id", "poll_id"))


def lock_polls(poll_ids: Collection[UUID]) -> list[Poll]:
    """Locked until the end of the transaction; always in the order of their ids."""
    return list(Poll.objects.select_for_update().filter(id__any_of=poll_ids).order_by("id"))


def lock_voters(voter_ids: Collection[UUID]) -> dict[UUID, Voter]:
    """Locked, so that who suspends somebody can be sure that no vote slips in behind it."""
    rows = (
        User.objects.select_for_update(no_key=True)
        .filter(id__any_of=voter_ids)
        .order_by("id")
        .values_list("id", "is_active", "is_staff")
    )
    return {user_id: Voter(is_active, is_staff) for user_id, is_active, is_staff in rows}


def fill_sheets(sheets: Mapping[UUID, Sheet], voter_ids: Collection[UUID]) -> None:
    """Reads the options of the polls, and what stands of these people in them; two queries."""
    for option in Option.objects.filter(poll__any_of=sheets).order_by("position"):
        sheets[option.poll_id].options[option.id] = option
    rows = (
        Vote.objects.filter(poll__any_of=sheets, user__any_of=voter_ids)
        .order_by("rank")
        .values_list("poll_id", "user_id", *_VOTE_COLUMNS)
    )
    for poll_id, user_id, *columns in rows:
        before = sheets[poll_id].before
        before[user_id] = (*before.get(user_id, ()), StandingVote(*columns))
    for sheet in sheets.values():
        sheet.after = dict(sheet.before)


def save_votes(changed: Iterable[tuple[UUID, Sequence[Change]]]) -> None:
    """Writes the votes of those who have others than before, poll by poll."""
    outdated: list[UUID] = []
    written: list[Vote] = []
    for poll_id, changes in changed:
        for user_id, before, after in changes:
            outdated += [vote.id for vote in before if vote not in after]
            written += [_as_vote(poll_id, user_id, vote) for vote in after if vote not in before]
    if outdated:
        # A changed vote is deleted and inserted again under its id: two that swap their
        # options would otherwise violate the constraint half-way.
        Vote.objects.filter(id__any_of=outdated).delete()
    Vote.objects.bulk_create(written)


def _as_vote(poll_id: UUID, user_id: UUID, vote: StandingVote) -> Vote:
    return Vote(
        id=vote.id,
        poll_id=poll_id,
        user_id=user_id,
        option_id=vote.option_id,
        rank=vote.rank,
        request_id=vote.request_id,
        created_at=vote.created_at,
        updated_at=vote.updated_at,
    )


def save_counts(
    changed: Sequence[tuple[Sheet, tuple[Mapping[UUID, int], int]]], columns: Mapping[str, Any]
) -> None:
    """Adds to the counters of options and polls, raises the versions, and sets ``columns``.

    The rows are locked, so the sheets then hold what the database has.
    """
    deltas: dict[UUID, int] = {}
    for sheet, (of_options, of_ballots) in changed:
        sheet.poll.version += 1
        sheet.poll.ballot_count += of_ballots
        for option_id, delta in of_options.items():
            sheet.options[option_id].vote_count += delta
            deltas[option_id] = delta
    deltas = {option_id: delta for option_id, delta in deltas.items() if delta}
    if deltas:
        Option.objects.filter(id__any_of=deltas).update(vote_count=F("vote_count") + _each(deltas))
    ballots = {sheet.poll.id: of_ballots for sheet, (_, of_ballots) in changed}
    Poll.objects.filter(id__any_of=ballots).update(
        version=F("version") + 1, ballot_count=F("ballot_count") + _each(ballots), **columns
    )


def _each(numbers: Mapping[UUID, int]) -> Case | Value:
    """For each row, by its id, the number that belongs to it."""
    if len(set(numbers.values())) == 1:
        return Value(next(iter(numbers.values())))
    return Case(*(When(id=key, then=Value(number)) for key, number in numbers.items()))

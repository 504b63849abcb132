"""The rows the ledger works on: reading and locking, and writing what has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, QuerySet, Value, When

from accounts.models import User
from polls.models import Option, Poll
from votes.ballots import Ballot
from votes.decisions import Standing, StandingVote
from votes.models import Vote

# A poll and a person.
Place = tuple[UUID, UUID]
Standings = dict[Place, Standing]


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


def lock_polls(poll_ids: Collection[UUID]) -> dict[UUID, Poll]:
    """Locked until the end of the transaction; always in the order of their ids."""
    polls = Poll.objects.select_for_update().filter(id__in=poll_ids).order_by("id")
    return {poll.id: poll for poll in polls}


def lock_voters(voter_ids: Collection[UUID]) -> dict[UUID, Voter]:
    """Locked, so that who suspends somebody can be sure that no vote slips in behind it."""
    rows = (
        User.objects.select_for_update(no_key=True)
        .filter(id__in=voter_ids)
        .order_by("id")
        .values_list("id", "is_active", "is_staff")
    )
    return {user_id: Voter(is_active, is_staff) for user_id, is_active, is_staff in rows}


def read_standings(poll_ids: Collection[UUID], voter_ids: Collection[UUID]) -> Standings:
    """What stands of these people in these polls; one query."""
    standing: Standings = {}
    rows = (
        Vote.objects.filter(poll_id__in=poll_ids, user_id__in=voter_ids)
        .order_by("rank")
        .values_list(
            "poll_id",
            "user_id",
            "id",
            "option_id",
            "rank",
            "request_id",
            "created_at",
            "updated_at",
        )
    )
    for poll_id, user_id, vote_id, option_id, rank, request_id, created_at, updated_at in rows:
        vote = StandingVote(vote_id, option_id, rank, request_id, created_at, updated_at)
        place = poll_id, user_id
        standing[place] = (*standing.get(place, ()), vote)
    return standing


def write_standings(before: Standings, after: Standings) -> None:
    """Writes the votes that are in ``after`` and were not, or not so, in ``before``."""
    rows_before = {vote.id: (place, vote) for place, votes in before.items() for vote in votes}
    rows_after = {vote.id: (place, vote) for place, votes in after.items() for vote in votes}
    outdated = [key for key, row in rows_before.items() if rows_after.get(key) != row]
    written = [row for key, row in rows_after.items() if rows_before.get(key) != row]
    if outdated:
        # A changed vote is deleted and inserted again under its id: two that swap their
        # options would otherwise violate the constraint half-way.
        Vote.objects.filter(id__in=outdated).delete()
    Vote.objects.bulk_create([_as_vote(place, vote) for place, vote in written])


def _as_vote(place: Place, vote: StandingVote) -> Vote:
    return Vote(
        id=vote.id,
        poll_id=place[0],
        user_id=place[1],
        option_id=vote.option_id,
        rank=vote.rank,
        request_id=vote.request_id,
        created_at=vote.created_at,
        updated_at=vote.updated_at,
    )


def add_to_counters(rows: "QuerySet[Any]", column: str, deltas: Mapping[UUID, int]) -> None:
    """Adds to a counter of several rows; one query, if any."""
    deltas = {key: delta for key, delta in deltas.items() if delta}
    if deltas:
        delta = Case(*(When(id=key, then=Value(delta)) for key, delta in deltas.items()))
        rows.filter(id__in=deltas).update(**{column: F(column) + delta})

"""Reads, locks and writes the rows that the ledger works on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from apikit.ids import new_id
from apikit.postgres.bulk import insert, update, write
from apikit.postgres.prepared import PendingRows
from polls.models import Option, Poll
from votes import queries
from votes.ballots import Ballot, ImportedBallot
from votes.decisions import CurrentBallot, CurrentVote
from votes.models import Vote
from votes.poll_batch import PollBatch, PollDelta
from votes.queries import VOTE_COLUMNS

AnyModel = TypeVar("AnyModel", bound=Model)
# The poll of a ballot, if it was found; its voter; and the token family of the sign-in, if any.
BallotKey = tuple[UUID | None, UUID, UUID | None]

CHOICE_COLUMNS = tuple(name for name in VOTE_COLUMNS if name != "value")
# The columns of a poll that a batch changes.
_COUNTERS = ("version", "ballot_count", "tallied_at", "sample_count")


@dataclass(frozen=True, slots=True)
class Voter:
    """``account_id`` is the account that a guest was merged into, see ``accounts.guests``."""

    is_active: bool
    is_staff: bool
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """The polls and voters of a batch, locked.

    ``live_families`` holds (voter, family) for each token family of the ballots that belongs to its
    voter and is not revoked.
    """

    polls: dict[UUID, PollBatch]
    voters: dict[UUID, Voter]
    live_families: set[tuple[UUID, UUID]]


def find_polls_of_options(ballots: Sequence[Ballot]) -> dict[UUID, UUID]:
    """The polls of ballots that only name an option, by option; at most one query."""
    option_ids = {ballot.option_ids[0] for ballot in ballots if ballot.poll_id is None}
    return dict(queries.POLLS_OF_OPTIONS.execute(option_ids).fetch()) if option_ids else {}


def lock_polls(poll_ids: Collection[UUID]) -> PendingRows:
    """Locks polls until the end of the transaction, from when the rows have been fetched."""
    return queries.LOCKED_POLLS.execute(poll_ids)


def lock_and_read(
    poll_rows: PendingRows, poll_ids: Collection[UUID], keys: Collection[BallotKey]
) -> Found:
    """Locks the voters, and reads their current ballots in the polls.

    ``keys`` has no duplicates. Two queries, both sent before waiting for the first. They run after
    the polls were locked, so nobody else can change what they read until the transaction ends.
    """
    voters = queries.LOCKED_VOTERS.execute(
        [poll_id for poll_id, _, _ in keys],
        [voter_id for _, voter_id, _ in keys],
        [family_id for _, _, family_id in keys],
    )
    options = queries.OPTIONS.execute(poll_ids)
    polls = {row[0]: PollBatch(_instance(Poll, row)) for row in poll_rows.fetch()}
    found = Found(polls, {}, set())
    _add_voters(voters, found)
    for row in options.fetch():
        option = _instance(Option, row)
        if option.poll_id in found.polls:
            found.polls[option.poll_id].options[option.id] = option
    for poll_batch in found.polls.values():
        poll_batch.after = dict(poll_batch.before)
    return found


def _add_voters(voters: PendingRows, found: Found) -> None:
    """Adds the voters, their live token families and their current ballots to ``found``."""
    for user_id, is_active, is_staff, family_id, account_id, poll_id, *columns in voters.fetch():
        found.voters[user_id] = Voter(is_active, is_staff, account_id)
        if family_id is not None:
            found.live_families.add((user_id, family_id))
        if poll_id in found.polls:
            _add_vote(found.polls[poll_id].before, user_id, CurrentVote(*columns))


def read_ballots_of(user_id: UUID, poll_ids: Collection[UUID]) -> dict[UUID, CurrentBallot]:
    """One person's ballots in locked polls, by poll; one query."""
    votes = Vote.objects.filter(user_id=user_id, poll__any_of=poll_ids).order_by("poll", "rank")
    ballots: dict[UUID, CurrentBallot] = {}
    for poll_id, *columns in votes.values_list("poll_id", *VOTE_COLUMNS):
        ballots[poll_id] = (*ballots.get(poll_id, ()), CurrentVote(*columns))
    return ballots


def voted_with_earlier_accounts(
    poll_ids: Collection[UUID], guest_ids: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """The (poll, guest) pairs where an earlier account of the guest has voted; one query."""
    votes = Vote.objects.filter(
        poll__any_of=poll_ids, user__earlier_guests__guest__any_of=guest_ids
    )
    return set(votes.order_by().values_list("poll_id", "user__earlier_guests__guest_id"))


def move_ballots(poll_ids: Collection[UUID], *, from_id: UUID, to_id: UUID) -> None:
    """Moves ballots to a person who has none in these polls; tallies do not change."""
    if poll_ids:
        Vote.objects.filter(poll__any_of=poll_ids, user_id=from_id).update(user_id=to_id)


def insert_imported(poll_id: UUID, ballots: Sequence[ImportedBallot], request_id: UUID) -> None:
    """Inserts the votes of imported ballots."""
    votes = [
        (
            poll_id,
            ballot.voter_id,
            new_id(),
            answer.option_id,
            rank,
            request_id,
            ballot.cast_at,
            ballot.changed_at,
            answer.value,
        )
        for ballot in ballots
        for rank, answer in enumerate(ballot.answers, start=1)
    ]
    write(insert(Vote, ("poll_id", "user_id", *VOTE_COLUMNS), votes))


def _add_vote(ballots: dict[UUID, CurrentBallot], user_id: UUID, vote: CurrentVote) -> None:
    """Adds a vote to a ballot, unless the row was returned for another ballot of the batch too."""
    ballot = ballots.get(user_id, ())
    if vote not in ballot:
        ballots[user_id] = (*ballot, vote)


def _instance(model: type[AnyModel], row: tuple[Any, ...]) -> AnyModel:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, row)


def save_deltas(deltas: Sequence[PollDelta]) -> None:
    """Writes the votes that differ, and the counters of options and polls.

    The rows are locked, so the counters in memory are those that the database has to hold.
    """
    outdated: list[UUID] = []
    votes: list[tuple[Any, ...]] = []
    has_values = any(
        vote.value is not None
        for delta in deltas
        for _, _, after in delta.changes
        for vote in after
    )
    # Choices have no values, and are most of all votes.
    columns = VOTE_COLUMNS if has_values else CHOICE_COLUMNS
    for delta in deltas:
        for user_id, before, after in delta.changes:
            outdated += [vote.id for vote in before if vote not in after]
            votes += [
                (delta.poll.id, user_id, *(getattr(vote, name) for name in columns))
                for vote in after
                if vote not in before
            ]
    if outdated:
        # A changed vote is deleted and inserted again under its id: two votes that swap their
        # options would violate the unique constraint between two updates.
        Vote.objects.filter(id__any_of=outdated).delete()
    write(
        insert(Vote, ("poll_id", "user_id", *columns), votes),
        update(Option, ("vote_count",), [option for delta in deltas for option in delta.options]),
        update(Poll, _COUNTERS, [delta.poll for delta in deltas]),
    )

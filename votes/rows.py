"""Reads, locks and writes the rows that the ledger works on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import FilteredRelation, Model, Q

from accounts.models import TokenFamily, User
from apikit.postgres.bulk import change, insertion, write
from apikit.postgres.prepared import PreparedQuery, Rows
from polls.models import Option, Poll
from votes.ballots import Ballot
from votes.decisions import CurrentBallot, CurrentVote
from votes.models import Vote
from votes.poll_batch import PollBatch, PollDelta

AnyModel = TypeVar("AnyModel", bound=Model)
# The poll of a ballot, if it was found; its voter; and the token family of the sign-in, if any.
BallotKey = tuple[UUID | None, UUID, UUID | None]

# In the order of the fields of CurrentVote.
_VOTE_COLUMNS = ("id", "option_id", "rank", "request_id", "created_at", "updated_at")
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


_polls_of_options = PreparedQuery(
    lambda option_ids: Option.objects.filter(id__any_of=option_ids).values_list("id", "poll_id")
)
# Locked by id, so that processes cannot deadlock.
_locked_polls = PreparedQuery(
    lambda poll_ids: Poll.objects.select_for_update().filter(id__any_of=poll_ids).order_by("id")
)
# Takes (poll, voter, token family) triples. Returns a row per voter and vote in that poll, or one
# row for a voter without votes there. A merged guest's account is returned, too.
#
# Voters are locked by id; a suspension takes the same lock, so no vote slips past it. Their votes
# need no lock of their own, because the poll is locked. Token families need none either: the
# statement runs after every ballot of the batch was submitted, so it sees each sign-out that was
# acknowledged before the ballot was sent.
#
# LATERAL with ORDER BY forces the (poll, user, rank) index; a plain join may scan all votes of a
# poll or of a person. SQLite has no row locks; there the ORM's query reads the votes of these
# voters in all polls of the batch.
_locked_voters = PreparedQuery(
    lambda poll_ids, voter_ids, family_ids: (
        User.objects.filter(
            Q(id__any_of=voter_ids)
            | Q(id__in=User.objects.filter(id__any_of=voter_ids).values("merged_into"))
        )
        .annotate(
            vote=FilteredRelation("votes", condition=Q(votes__poll__any_of=poll_ids)),
            family=FilteredRelation(
                "token_families",
                condition=Q(
                    token_families__id__any_of=family_ids, token_families__revoked_at__isnull=True
                ),
            ),
        )
        .order_by("id", "vote__rank")
        .values_list(
            "id",
            "is_active",
            "is_staff",
            "family__id",
            "merged_into_id",
            "vote__poll_id",
            *(f"vote__{column}" for column in _VOTE_COLUMNS),
        )
    ),
    on_postgresql=f"""
        SELECT person.id, person.is_active, person.is_staff, family.id, person.merged_into_id,
            vote.*
        FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS ballot (poll_id, voter_id, family_id)
        JOIN {User._meta.db_table} AS voter ON voter.id = ballot.voter_id
        JOIN {User._meta.db_table} AS person
            ON person.id = ANY (ARRAY[voter.id, voter.merged_into_id])
        LEFT JOIN LATERAL (
            SELECT id FROM {TokenFamily._meta.db_table}
            WHERE id = ballot.family_id AND user_id = person.id AND revoked_at IS NULL
        ) AS family ON true
        LEFT JOIN LATERAL (
            SELECT poll_id, {", ".join(_VOTE_COLUMNS)} FROM {Vote._meta.db_table}
            WHERE poll_id = ballot.poll_id AND user_id = person.id
            ORDER BY rank
        ) AS vote ON true
        ORDER BY person.id, vote.rank
        FOR NO KEY UPDATE OF person
    """,  # noqa: S608 - names of ours
)
_options = PreparedQuery(
    lambda poll_ids: Option.objects.filter(poll__any_of=poll_ids).order_by("position")
)


def find_polls_of_options(ballots: Sequence[Ballot]) -> dict[UUID, UUID]:
    """The polls of ballots that only name an option, by option; at most one query."""
    option_ids = {ballot.option_ids[0] for ballot in ballots if ballot.poll_id is None}
    return dict(_polls_of_options.start(option_ids).values()) if option_ids else {}


def lock_polls(poll_ids: Collection[UUID]) -> Rows:
    """Locks polls until the end of the transaction, from when the rows have been fetched."""
    return _locked_polls.start(poll_ids)


def lock_and_read(
    poll_rows: Rows, poll_ids: Collection[UUID], keys: Collection[BallotKey]
) -> Found:
    """Locks the voters, and reads their current ballots in the polls.

    ``keys`` has no duplicates. Two queries, both sent before waiting for the first. They run after
    the polls were locked, so nobody else can change what they read until the transaction ends.
    """
    voters = _locked_voters.start(
        [poll_id for poll_id, _, _ in keys],
        [voter_id for _, voter_id, _ in keys],
        [family_id for _, _, family_id in keys],
    )
    options = _options.start(poll_ids)
    polls = {row[0]: PollBatch(_instance(Poll, row)) for row in poll_rows.values()}
    found = Found(polls, {}, set())
    _add_voters(voters, found)
    for row in options.values():
        option = _instance(Option, row)
        if option.poll_id in found.polls:
            found.polls[option.poll_id].options[option.id] = option
    for poll_batch in found.polls.values():
        poll_batch.after = dict(poll_batch.before)
    return found


def _add_voters(voters: Rows, found: Found) -> None:
    """Adds the voters, their live token families and their current ballots to ``found``."""
    for user_id, is_active, is_staff, family_id, account_id, poll_id, *columns in voters.values():
        found.voters[user_id] = Voter(is_active, is_staff, account_id)
        if family_id is not None:
            found.live_families.add((user_id, family_id))
        if poll_id in found.polls:
            _add_vote(found.polls[poll_id].before, user_id, CurrentVote(*columns))


def read_ballots_of(user_id: UUID, poll_ids: Collection[UUID]) -> dict[UUID, CurrentBallot]:
    """One person's ballots in locked polls, by poll; one query."""
    votes = Vote.objects.filter(user_id=user_id, poll__any_of=poll_ids).order_by("poll", "rank")
    ballots: dict[UUID, CurrentBallot] = {}
    for poll_id, *columns in votes.values_list("poll_id", *_VOTE_COLUMNS):
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
    for delta in deltas:
        for user_id, before, after in delta.changes:
            outdated += [vote.id for vote in before if vote not in after]
            votes += [
                (delta.poll.id, user_id, *(getattr(vote, name) for name in _VOTE_COLUMNS))
                for vote in after
                if vote not in before
            ]
    if outdated:
        # A changed vote is deleted and inserted again under its id: two votes that swap their
        # options would violate the unique constraint between two updates.
        Vote.objects.filter(id__any_of=outdated).delete()
    write(
        insertion(Vote, ("poll_id", "user_id", *_VOTE_COLUMNS), votes),
        change(Option, ("vote_count",), [option for delta in deltas for option in delta.options]),
        change(Poll, _COUNTERS, [delta.poll for delta in deltas]),
    )

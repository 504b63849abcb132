"""The rows the ledger works on: reading and locking, and writing what has changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import FilteredRelation, Model, Q

from accounts.models import TokenFamily, User
from apikit.bulk import change, insertion, write
from apikit.prepared import PreparedQuery, Rows
from polls.models import Option, Poll
from votes.ballots import Ballot
from votes.decisions import Standing, StandingVote
from votes.models import Vote
from votes.poll_batch import Change, Sheet

AnyModel = TypeVar("AnyModel", bound=Model)
# A poll, if one was found, a voter in it, and the token family they voted with, if any.
Cast = tuple[UUID | None, UUID, UUID | None]

# In the order of StandingVote's fields.
_VOTE_COLUMNS = ("id", "option_id", "rank", "request_id", "created_at", "updated_at")
# Of a poll.
_COUNTERS = ("version", "ballot_count", "tallied_at", "sample_count")


@dataclass(frozen=True, slots=True)
class Voter:
    """``account_id`` is the account that a guest was merged into: ``accounts.guests``."""

    is_active: bool
    is_staff: bool
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch of ballots is decided by. The polls and voters are locked.

    ``live_families`` holds (voter, family) for each token family of the ballots that belongs to its
    voter and is not revoked.
    """

    sheets: dict[UUID, Sheet]
    voters: dict[UUID, Voter]
    live_families: set[tuple[UUID, UUID]]


_polls_of_options = PreparedQuery(
    lambda option_ids: Option.objects.filter(id__any_of=option_ids).values_list("id", "poll_id")
)
# Always in the order of their ids, so that processes never wait for each other in a circle.
_locked_polls = PreparedQuery(
    lambda poll_ids: Poll.objects.select_for_update().filter(id__any_of=poll_ids).order_by("id")
)
# The ids of polls and people come in pairs: each person with their votes in that poll, or once
# without. The people are locked, so that who suspends somebody can be sure that no vote slips in
# behind it; their votes are by the polls. Only one index has votes in order of rank, so that one is
# used, whatever the planner thinks of how many a poll or a person has; joined as the ORM does it,
# all of either may be read. SQLite locks by itself, and reads their votes in any of the polls.
#
# The token families come along in the same statement. They need no lock: it runs after every ballot
# of the batch was submitted, so a vote sent after an acknowledged sign-out finds it revoked. With
# each merged guest comes its account, whose ballot it is; locked in the order of ids, too.
_locked_voters = PreparedQuery(
    lambda poll_ids, voter_ids, family_ids: (
        User.objects.filter(
            Q(id__any_of=voter_ids)
            | Q(id__in=User.objects.filter(id__any_of=voter_ids).values("merged_into"))
        )
        .annotate(
            standing=FilteredRelation("votes", condition=Q(votes__poll__any_of=poll_ids)),
            family=FilteredRelation(
                "token_families",
                condition=Q(
                    token_families__id__any_of=family_ids, token_families__revoked_at__isnull=True
                ),
            ),
        )
        .order_by("id", "standing__rank")
        .values_list(
            "id",
            "is_active",
            "is_staff",
            "family__id",
            "merged_into_id",
            "standing__poll_id",
            *(f"standing__{column}" for column in _VOTE_COLUMNS),
        )
    ),
    on_postgresql=f"""
        SELECT person.id, person.is_active, person.is_staff, family.id, person.merged_into_id,
            standing.*
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
        ) AS standing ON true
        ORDER BY person.id, standing.rank
        FOR NO KEY UPDATE OF person
    """,  # noqa: S608 - names of ours
)
_options = PreparedQuery(
    lambda poll_ids: Option.objects.filter(poll__any_of=poll_ids).order_by("position")
)


def find_polls_of_options(ballots: Sequence[Ballot]) -> dict[UUID, UUID]:
    """The polls of ballots that name an option only, by that option; one query, if any."""
    option_ids = {ballot.option_ids[0] for ballot in ballots if ballot.poll_id is None}
    return dict(_polls_of_options.start(option_ids).values()) if option_ids else {}


def lock_polls(poll_ids: Collection[UUID]) -> Rows:
    """Locks polls until the end of the transaction; they are locked once the rows are there."""
    return _locked_polls.start(poll_ids)


def lock_and_read(polls: Rows, poll_ids: Collection[UUID], casts: Collection[Cast]) -> Found:
    """Locks the people too, and reads what stands of them in the polls.

    ``casts`` lists each (poll, voter, token family) once, the poll None where none was found. Two
    queries, sent before the first is answered. The polls are locked before them: what is read then
    can't be changed by anybody else before the end of the transaction.
    """
    voters = _locked_voters.start(
        [poll_id for poll_id, _, _ in casts],
        [voter_id for _, voter_id, _ in casts],
        [family_id for _, _, family_id in casts],
    )
    options = _options.start(poll_ids)
    found = Found({row[0]: Sheet(_instance(Poll, row)) for row in polls.values()}, {}, set())
    _sort_in(voters, found)
    for row in options.values():
        option = _instance(Option, row)
        if option.poll_id in found.sheets:
            found.sheets[option.poll_id].options[option.id] = option
    for sheet in found.sheets.values():
        sheet.after = dict(sheet.before)
    return found


def _sort_in(voters: Rows, found: Found) -> None:
    """Adds the voters, their live token families and their standing votes to ``found``."""
    for user_id, is_active, is_staff, family_id, account_id, poll_id, *columns in voters.values():
        found.voters[user_id] = Voter(is_active, is_staff, account_id)
        if family_id is not None:
            found.live_families.add((user_id, family_id))
        if poll_id in found.sheets:
            _keep(found.sheets[poll_id].before, user_id, StandingVote(*columns))


def read_ballots_of(user_id: UUID, poll_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The ballots of one person in polls that are locked, by poll; one query."""
    votes = Vote.objects.filter(user_id=user_id, poll__any_of=poll_ids).order_by("poll", "rank")
    ballots: dict[UUID, Standing] = {}
    for poll_id, *columns in votes.values_list("poll_id", *_VOTE_COLUMNS):
        ballots[poll_id] = (*ballots.get(poll_id, ()), StandingVote(*columns))
    return ballots


def voted_with_earlier_accounts(
    poll_ids: Collection[UUID], guest_ids: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """The (poll, guest) pairs in which an earlier account of the guest has voted; one query."""
    votes = Vote.objects.filter(
        poll__any_of=poll_ids, user__earlier_guests__guest__any_of=guest_ids
    )
    return set(votes.order_by().values_list("poll_id", "user__earlier_guests__guest_id"))


def move_ballots(poll_ids: Collection[UUID], *, giver_id: UUID, taker_id: UUID) -> None:
    """Makes one person's ballots another's, who has none in these polls; tallies stay the same."""
    if poll_ids:
        Vote.objects.filter(poll__any_of=poll_ids, user_id=giver_id).update(user_id=taker_id)


def _keep(ballots: dict[UUID, Standing], user_id: UUID, vote: StandingVote) -> None:
    """Adds a vote to a ballot, unless the same row came with another ballot of this batch."""
    ballot = ballots.get(user_id, ())
    if vote not in ballot:
        ballots[user_id] = (*ballot, vote)


def _instance(model: type[AnyModel], row: tuple[Any, ...]) -> AnyModel:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, row)


def save(changed: Sequence[tuple[Sheet, Sequence[Change]]]) -> None:
    """Writes the votes of those who have others than before, adds them to the counters of options
    and polls, and raises the versions.

    The rows are locked, so what the sheets then hold is what the database is to have.
    """
    outdated: list[UUID] = []
    votes: list[tuple[Any, ...]] = []
    options: list[Option] = []
    for sheet, changes in changed:
        for user_id, before, after in changes:
            outdated += [vote.id for vote in before if vote not in after]
            votes += [
                (sheet.poll.id, user_id, *(getattr(vote, name) for name in _VOTE_COLUMNS))
                for vote in after
                if vote not in before
            ]
        options += sheet.count(changes)
    if outdated:
        # A changed vote is deleted and inserted again under its id: two that swap their
        # options would otherwise violate the constraint half-way.
        Vote.objects.filter(id__any_of=outdated).delete()
    write(
        insertion(Vote, ("poll_id", "user_id", *_VOTE_COLUMNS), votes),
        change(Option, ("vote_count",), options),
        change(Poll, _COUNTERS, [sheet.poll for sheet, _ in changed]),
    )

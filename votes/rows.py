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
from votes.decisions import StandingVote
from votes.models import Vote
from votes.sheets import Change, Sheet

AnyModel = TypeVar("AnyModel", bound=Model)
# A poll, if one was found, a voter in it, and the token family they voted with, if any.
Cast = tuple[UUID | None, UUID, UUID | None]

# In the order of StandingVote's fields.
_VOTE_COLUMNS = ("id", "option_id", "rank", "request_id", "created_at", "updated_at")
# Of a poll.
_COUNTERS = ("version", "ballot_count", "tallied_at", "sample_count")


@dataclass(frozen=True, slots=True)
class Voter:
    is_active: bool
    is_staff: bool


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
# of the batch was submitted, so a vote sent after an acknowledged sign-out finds it revoked.
_locked_voters = PreparedQuery(
    lambda poll_ids, voter_ids, family_ids: (
        User.objects.filter(id__any_of=voter_ids)
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
            "standing__poll_id",
            *(f"standing__{column}" for column in _VOTE_COLUMNS),
        )
    ),
    on_postgresql=f"""
        SELECT voter.id, voter.is_active, voter.is_staff, family.id, standing.*
        FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS ballot (poll_id, voter_id, family_id)
        JOIN {User._meta.db_table} AS voter ON voter.id = ballot.voter_id
        LEFT JOIN LATERAL (
            SELECT id FROM {TokenFamily._meta.db_table}
            WHERE id = ballot.family_id AND user_id = ballot.voter_id AND revoked_at IS NULL
        ) AS family ON true
        LEFT JOIN LATERAL (
            SELECT poll_id, {", ".join(_VOTE_COLUMNS)} FROM {Vote._meta.db_table}
            WHERE poll_id = ballot.poll_id AND user_id = ballot.voter_id
            ORDER BY rank
        ) AS standing ON true
        ORDER BY voter.id, standing.rank
        FOR NO KEY UPDATE OF voter
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
    votes_seen: set[UUID] = set()
    for user_id, is_active, is_staff, family_id, poll_id, *columns in voters.values():
        found.voters[user_id] = Voter(is_active, is_staff)
        if family_id is not None:
            found.live_families.add((user_id, family_id))
        # A person with two sign-ins in one batch has each of their votes in two rows.
        if poll_id in found.sheets and columns[0] not in votes_seen:
            votes_seen.add(columns[0])
            before = found.sheets[poll_id].before
            before[user_id] = (*before.get(user_id, ()), StandingVote(*columns))


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

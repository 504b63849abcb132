"""Ballots, as clients send them, and the receipts for committed ballots."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apikit.errors import ApiError
from apikit.ids import new_id
from apikit.wire import Id, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """The options a voter chooses; without options, the vote is taken back.

    ``poll_id`` is None if the option identifies the poll. ``request_id`` is stored in the rows that
    this ballot writes; ``key`` is the client's idempotency key. ``family_id`` is the token family
    of the sign-in, which must not be revoked; None skips that check (demo data, moderation).
    """

    voter_id: UUID
    option_ids: tuple[UUID, ...]
    poll_id: UUID | None = None
    key: str | None = None
    family_id: UUID | None = None
    request_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ImportedBallot:
    """A ballot of an archive. ``voter_id`` is a placeholder, see ``accounts.guests``."""

    voter_id: UUID
    option_ids: tuple[UUID, ...]
    cast_at: datetime
    changed_at: datetime


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    CHANGED = "changed"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedVote(Wire):
    """One counted vote: one option chosen by one person."""

    id: Id
    poll_option_id: Id
    option_text: str
    poll_question: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Wire):
    """Confirms a committed ballot; repeated for the same idempotency key."""

    outcome: Outcome
    poll_id: Id
    votes: tuple[CountedVote, ...]
    is_replayed: bool = False


BallotResult = Receipt | ApiError

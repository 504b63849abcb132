"""What somebody wants done with their vote, and what they get for it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apikit.errors import ApiError
from apikit.ids import new_id
from apikit.wire import Id, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """The options somebody chooses; none of them takes the vote back.

    ``poll_id`` is None where the poll is to be found by the option. ``request_id`` marks the
    rows this ballot writes; ``key`` is the client's idempotency key. ``family_id`` is the token
    family of the sign-in that sent it, which must not be revoked; None skips that check (demo data,
    moderation).
    """

    voter_id: UUID
    option_ids: tuple[UUID, ...]
    poll_id: UUID | None = None
    key: str | None = None
    family_id: UUID | None = None
    request_id: UUID = field(default_factory=new_id)


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
    """What is given for a ballot once it is committed, and again for the same key."""

    outcome: Outcome
    poll_id: Id
    votes: tuple[CountedVote, ...]
    is_replayed: bool = False


Answer = Receipt | ApiError

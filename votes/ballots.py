"""Ballots, as clients send them, and the receipts for committed ballots."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apikit.errors import ApiError
from apikit.ids import new_id
from apikit.wire import Id, Wire
from polls.kinds.base import Answers, SentAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """The options a voter chooses; without options and answers, the vote is taken back.

    ``answers`` are for kinds whose answers are more than options, and then there are no
    ``option_ids``. ``poll_id`` is None if the option identifies the poll. ``request_id`` is stored
    in the rows that this ballot writes; ``key`` is the client's idempotency key. ``family_id`` is
    the token family of the sign-in, which must not be revoked; None skips that check (demo data,
    moderation).
    """

    voter_id: UUID
    option_ids: tuple[UUID, ...]
    poll_id: UUID | None = None
    key: str | None = None
    family_id: UUID | None = None
    request_id: UUID = field(default_factory=new_id)
    answers: tuple[SentAnswer, ...] = ()

    @property
    def is_retraction(self) -> bool:
        """Whether it takes the vote back."""
        return not self.option_ids and not self.answers


@dataclass(frozen=True, slots=True)
class ImportedBallot:
    """A ballot of an archive. ``voter_id`` is a placeholder, see ``accounts.guests``."""

    voter_id: UUID
    answers: Answers
    cast_at: datetime
    changed_at: datetime


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    CHANGED = "changed"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedVote(Wire):
    """One counted vote: one option chosen by one person, or another answer, without an option."""

    id: Id
    poll_option_id: Id | None
    option_text: str | None
    poll_question: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Wire):
    """Confirms a committed ballot; repeated for the same idempotency key."""

    outcome: Outcome
    poll_id: Id
    votes: tuple[CountedVote, ...]
    is_replayed: bool = False
    # None for choices, which votes describe.
    answers: tuple[SentAnswer, ...] | None = None


BallotResult = Receipt | ApiError

"""Socket commands and periodic tasks of votes."""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from apikit.errors import (
    AuthenticationRequiredError,
    IdempotencyKeyReusedError,
    TokenInvalidError,
    ValidationFailedError,
)
from apikit.idempotency import MAX_KEY_CHARS
from apikit.wire import Id, Wire
from polls.errors import PollNotFoundError
from polls.examples import POLL_ID, TEA_ID
from polls.kind_examples import KIND_EXAMPLES
from polls.kinds.base import SentAnswer
from polls.models import MAX_OPTIONS
from polls.removal import PAUSE_FACTOR, remove_chunk
from realtime import Hub, command, periodic
from realtime.connection import Connection
from realtime.database import in_database
from votes import services, writer
from votes.ballots import CountedVote, Outcome
from votes.errors import CAST_REFUSALS, EITHER
from votes.examples import COUNTED_VOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVoteCommand(Wire):
    """One option, several, or answers; ``key`` is like ``Idempotency-Key`` over REST."""

    poll_id: Id
    poll_option_id: Id | None = None
    poll_option_ids: Annotated[
        tuple[Id, ...] | None, Field(min_length=1, max_length=MAX_OPTIONS)
    ] = None
    answers: Annotated[
        tuple[SentAnswer, ...] | None, Field(min_length=1, max_length=MAX_OPTIONS)
    ] = None
    key: Annotated[str | None, Field(min_length=1, max_length=MAX_KEY_CHARS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVoteReply(Wire):
    """The vote is committed. ``vote`` is the first of ``votes``.

    ``answers`` are those that were counted; null for choices.
    """

    message: str
    outcome: Outcome
    vote: CountedVote
    votes: tuple[CountedVote, ...]
    answers: tuple[SentAnswer, ...] | None
    replayed: bool


@command(
    "cast-vote",
    refusals=[
        AuthenticationRequiredError,
        TokenInvalidError,
        IdempotencyKeyReusedError,
        PollNotFoundError,
        *CAST_REFUSALS,
    ],
    example={"pollId": POLL_ID, "pollOptionId": TEA_ID, "key": "b7c1f0aa"},
    further_examples=[
        {"pollId": POLL_ID, "answers": answers, "key": "b7c1f0ab"}
        for _, answers in KIND_EXAMPLES.values()
    ],
    reply_example={
        "message": "Vote submitted successfully",
        "outcome": "accepted",
        "vote": COUNTED_VOTE,
        "votes": [COUNTED_VOTE],
        "answers": None,
        "replayed": False,
    },
)
async def cast_vote(hub: Hub, connection: Connection, body: CastVoteCommand) -> CastVoteReply:
    """Casts or changes your vote, like ``POST /polls/{id}/vote``."""
    receipt = await services.cast_vote_async(
        actor=connection.actor,
        poll_id=body.poll_id,
        option_ids=_chosen(body),
        answers=body.answers or (),
        key=body.key,
    )
    is_change = receipt.outcome == Outcome.CHANGED
    return CastVoteReply(
        message=f"Vote {'updated' if is_change else 'submitted'} successfully",
        outcome=receipt.outcome,
        vote=receipt.votes[0],
        votes=receipt.votes,
        answers=receipt.answers,
        replayed=receipt.is_replayed,
    )


def _chosen(body: CastVoteCommand) -> tuple[UUID, ...]:
    one, several = body.poll_option_id, body.poll_option_ids
    if sum(each is not None for each in (one, several, body.answers)) != 1:
        raise ValidationFailedError.of("pollOptionId", EITHER)
    return (one,) if one is not None else several or ()


@periodic(1)
async def remove_deleted_polls(hub: Hub) -> None:
    """Removes the contents of deleted polls, pausing between chunks; usually a single query."""
    started_s = time.perf_counter()
    while await in_database(remove_chunk):
        await asyncio.sleep(PAUSE_FACTOR * (time.perf_counter() - started_s))
        started_s = time.perf_counter()


@periodic(1)
async def measure_queue(hub: Hub) -> None:
    """Measures the queue every second, so that it is visible even if a transaction hangs."""
    writer.measure_queue()

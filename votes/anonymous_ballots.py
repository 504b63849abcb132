"""Reads the ballots of a poll without their voters, in flat memory."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from apikit.errors import ServerUnavailableError
from polls.kinds.base import Answer, Answers
from polls.models import Poll
from votes.models import Vote

# Votes read with one query.
CHUNK_VOTES = 1000
# Ballots among which each one is shuffled. Votes are read by voter, and the ids of voters tell
# whose account is older.
SHUFFLED_BALLOTS = 2000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class AnonymousBallot:
    """The answers of a person, in their order, and when they first and last voted."""

    answers: Answers
    cast_at: datetime
    changed_at: datetime

    @property
    def option_ids(self) -> tuple[UUID, ...]:
        """The options that the answers name."""
        return tuple(each.option_id for each in self.answers if each.option_id is not None)


def read_anonymous_ballots(poll_id: UUID) -> Iterator[AnonymousBallot]:
    """Yields the ballots of a poll in random order; one query for every ``CHUNK_VOTES`` votes.

    Each ballot is as it was at one moment. While people vote, ballots at the end are newer than
    those at the beginning; each person has at most one.

    :raises ServerUnavailableError: at the end, if the poll was deleted meanwhile and with it some
        of its votes. Begin again, without it.
    """
    yield from _shuffled(_read_by_voter(poll_id))
    if not Poll.objects.filter(id=poll_id).exists():
        raise ServerUnavailableError


def _read_by_voter(poll_id: UUID) -> Iterator[AnonymousBallot]:
    votes = Vote.objects.filter(poll_id=poll_id).order_by("user_id", "rank")
    columns = votes.values_list("user_id", "option_id", "value", "created_at", "updated_at")
    rows = list(columns[:CHUNK_VOTES])
    while rows:
        is_last = len(rows) < CHUNK_VOTES
        last_voter = rows[-1][0]
        ballots = [list(each) for _, each in groupby(rows, key=lambda row: row[0])]
        if not is_last and len(ballots) > 1:
            # The rest of this ballot may be in the next chunk.
            ballots.pop()
            last_voter = ballots[-1][-1][0]
        for ballot in ballots:
            yield AnonymousBallot(
                answers=tuple(Answer(option_id, value) for _, option_id, value, _, _ in ballot),
                cast_at=min(cast_at for *_, cast_at, _ in ballot),
                changed_at=max(changed_at for *_, changed_at in ballot),
            )
        rows = [] if is_last else list(columns.filter(user_id__gt=last_voter)[:CHUNK_VOTES])


def _shuffled(items: Iterable[Item]) -> Iterator[Item]:
    """Shuffles a stream of any length with a buffer of ``SHUFFLED_BALLOTS``."""
    chance = random.SystemRandom()
    buffer: list[Item] = []
    for item in items:
        if len(buffer) < SHUFFLED_BALLOTS:
            buffer.append(item)
            continue
        place = chance.randrange(SHUFFLED_BALLOTS)
        yield buffer[place]
        buffer[place] = item
    chance.shuffle(buffer)
    yield from buffer

"""Where a poll is in its life, as pages tell it: finer than its state, since people wait for it."""

from datetime import datetime
from typing import Literal

from polls.lifecycle import has_opened, state_at
from polls.models import Poll, PollState

Phase = Literal["draft", "waiting", "open", "closed"]
# What a moderator has hidden is closed to a room, whatever it is to its creator.
RoomPhase = Literal["draft", "hidden", "waiting", "open", "closed"]


def phase_of(poll: Poll, now: datetime) -> Phase:
    """Between draft and closed; ``waiting`` is published, and opens later."""
    match state_at(poll, now):
        case PollState.DRAFT:
            return "draft"
        case PollState.CLOSED:
            return "closed"
        case _:
            return "open" if has_opened(poll, now) else "waiting"


def room_phase_of(poll: Poll, now: datetime) -> RoomPhase:
    """The same, as far as it matters to who would vote or watch."""
    return "hidden" if poll.hidden_at is not None else phase_of(poll, now)

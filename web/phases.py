"""The phase of a poll on pages: its state, with ``waiting`` for published but not yet open."""

from datetime import datetime
from typing import Literal

from polls.lifecycle import has_opened, state_at
from polls.models import Poll, PollState

Phase = Literal["draft", "waiting", "open", "closed"]
# A poll that a moderator has hidden can't be presented or voted in, even by its creator.
RoomPhase = Literal["draft", "hidden", "waiting", "open", "closed"]


def phase_of(poll: Poll, now: datetime) -> Phase:
    """Returns the phase; ``waiting`` is published, and opens later."""
    match state_at(poll, now):
        case PollState.DRAFT:
            return "draft"
        case PollState.CLOSED:
            return "closed"
        case _:
            return "open" if has_opened(poll, now) else "waiting"


def room_phase_of(poll: Poll, now: datetime) -> RoomPhase:
    """Returns the phase for voters and the audience, where a hidden poll is ``hidden``."""
    return "hidden" if poll.hidden_at is not None else phase_of(poll, now)

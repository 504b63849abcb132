"""The states of a poll (draft, open, closed) and the transitions between them.

No function here uses the database: services lock a poll, call a transition, and save. Deadlines
take effect the moment they pass, even before a process has recorded it.
"""

from datetime import datetime

from polls.errors import (
    PollClosedError,
    PollHiddenError,
    PollNotOpenError,
    PollNotPublishedError,
)
from polls.models import Poll, PollState


def state_at(poll: Poll, now: datetime) -> PollState:
    """Return the state at ``now``: a poll past its deadline is closed."""
    if poll.state == PollState.OPEN and poll.closes_at is not None and poll.closes_at <= now:
        return PollState.CLOSED
    return PollState(poll.state)


def has_opened(poll: Poll, now: datetime) -> bool:
    """Return whether the opening time of a published poll has passed."""
    return poll.opens_at is None or poll.opens_at <= now


def check_accepts_votes(poll: Poll, now: datetime) -> None:
    """Check that votes can be cast, changed or taken back at ``now``.

    :raises PollClosedError: for a closed poll.
    :raises PollNotOpenError: for a draft, or a poll that opens later.
    :raises PollHiddenError: for a hidden poll.
    """
    if poll.hidden_at is not None:
        raise PollHiddenError
    state = state_at(poll, now)
    if state == PollState.CLOSED:
        raise PollClosedError
    if state == PollState.DRAFT or not has_opened(poll, now):
        raise PollNotOpenError


def publish(poll: Poll, now: datetime) -> bool:
    """Open a draft; return whether anything changed.

    :raises PollClosedError: for a closed poll, or one whose closing time has passed.
    """
    if state_at(poll, now) == PollState.OPEN:
        return False
    if poll.state != PollState.DRAFT:
        raise PollClosedError("This poll is closed. Reopen it instead.")
    if poll.closes_at is not None and poll.closes_at <= now:
        raise PollClosedError("The closing time has passed. Choose a later one first.")
    poll.state = PollState.OPEN
    open_on_time(poll, now)
    return True


def close(poll: Poll, now: datetime) -> bool:
    """Close an open poll; return whether anything changed.

    :raises PollNotPublishedError: for a draft.
    """
    if poll.state == PollState.DRAFT:
        raise PollNotPublishedError
    if poll.state == PollState.CLOSED:
        return False
    poll.state = PollState.CLOSED
    poll.closed_at = now
    return True


def reopen(poll: Poll, now: datetime) -> bool:
    """Reopen a closed poll, and clear a past deadline; return whether anything changed.

    :raises PollNotPublishedError: for a draft.
    """
    state = state_at(poll, now)
    if state == PollState.DRAFT:
        raise PollNotPublishedError
    if state == PollState.OPEN:
        return False
    poll.state = PollState.OPEN
    poll.closed_at = None
    open_on_time(poll, now)
    if poll.closes_at is not None and poll.closes_at <= now:
        poll.closes_at = None
    return True


def open_on_time(poll: Poll, now: datetime) -> bool:
    """Set ``opened_at`` when the opening time has passed; return whether the poll opened."""
    if poll.state != PollState.OPEN:
        return False
    had_opened = poll.opened_at is not None
    if has_opened(poll, now):
        poll.opened_at = poll.opened_at or now
    else:
        poll.opened_at = None
    return poll.opened_at is not None and not had_opened


def close_on_time(poll: Poll, now: datetime) -> bool:
    """Close a poll whose deadline has passed; return whether it was open."""
    if poll.state != PollState.OPEN or state_at(poll, now) != PollState.CLOSED:
        return False
    return close(poll, now)

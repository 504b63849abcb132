"""The life of a poll: draft, open, closed, and every move between them.

Nothing here touches the database: the services lock a poll, ask here, and save. Deadlines count
from the moment they pass, whether or not anybody has got round to announcing them.
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
    """The state at ``now``: a poll whose deadline has passed is closed."""
    if poll.state == PollState.OPEN and poll.closes_at is not None and poll.closes_at <= now:
        return PollState.CLOSED
    return PollState(poll.state)


def has_opened(poll: Poll, now: datetime) -> bool:
    """Whether a published poll's time to open has come."""
    return poll.opens_at is None or poll.opens_at <= now


def check_accepts_votes(poll: Poll, now: datetime) -> None:
    """Whether a vote may be cast, changed or taken back at ``now``.

    :raises PollClosedError: after it closed.
    :raises PollNotOpenError: before it opens, or while it is a draft.
    :raises PollHiddenError: while a moderator hides it.
    """
    if poll.hidden_at is not None:
        raise PollHiddenError
    state = state_at(poll, now)
    if state == PollState.CLOSED:
        raise PollClosedError
    if state == PollState.DRAFT or not has_opened(poll, now):
        raise PollNotOpenError


def publish(poll: Poll, now: datetime) -> bool:
    """From draft to open; whether anything changed.

    :raises PollClosedError: for a poll that is closed, or would be at once.
    """
    if state_at(poll, now) == PollState.OPEN:
        return False
    if poll.state != PollState.DRAFT:
        raise PollClosedError("This poll is closed: reopen it instead.")
    if poll.closes_at is not None and poll.closes_at <= now:
        raise PollClosedError("The time to close has passed: choose a later one first.")
    poll.state = PollState.OPEN
    open_on_time(poll, now)
    return True


def close(poll: Poll, now: datetime) -> bool:
    """From open to closed; whether anything changed.

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
    """From closed to open; whether anything changed. A deadline that has passed is lifted.

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
    """Notes whether the time to open has come; whether it has only now."""
    if poll.state != PollState.OPEN:
        return False
    had_opened = poll.opened_at is not None
    if has_opened(poll, now):
        poll.opened_at = poll.opened_at or now
    else:
        poll.opened_at = None
    return poll.opened_at is not None and not had_opened


def close_on_time(poll: Poll, now: datetime) -> bool:
    """Closes a poll whose deadline has passed; whether it was not closed before."""
    if poll.state != PollState.OPEN or state_at(poll, now) != PollState.CLOSED:
        return False
    return close(poll, now)

"""Moves locked polls from one state to another: saves, publishes and records it."""

from collections.abc import Callable
from datetime import datetime

from apikit.actors import Actor
from polls import lifecycle
from polls.activity import Verb, fields_of, record_changes
from polls.cells import kind_of
from polls.kinds.registry import CHOICES
from polls.models import Poll, PollState
from polls.publishing import publish_new_poll, publish_poll_update, publish_vote_update
from polls.saving import raise_version, save_change

Move = Callable[[Poll, datetime], bool]


def move(poll: Poll, change: Move, now: datetime, verb: Verb, *, actor: Actor | None) -> bool:
    """Apply a transition of ``polls.lifecycle``; return whether anything changed."""
    before = fields_of(poll)
    if not change(poll, now):
        return False
    save_change(poll, now)
    publish_poll_update(poll, "closed" if poll.state == PollState.CLOSED else "opened", now)
    publish_closing_view(poll)
    record_changes(poll, verb, before, actor=actor)
    return True


def publish_closing_view(poll: Poll) -> None:
    """Publish the tally of a locked poll again if it shows more once the poll is closed.

    Such as the rounds of an instant runoff; call it after closing and reopening.
    """
    if poll.kind in CHOICES:
        return
    kind = kind_of(poll, poll.options.order_by("position"))
    if kind is not None and kind.closing_groups():
        raise_version(poll)
        publish_vote_update(poll)


def publish_locked(poll: Poll, now: datetime, *, actor: Actor) -> None:
    """Publish a locked poll."""
    before = fields_of(poll)
    if lifecycle.publish(poll, now):
        save_change(poll, now)
        publish_poll_update(poll, "opened" if poll.opened_at else "edited", now)
        if poll.hidden_at is None:
            publish_new_poll(poll, now)
        record_changes(poll, "poll.published", before, actor=actor)

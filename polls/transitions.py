"""Moves locked polls from one state to another: saves, publishes and records it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction

from apikit.actors import Actor
from polls import lifecycle
from polls.activity import Verb, fields_of, record_changes
from polls.cells import kind_of
from polls.kinds.ranking import Ranking
from polls.kinds.registry import CHOICES
from polls.models import Poll, PollState
from polls.publishing import publish_new_poll, publish_poll_update, publish_vote_update
from polls.rounds import start_counting
from polls.saving import raise_version, save_change

Move = Callable[[Poll, datetime], bool]


def move(poll: Poll, change: Move, now: datetime, verb: Verb, *, actor: Actor | None) -> bool:
    """Apply a transition of ``polls.lifecycle``; return whether anything changed."""
    before = fields_of(poll)
    if not change(poll, now):
        return False
    save_change(poll, now)
    publish_poll_update(poll, "closed" if poll.state == PollState.CLOSED else "opened", now)
    update_rounds(poll)
    record_changes(poll, verb, before, actor=actor)
    return True


def update_rounds(poll: Poll) -> None:
    """Raise the version of a locked instant runoff, which shows rounds while it is closed.

    Call it after closing and reopening. The rounds are counted and published after the commit.
    """
    if poll.kind in CHOICES:
        return
    kind = kind_of(poll, poll.options.order_by("position"))
    if not isinstance(kind, Ranking) or not kind.has_rounds:
        return
    raise_version(poll)
    if poll.state == PollState.CLOSED:
        transaction.on_commit(partial(start_counting, poll.id))
    else:
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

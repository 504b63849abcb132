"""Publishes events about polls after the commit."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from django.db import transaction

from polls.cells import read_tally
from polls.events import (
    Change,
    DecidedSuggestion,
    NewPoll,
    PollUpdate,
    SuggestionsDecided,
    VoteUpdate,
    gone_update,
)
from polls.hooks import (
    poll_access_changed,
    poll_closed,
    poll_opened,
    polls_deleted,
    rounds_counted,
)
from polls.host_models import Suggestion
from polls.models import Poll, ResultsVisibility
from polls.selectors import whole_polls
from polls.tally import version_of
from polls.topics import poll_topic, tally_topic
from polls.wire import head_poll, view_poll
from realtime import SITE_TOPIC, publish
from realtime.events import Event


def publish_poll_update(poll: Poll, change: Change, now: datetime) -> None:
    """Publish the current state of ``poll`` to its watchers, and to apps above."""
    poll = whole_polls().get(id=poll.id)
    if change == "opened":
        poll_opened.run(poll)
    elif change == "closed":
        poll_closed.run(poll)
    head = head_poll(poll, now)
    _publish_on_commit(
        poll_topic(poll.id),
        PollUpdate(poll_id=poll.id, change=change, revision=poll.revision, poll=head),
    )


def publish_vote_update(poll: Poll) -> None:
    """Publish the tally again after its texts have changed."""
    _publish_tally(whole_polls().get(id=poll.id))


@rounds_counted.register
def publish_rounds(poll_id: UUID) -> None:
    """Publish the tally of a closed poll with its rounds."""
    if (poll := whole_polls().filter(id=poll_id).first()) is not None:
        _publish_tally(poll)


def _publish_tally(poll: Poll) -> None:
    tally = read_tally(poll, poll.options.all())
    update = VoteUpdate(version=version_of(poll, tally), poll=tally)
    _publish_on_commit(tally_topic(poll.id), update)


def publish_polls_deleted(polls: Sequence[Poll]) -> None:
    """Publish that polls are deleted, and run the hook; they belong to one project or account."""
    polls_deleted.run(polls)
    poll_access_changed.run([poll.id for poll in polls])
    for poll in polls:
        _publish_on_commit(poll_topic(poll.id), gone_update(poll.id, poll.revision + 1))


def publish_poll_hidden(poll: Poll) -> None:
    """Publish that a poll is hidden, as if it were deleted."""
    poll_access_changed.run([poll.id])
    _publish_on_commit(poll_topic(poll.id), gone_update(poll.id, poll.revision))


def publish_decision(
    poll: Poll, suggestions: Iterable[Suggestion], state: Literal["shown", "refused"]
) -> None:
    """Publish to their authors what a host has decided; imported suggestions have none."""
    decided = tuple(
        DecidedSuggestion(id=each.id, author_id=each.author_id)
        for each in suggestions
        if each.author_id is not None
    )
    if decided:
        event = SuggestionsDecided(poll_id=poll.id, suggestions=decided, state=state)
        _publish_on_commit(poll_topic(poll.id), event)


def publish_new_poll(poll: Poll, now: datetime) -> None:
    """Publish a new public poll to all sockets."""
    poll = whole_polls().get(id=poll.id)
    shows_results = poll.results_visibility == ResultsVisibility.ALWAYS
    view = view_poll(poll, shows_results=shows_results, now=now)
    _publish_on_commit(SITE_TOPIC, NewPoll(poll=view))


def _publish_on_commit(topic: str, event: Event) -> None:
    transaction.on_commit(partial(publish, topic, event))

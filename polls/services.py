"""Writes to polls, except votes and edits."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.hooks import delete_belongings
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from polls import lifecycle
from polls.abuse_reports import resolve_reports_of
from polls.embedding import settle_embed_origins
from polls.errors import PollNotFoundError
from polls.hooks import poll_reopened
from polls.join_codes import free_join_code, is_taken
from polls.locking import Revisions, lock_poll_for_change
from polls.models import Option, Poll, PollKind, PollState, ResultsVisibility
from polls.publishing import (
    publish_new_poll,
    publish_poll_deleted,
    publish_poll_update,
)
from polls.removal import delete_locked_poll
from polls.rules import (
    check_closes_later,
    check_opens_late_enough,
    check_options,
    check_question,
    check_times,
    settle_max_choices,
)

# Saved by the vote writer only.
WRITERS_COLUMNS = {"ballot_count", "version", "tallied_at", "sample_count"}
JOIN_CODE_TRIES = 5
# How many deadlines are applied per call; the next call does the rest.
DUE_AT_ONCE = 100

Move = Callable[[Poll, datetime], bool]


def create_poll(
    *,
    actor: Actor,
    question: str,
    options: Sequence[str],
    kind: PollKind = PollKind.SINGLE,
    max_choices: int | None = None,
    allow_change: bool = False,
    results_visibility: ResultsVisibility = ResultsVisibility.ALWAYS,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    embed_origins: Sequence[str] = (),
    is_published: bool = False,
) -> Poll:
    """Create a poll, as a draft unless ``is_published``.

    :raises GuestRefusedError: for a guest.
    :raises ValidationFailedError: for invalid fields or combinations.
    """
    now = timezone.now()
    check_question(question)
    check_options(options)
    check_opens_late_enough(opens_at)
    check_times(opens_at, closes_at)
    check_closes_later(closes_at, now)
    poll = Poll(
        creator_id=actor.account_id(),
        question=question,
        kind=kind,
        max_choices=settle_max_choices(kind, max_choices, len(options)),
        allow_change=allow_change,
        results_visibility=results_visibility,
        opens_at=opens_at,
        closes_at=closes_at,
        embed_origins=settle_embed_origins(embed_origins),
        created_at=now,
        updated_at=now,
    )
    if is_published:
        lifecycle.publish(poll, now)
    with transaction.atomic():
        _save_with_join_code(poll, partial(poll.save, force_insert=True))
        Option.objects.bulk_create(
            [
                Option(poll=poll, text=text, position=position)
                for position, text in enumerate(options)
            ]
        )
        if poll.is_published:
            publish_new_poll(poll, now)
    return poll


def duplicate_poll(*, actor: Actor, poll_id: UUID) -> Poll:
    """Create a draft with the question, options and settings of a poll, except for past times.

    :raises PollNotFoundError, NotPollOwnerError, PollHiddenError: see ``lock_poll_for_change``.
    """
    now = timezone.now()
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id)
        return create_poll(
            actor=actor,
            question=poll.question,
            options=list(poll.options.order_by("position").values_list("text", flat=True)),
            kind=PollKind(poll.kind),
            max_choices=poll.max_choices,
            allow_change=poll.allow_change,
            results_visibility=ResultsVisibility(poll.results_visibility),
            opens_at=_if_ahead(poll.opens_at, now),
            closes_at=_if_ahead(poll.closes_at, now),
            embed_origins=poll.embed_origins,
        )


def publish_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Publish a draft; repeating it is not an error.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollClosedError: see ``lifecycle.publish``.
    """
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id, expected_revisions)
        publish_locked(poll, timezone.now())
    return poll


def publish_locked(poll: Poll, now: datetime) -> None:
    """Publish a poll that is already locked."""
    if lifecycle.publish(poll, now):
        save_change(poll, now)
        publish_poll_update(poll, "opened" if poll.opened_at else "edited", now)
        if poll.hidden_at is None:
            publish_new_poll(poll, now)


def close_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Close a poll: after this returns, no vote is accepted. Repeating it is not an error.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollNotPublishedError: for a draft.
    """
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id, expected_revisions)
        _move(poll, lifecycle.close, timezone.now())
    return poll


def reopen_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Reopen a poll, with a new join code if another poll has taken the old one.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollNotPublishedError: for a draft.
    """
    with transaction.atomic():
        poll, now = lock_poll_for_change(actor, poll_id, expected_revisions), timezone.now()
        if lifecycle.reopen(poll, now):
            _save_with_join_code(poll, partial(save_change, poll, now))
            publish_poll_update(poll, "opened", now)
            poll_reopened.run(poll.id)
    return poll


def delete_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> None:
    """Delete a poll in constant time; its votes are removed in the background.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    """
    with transaction.atomic():
        _delete_locked(lock_poll_for_change(actor, poll_id, expected_revisions))


@delete_belongings.register
def delete_polls_of(user_id: UUID) -> None:
    """Delete all polls of a user, each in its own transaction."""
    for poll_id in list(Poll.objects.filter(creator_id=user_id).values_list("id", flat=True)):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is not None:
                _delete_locked(poll)


def hide_poll(*, actor: Actor, poll_id: UUID, reason: str, message: str = "") -> Poll:
    """Hide a poll from everyone but its creator and staff.

    Only staff can read ``reason``; ``message`` is for the creator. Resolves open abuse reports of
    the poll.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    with transaction.atomic():
        poll = _lock_poll_for_staff(actor, poll_id)
        poll.hidden_at = poll.hidden_at or timezone.now()
        poll.hidden_reason = reason
        poll.hidden_message = message
        save_change(poll, timezone.now())
        resolve_reports_of(actor=actor, poll_id=poll.id)
        publish_poll_deleted(poll, poll.revision)
    return poll


def restore_poll(*, actor: Actor, poll_id: UUID) -> Poll:
    """Undo :func:`hide_poll`.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    with transaction.atomic():
        poll = _lock_poll_for_staff(actor, poll_id)
        poll.hidden_at = None
        poll.hidden_reason = ""
        poll.hidden_message = ""
        save_change(poll, timezone.now())
        publish_poll_update(poll, "edited", timezone.now())
    return poll


def apply_deadlines() -> None:
    """Opens and closes what is due, and says so; one query while nothing is.

    Voting does not wait for this: the writer looks at the clock itself. Any number of processes
    may call it at once; the lock lets one of them be the first.
    """
    now = timezone.now()
    due = Poll.objects.filter(
        Q(state=PollState.OPEN, opened_at=None, opens_at__lte=now)
        | Q(state=PollState.OPEN, closes_at__lte=now)
    )
    for poll_id in list(due.values_list("id", flat=True)[:DUE_AT_ONCE]):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is not None:
                apply_deadlines_of(poll, now)


def apply_deadlines_of(poll: Poll, now: datetime) -> None:
    """Close or open a locked poll whose deadline has passed, and publish the change."""
    if not _move(poll, lifecycle.close_on_time, now):
        _move(poll, lifecycle.open_on_time, now)


def save_change(poll: Poll, now: datetime) -> None:
    """Save a locked poll after any change except votes."""
    poll.revision += 1
    poll.updated_at = now
    poll.save(
        update_fields=[
            field.name
            for field in Poll._meta.concrete_fields
            if field.name not in {"id", *WRITERS_COLUMNS}
        ]
    )


def _if_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def _move(poll: Poll, move: Move, now: datetime) -> bool:
    has_moved = move(poll, now)
    if has_moved:
        save_change(poll, now)
        publish_poll_update(poll, "closed" if poll.state == PollState.CLOSED else "opened", now)
    return has_moved


def _delete_locked(poll: Poll) -> None:
    publish_poll_deleted(poll, poll.revision + 1)
    delete_locked_poll(poll)


def _lock_poll_for_staff(actor: Actor, poll_id: UUID) -> Poll:
    if not actor.is_staff:
        raise ForbiddenError
    poll = Poll.objects.select_for_update().filter(id=poll_id).first()
    if poll is None:
        raise PollNotFoundError
    return poll


def _save_with_join_code(poll: Poll, save: Callable[[], None]) -> None:
    """Save a poll with its join code, or a free one if it has none or another poll has it.

    Retries with another code if a concurrent transaction takes it.
    """
    for tries_left in reversed(range(JOIN_CODE_TRIES)):
        if not poll.join_code or is_taken(poll.join_code, except_by=poll.id):
            poll.join_code = free_join_code()
        try:
            with transaction.atomic():
                save()
            return
        except IntegrityError:
            if not tries_left:
                raise

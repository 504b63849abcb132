"""Writes to polls, except votes and edits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.revisions import Revisions
from polls import lifecycle
from polls.abuse_reports import resolve_reports_of
from polls.activity import fields_of, record_changes, record_poll
from polls.deleting import delete_locked
from polls.errors import PollNotFoundError
from polls.hooks import poll_reopened
from polls.locking import lock_poll_for_change
from polls.models import Option, ParticipantOptions, Poll, PollKind, ResultsVisibility
from polls.moving import lock_workspace_for_polls
from polls.new_polls import NewOption, NewPoll, build_options, build_poll, check_new_poll
from polls.pictures import lock_pictures
from polls.publishing import publish_new_poll, publish_poll_hidden, publish_poll_update
from polls.saving import save_change, save_with_join_code
from polls.transitions import move, publish_locked, update_rounds
from workspaces.models import Workspace
from workspaces.permissions import Action


def create_poll(
    *,
    actor: Actor,
    question: str,
    options: Sequence[str | NewOption],
    kind: PollKind | None = None,
    max_choices: int | None = None,
    settings: Mapping[str, Any] | None = None,
    participant_options: ParticipantOptions = ParticipantOptions.NONE,
    allow_change: bool | None = None,
    results_visibility: ResultsVisibility | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    embed_origins: Sequence[str] = (),
    picture_id: UUID | None = None,
    picture_alt: str = "",
    is_published: bool = False,
    workspace_id: UUID | None = None,
) -> Poll:
    """Create a poll, as a draft unless ``is_published``.

    ``settings`` are those of the kind, by their names on the wire; ``picture_id`` is the picture of
    a hotspot. An option that is only a text has no limit and no picture. With ``workspace_id``, it
    belongs to the team, and what is None has the default of the workspace.

    :raises GuestRefusedError: for a guest.
    :raises ValidationFailedError: for invalid fields or combinations.
    :raises WorkspaceNotFoundError, ActionNotAllowedError, WorkspaceArchivedError: see
        ``lock_workspace_for_polls``.
    """
    new = NewPoll(
        question=question,
        options=[NewOption(each) if isinstance(each, str) else each for each in options],
        kind=kind,
        max_choices=max_choices,
        settings=settings or {},
        participant_options=participant_options,
        allow_change=allow_change,
        results_visibility=results_visibility,
        opens_at=opens_at,
        closes_at=closes_at,
        embed_origins=embed_origins,
        picture_id=picture_id,
        picture_alt=picture_alt,
        is_published=is_published,
    )
    [poll] = create_polls(actor=actor, new_polls=[new], workspace_id=workspace_id)
    return poll


def create_polls(
    *, actor: Actor, new_polls: Sequence[NewPoll], workspace_id: UUID | None = None
) -> list[Poll]:
    """Create all of the polls, as :func:`create_poll`, or none of them."""
    creator_id, now = actor.account_id(), timezone.now()
    for new in new_polls:
        check_new_poll(new, now)
    with transaction.atomic():
        workspace = _lock_workspace(actor, workspace_id)
        polls = [build_poll(new, creator_id, workspace, now) for new in new_polls]
        lock_pictures(actor, [use for new in new_polls for use in new.picture_uses()])
        for poll, new in zip(polls, new_polls, strict=True):
            _insert(poll, new.options, actor, is_published=new.is_published)
    return polls


def _insert(poll: Poll, options: Sequence[NewOption], actor: Actor, *, is_published: bool) -> None:
    """Insert a poll with its options; publish and record it."""
    now = poll.created_at
    if is_published:
        lifecycle.publish(poll, now)
    save_with_join_code(poll, partial(poll.save, force_insert=True))
    built = build_options(poll, options)
    Option.objects.bulk_create(built)
    if poll.is_published:
        publish_new_poll(poll, now)
    record_poll(poll, "poll.created", actor=actor, after=fields_of(poll, built))


def _lock_workspace(actor: Actor, workspace_id: UUID | None) -> Workspace | None:
    # Before the poll is inserted: deleting the workspace holds this lock while it waits for polls.
    if workspace_id is None:
        return None
    return lock_workspace_for_polls(actor, workspace_id, Action.CREATE_POLLS)


def duplicate_poll(*, actor: Actor, poll_id: UUID) -> Poll:
    """Create a draft with the question, options and settings of a poll, except for past times.

    It is in the same workspace.

    :raises PollNotFoundError, NotPollOwnerError, PollHiddenError: see ``lock_poll_for_change``.
    :raises WorkspaceArchivedError: if the workspace takes no new polls.
    """
    now = timezone.now()
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id)
        return create_poll(
            actor=actor,
            question=poll.question,
            options=[
                NewOption(option.text, option.limit, option.picture_id, option.picture_alt)
                for option in poll.options.order_by("position")
            ],
            kind=PollKind(poll.kind),
            max_choices=poll.max_choices,
            settings=poll.settings,
            participant_options=ParticipantOptions(poll.participant_options),
            allow_change=poll.allow_change,
            results_visibility=ResultsVisibility(poll.results_visibility),
            opens_at=_if_ahead(poll.opens_at, now),
            closes_at=_if_ahead(poll.closes_at, now),
            embed_origins=poll.embed_origins,
            picture_id=poll.picture_id,
            picture_alt=poll.picture_alt,
            workspace_id=poll.workspace_id,
        )


def publish_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Publish a draft; repeating it is not an error.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollClosedError: see ``lifecycle.publish``.
    """
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id, expected_revisions)
        publish_locked(poll, timezone.now(), actor=actor)
    return poll


def close_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Close a poll: after this returns, no vote is accepted. Repeating it is not an error.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollNotPublishedError: for a draft.
    """
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id, expected_revisions)
        move(poll, lifecycle.close, timezone.now(), "poll.closed", actor=actor)
    return poll


def reopen_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> Poll:
    """Reopen a poll, with a new join code if another poll has taken the old one.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises PollNotPublishedError: for a draft.
    """
    with transaction.atomic():
        poll, now = lock_poll_for_change(actor, poll_id, expected_revisions), timezone.now()
        before = fields_of(poll)
        if lifecycle.reopen(poll, now):
            save_with_join_code(poll, partial(save_change, poll, now))
            publish_poll_update(poll, "opened", now)
            update_rounds(poll)
            poll_reopened.run(poll.id)
            record_changes(poll, "poll.reopened", before, actor=actor)
    return poll


def delete_poll(*, actor: Actor, poll_id: UUID, expected_revisions: Revisions = None) -> None:
    """Delete a poll in constant time; its votes are removed in the background.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    """
    with transaction.atomic():
        delete_locked(lock_poll_for_change(actor, poll_id, expected_revisions), actor)


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
        publish_poll_hidden(poll)
        record_poll(poll, "poll.hidden", actor=actor)
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
        record_poll(poll, "poll.restored", actor=actor)
    return poll


def _if_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def _lock_poll_for_staff(actor: Actor, poll_id: UUID) -> Poll:
    if not actor.is_staff:
        raise ForbiddenError
    poll = Poll.objects.select_for_update().filter(id=poll_id).first()
    if poll is None:
        raise PollNotFoundError
    return poll

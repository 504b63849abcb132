"""Editing polls, and the restrictions once somebody has voted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.revisions import Revisions
from apikit.text import comparable
from polls.activity import Verb, fields_of, record_changes
from polls.deadlines import apply_deadlines_of
from polls.embedding import settle_embed_origins
from polls.errors import PollHasVotesError
from polls.hooks import poll_asks_anew
from polls.kind_settings import check_min_choices, check_settings
from polls.kinds.registry import KINDS
from polls.lifecycle import open_on_time
from polls.locking import lock_poll_for_change
from polls.models import Option, ParticipantOptions, Poll, PollKind, Suggestion
from polls.moving import find_target_project, move_poll
from polls.pictures import PictureUse, lock_pictures
from polls.publishing import publish_poll_update, publish_vote_update
from polls.rules import (
    check_closes_later,
    check_limits,
    check_opens_late_enough,
    check_option_count,
    check_options,
    check_participant_options,
    check_poll_picture,
    check_question,
    check_times,
    settle_max_choices,
)
from polls.saving import raise_version, save_change
from polls.transitions import publish_locked
from polls.wording import keep_earlier_question

# Added to positions while options are reordered, because positions are unique.
_TEMPORARY_OFFSET = 1000


# The fields of an option that an edit can leave as they are.
_DETAILS = ("limit", "picture_id", "picture_alt")


class Unchanged(Enum):
    """Stands for a field that an edit leaves as it is; a new option has its default."""

    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class OptionEdit:
    """An option in an edited list; with an ``id`` it is that option, whatever its text."""

    text: str
    id: UUID | None = None
    limit: int | Unchanged | None = Unchanged.UNCHANGED
    picture_id: UUID | Unchanged | None = Unchanged.UNCHANGED
    picture_alt: str | Unchanged = Unchanged.UNCHANGED


def update_poll(
    *,
    actor: Actor,
    poll_id: UUID,
    changes: Mapping[str, Any],
    expected_revisions: Revisions = None,
) -> Poll:
    """Change fields, given by their names in the model; ``options`` is a list of ``OptionEdit``.

    ``workspace_id`` moves the poll there, or out of its project if it is None.

    :raises ApiError: what ``lock_poll_for_change`` and ``move_poll`` raise.
    :raises PollHasVotesError: for a change of what people have already voted on.
    :raises PollEditedTooOftenError: see ``polls.wording.keep_earlier_question``.
    :raises ValidationFailedError: for invalid fields or combinations.
    """
    with transaction.atomic():
        target = find_target_project(changes.get("workspace_id"))
        poll = lock_poll_for_change(actor, poll_id, expected_revisions, target_project_id=target)
        # After locking, because a deadline may have passed while waiting for the lock.
        now = timezone.now()
        # Before the times change: a poll past its deadline stays closed.
        apply_deadlines_of(poll, now)
        changes = dict(changes)
        is_published = changes.pop("is_published", None)
        if is_published is False and poll.is_published:
            raise ValidationFailedError.of(
                "isPublished", "A published poll cannot become a draft again."
            )
        if "workspace_id" in changes:
            move_poll(poll, changes.pop("workspace_id"), actor, now)
        if changes:
            _apply(poll, changes, actor, now)
        if is_published:
            publish_locked(poll, now, actor=actor)
    return poll


def _apply(poll: Poll, changes: dict[str, Any], actor: Actor, now: datetime) -> None:
    options = list(poll.options.order_by("position"))
    edits: Sequence[OptionEdit] | None = changes.pop("options", None)
    _check_has_no_votes(poll, options, edits, changes)
    _check_changed_times(poll, changes, now)
    if "embed_origins" in changes:
        changes["embed_origins"] = settle_embed_origins(changes["embed_origins"])
    before = fields_of(poll, options)
    old_question, old_kind, old_settings = poll.question, poll.kind, poll.settings
    for name, value in changes.items():
        setattr(poll, name, value)
    is_reworded = poll.question != old_question
    if is_reworded:
        check_question(poll.question)
    if is_reworded and poll.has_votes:
        keep_earlier_question(poll, old_question, actor.account_id(), now)
    check_times(poll.opens_at, poll.closes_at)
    count, has_new_kind = len(options if edits is None else edits), poll.kind != old_kind
    _settle_settings(poll, count, changes, has_new_kind=has_new_kind)
    _settle_choices(poll, count, changes, has_new_kind=has_new_kind)
    check_min_choices(poll.settings, poll.max_choices)
    _settle_picture(poll, changes, has_new_kind=has_new_kind)
    _settle_places(poll, options, has_new_kind=has_new_kind)
    lock_pictures(actor, _picture_uses(edits, changes))
    has_opened = open_on_time(poll, now)
    old_content = _content(options)
    wanted = options if edits is None else _edited(poll, options, edits)
    check_limits(PollKind(poll.kind), [option.limit for option in wanted])
    are_options_edited = _content(wanted) != old_content
    if are_options_edited:
        _save_options(poll, options, wanted)
    if are_options_edited or (poll.kind, poll.settings) != (old_kind, old_settings):
        poll_asks_anew.run(poll)
    save_change(poll, now)
    publish_poll_update(poll, "opened" if has_opened else "edited", now)
    if are_options_edited or is_reworded:
        raise_version(poll)
        publish_vote_update(poll)
    verb: Verb = "poll.opened" if has_opened else "poll.edited"
    record_changes(poll, verb, before, actor=actor, options=wanted)


def _check_changed_times(poll: Poll, changes: Mapping[str, Any], now: datetime) -> None:
    if (closes_at := changes.get("closes_at")) != poll.closes_at:
        check_closes_later(closes_at, now)
    if (opens_at := changes.get("opens_at")) != poll.opens_at:
        check_opens_late_enough(opens_at)


def _check_has_no_votes(
    poll: Poll,
    options: Sequence[Option],
    edits: Sequence[OptionEdit] | None,
    changes: Mapping[str, Any],
) -> None:
    """Refuse changes of options, kind and number of choices once somebody has voted.

    Limits and alternative texts can change at any time: they do not change what people voted on.
    """
    if not poll.has_votes:
        return
    if edits is not None:
        same_texts = [edit.text for edit in edits] == [option.text for option in options]
        same_options = all(
            edit.id in {None, option.id}
            and edit.picture_id in {Unchanged.UNCHANGED, option.picture_id}
            for edit, option in zip(edits, options, strict=False)
        )
        if not (same_texts and same_options):
            raise PollHasVotesError
    for name in ("kind", "max_choices", "picture_id"):
        if name in changes and changes[name] != getattr(poll, name):
            raise PollHasVotesError
    if "settings" in changes:
        # With the defaults of what was left out, as they are stored.
        kind, count = PollKind(poll.kind), len(options)
        wanted = check_settings(kind, changes["settings"], count)
        if wanted != check_settings(kind, poll.settings, count):
            raise PollHasVotesError


def _settle_choices(
    poll: Poll, option_count: int, changes: Mapping[str, Any], *, has_new_kind: bool
) -> None:
    requested = changes.get("max_choices")
    if requested is None and not has_new_kind and poll.kind == PollKind.QUESTIONS:
        requested = poll.max_choices
    elif requested is None and not has_new_kind and poll.kind == PollKind.MULTIPLE:
        # If there are now fewer options than choices, all can be chosen.
        is_growing = poll.participant_options != ParticipantOptions.NONE
        requested = poll.max_choices if is_growing else min(poll.max_choices, option_count)
    poll.max_choices = settle_max_choices(
        PollKind(poll.kind),
        requested,
        option_count,
        ParticipantOptions(poll.participant_options),
    )


def _settle_settings(
    poll: Poll, option_count: int, changes: Mapping[str, Any], *, has_new_kind: bool
) -> None:
    """Check options and settings; a new kind has its defaults for what was not sent."""
    kind = PollKind(poll.kind)
    check_option_count(kind, option_count)
    if has_new_kind and "participant_options" not in changes:
        poll.participant_options = ParticipantOptions.NONE
    check_participant_options(kind, ParticipantOptions(poll.participant_options))
    if has_new_kind:
        # They suggested options of another kind.
        Suggestion.objects.filter(poll=poll).delete()
    if has_new_kind and "settings" not in changes:
        poll.settings = {}
    poll.settings = check_settings(kind, poll.settings, option_count)


def _edited(poll: Poll, options: Sequence[Option], edits: Sequence[OptionEdit]) -> list[Option]:
    """Return the options that ``edits`` list, not saved yet; rows of those that stay are kept."""
    check_options([edit.text for edit in edits], PollKind(poll.kind))
    kept = _match(options, edits)
    wanted = [kept.get(position) or Option(poll=poll) for position in range(len(edits))]
    for position, (option, edit) in enumerate(zip(wanted, edits, strict=True)):
        option.position, option.text = position, edit.text
        for name in _DETAILS:
            if (value := getattr(edit, name)) is not Unchanged.UNCHANGED:
                setattr(option, name, value)
    return wanted


def _save_options(poll: Poll, options: Sequence[Option], wanted: Sequence[Option]) -> None:
    """Replace the rows of ``options``, as they were read, with ``wanted``.

    Once somebody has voted, options stand, also those that the host has removed, and positions
    that these leave empty; only details change.
    """
    if poll.has_votes:
        Option.objects.bulk_update(wanted, _DETAILS)
        return
    kept_ids = {option.id for option in options}
    staying = [option for option in wanted if option.id in kept_ids]
    poll.options.exclude(id__in=[option.id for option in staying]).delete()
    # Nobody has voted, so what the host has removed is not needed any more.
    Option.with_removed.filter(poll=poll).exclude(removed_at=None).delete()
    poll.removed_option_count = 0
    # Positions are unique after each statement, so move the options that stay out of the way.
    for option in staying:
        option.position += _TEMPORARY_OFFSET
    Option.objects.bulk_update(staying, ["position"])
    for option in staying:
        option.position -= _TEMPORARY_OFFSET
    Option.objects.bulk_update(staying, ["position", "text", *_DETAILS])
    Option.objects.bulk_create([option for option in wanted if option.id not in kept_ids])


def _content(options: Sequence[Option]) -> list[tuple[Any, ...]]:
    """Return what people see of options, to compare."""
    return [
        (option.id, option.text, *(getattr(option, name) for name in _DETAILS))
        for option in options
    ]


def _settle_places(poll: Poll, options: Sequence[Option], *, has_new_kind: bool) -> None:
    """Remove the limits of options when the kind changes to one without places."""
    if has_new_kind and not KINDS[poll.kind].has_places:
        for option in options:
            option.limit = None
        poll.options.update(limit=None)


def _settle_picture(poll: Poll, changes: Mapping[str, Any], *, has_new_kind: bool) -> None:
    """Remove the picture of the poll when the kind changes, unless another was sent."""
    if has_new_kind and "picture_id" not in changes:
        poll.picture_id, poll.picture_alt = None, ""
    check_poll_picture(PollKind(poll.kind), poll.picture_id)


def _picture_uses(
    edits: Sequence[OptionEdit] | None, changes: Mapping[str, Any]
) -> list[PictureUse]:
    """Return the pictures that an edit names, and the fields that name them."""
    sent = changes.get("picture_id")
    uses = [] if sent is None else [("pictureId", sent)]
    for index, edit in enumerate(edits or ()):
        if isinstance(edit.picture_id, UUID):
            uses.append((f"options.{index}.pictureId", edit.picture_id))
    return uses


def _match(options: Sequence[Option], edits: Sequence[OptionEdit]) -> dict[int, Option]:
    """Map positions of the edited list to existing options, by id or by text.

    :raises ValidationFailedError: for a repeated id, or one of another poll.
    """
    by_id = {option.id: option for option in options}
    kept: dict[int, Option] = {}
    for position, edit in enumerate(edits):
        if edit.id is not None:
            option = by_id.pop(edit.id, None)
            if option is None:
                raise ValidationFailedError.of(
                    f"options.{position}.id", "This is not an option of this poll."
                )
            kept[position] = option
    by_text = {comparable(option.text): option for option in by_id.values()}
    for position, edit in enumerate(edits):
        option = by_text.get(comparable(edit.text))
        if edit.id is None and option is not None:
            kept[position] = option
    return kept

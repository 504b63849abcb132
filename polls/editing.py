"""Editing a poll: what may still change, and what stands once somebody has voted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.text import comparable
from polls.embedding import settle_embed_origins
from polls.errors import PollHasVotesError
from polls.lifecycle import open_on_time
from polls.models import Option, Poll, PollKind
from polls.publishing import publish_poll_update, publish_vote_update
from polls.rules import (
    check_closes_later,
    check_opens_late_enough,
    check_options,
    check_question,
    check_times,
    settle_max_choices,
)
from polls.selectors import Revisions, lock_poll_for_change
from polls.services import note_deadlines, publish_locked, save_move
from polls.wording import keep_earlier_question

# Above every position in use, so that options can change places without meeting.
_ASIDE = 1000


@dataclass(frozen=True, slots=True)
class OptionEdit:
    """One line of an edited list; with an ``id`` it is that option, whatever its text."""

    text: str
    id: UUID | None = None


def update_poll(
    *,
    actor: Actor,
    poll_id: UUID,
    changes: Mapping[str, Any],
    expected_revisions: Revisions = None,
) -> Poll:
    """Changes the fields given, by their names in the model; ``options`` are ``OptionEdit``s.

    :raises ApiError: as ``lock_poll_for_change`` does.
    :raises PollHasVotesError: when people have voted and what they chose from would change.
    :raises PollEditedTooOftenError: see ``polls.wording.keep_earlier_question``.
    :raises ValidationFailedError: when the fields don't fit together.
    """
    with transaction.atomic():
        poll = lock_poll_for_change(actor, poll_id, expected_revisions)
        # Not before the lock is held: waiting for it may have taken us past a deadline.
        now = timezone.now()
        # Before the times change: what has closed stays closed, announced or not.
        note_deadlines(poll, now)
        changes = dict(changes)
        is_published = changes.pop("is_published", None)
        if is_published is False and poll.is_published:
            raise ValidationFailedError.of(
                "isPublished", "A poll that was published can't become a draft again."
            )
        if changes:
            _apply(poll, changes, actor, now)
        if is_published:
            publish_locked(poll, now)
    return poll


def _apply(poll: Poll, changes: dict[str, Any], actor: Actor, now: datetime) -> None:
    options = list(poll.options.order_by("position"))
    edits: Sequence[OptionEdit] | None = changes.pop("options", None)
    _check_ballot_stands(poll, options, edits, changes)
    if (closes_at := changes.get("closes_at")) != poll.closes_at:
        check_closes_later(closes_at, now)
    if (opens_at := changes.get("opens_at")) != poll.opens_at:
        check_opens_late_enough(opens_at)
    if "embed_origins" in changes:
        changes["embed_origins"] = settle_embed_origins(changes["embed_origins"])
    old_question, old_kind = poll.question, poll.kind
    for name, value in changes.items():
        setattr(poll, name, value)
    is_reworded = poll.question != old_question
    if is_reworded:
        check_question(poll.question)
    if is_reworded and poll.has_votes:
        keep_earlier_question(poll, old_question, actor.account_id(), now)
    check_times(poll.opens_at, poll.closes_at)
    option_count = len(options if edits is None else edits)
    _settle_choices(poll, option_count, changes, has_new_kind=poll.kind != old_kind)
    has_opened = open_on_time(poll, now)
    are_options_edited = edits is not None and _replace_options(poll, options, edits)
    save_move(poll, now)
    publish_poll_update(poll, "opened" if has_opened else "edited", now)
    if are_options_edited or is_reworded:
        _raise_version(poll)
        publish_vote_update(poll)


def _check_ballot_stands(
    poll: Poll,
    options: Sequence[Option],
    edits: Sequence[OptionEdit] | None,
    changes: Mapping[str, Any],
) -> None:
    """What people chose from stands once they have; the same again is no change."""
    if not poll.has_votes:
        return
    if edits is not None:
        same_texts = [edit.text for edit in edits] == [option.text for option in options]
        same_ids = all(
            edit.id in {None, option.id} for edit, option in zip(edits, options, strict=False)
        )
        if not (same_texts and same_ids):
            raise PollHasVotesError
    for name in ("kind", "max_choices"):
        if name in changes and changes[name] != getattr(poll, name):
            raise PollHasVotesError


def _settle_choices(
    poll: Poll, option_count: int, changes: Mapping[str, Any], *, has_new_kind: bool
) -> None:
    asked_for = changes.get("max_choices")
    if asked_for is None and not has_new_kind:
        # Fewer options than could be chosen: then all of them can be.
        asked_for = min(poll.max_choices, option_count)
    poll.max_choices = settle_max_choices(PollKind(poll.kind), asked_for, option_count)


def _replace_options(poll: Poll, options: Sequence[Option], edits: Sequence[OptionEdit]) -> bool:
    """Makes the options what ``edits`` says, keeping those that are meant; whether any changed."""
    check_options([edit.text for edit in edits])
    kept = _match(options, edits)
    wanted = [
        kept.get(position) or Option(poll=poll, text=edit.text)
        for position, edit in enumerate(edits)
    ]
    before = [(option.id, option.text) for option in options]
    for position, (option, edit) in enumerate(zip(wanted, edits, strict=True)):
        option.position, option.text = position, edit.text
    if before == [(option.id, option.text) for option in wanted]:
        return False
    # Positions are unique at every moment, so those that stay step aside first.
    poll.options.exclude(id__in=[option.id for option in kept.values()]).delete()
    staying = [option for option in wanted if option in kept.values()]
    for option in staying:
        option.position += _ASIDE
    Option.objects.bulk_update(staying, ["position"])
    for option in staying:
        option.position -= _ASIDE
    Option.objects.bulk_update(staying, ["position", "text"])
    Option.objects.bulk_create([option for option in wanted if option not in staying])
    return True


def _match(options: Sequence[Option], edits: Sequence[OptionEdit]) -> dict[int, Option]:
    """Which option each line of the edited list means: the one it names, or that says the same.

    :raises ValidationFailedError: for an id that is not one of this poll's, or named twice.
    """
    by_id = {option.id: option for option in options}
    kept: dict[int, Option] = {}
    for position, edit in enumerate(edits):
        if edit.id is not None:
            option = by_id.pop(edit.id, None)
            if option is None:
                raise ValidationFailedError.of(
                    f"options.{position}.id", "This is no option of this poll."
                )
            kept[position] = option
    by_text = {comparable(option.text): option for option in by_id.values()}
    for position, edit in enumerate(edits):
        option = by_text.get(comparable(edit.text))
        if edit.id is None and option is not None:
            kept[position] = option
    return kept


def _raise_version(poll: Poll) -> None:
    """The tally says something else now, so it has to look newer; the poll is locked."""
    poll.version += 1
    poll.save(update_fields=["version"])

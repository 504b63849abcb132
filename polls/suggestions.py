"""Options that participants add: at once, or after a host has approved them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.hooks import Pulse, erase_writings, merge_contributions
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import TokenInvalidError, ValidationFailedError
from apikit.text import comparable, normalized
from apikit.throttling import SharedLimit
from polls.errors import (
    OptionExistsError,
    OptionsNotTakenError,
    PollNotFoundError,
    TooManyOptionsError,
    TooManyOwnOptionsError,
)
from polls.host_models import OPTION_MAX_CHARS, Suggestion
from polls.lifecycle import check_accepts_votes
from polls.models import MAX_OPTIONS, Option, ParticipantOptions, Poll, PollKind
from polls.publishing import publish_poll_update, publish_vote_update
from polls.rules import find_problem_of_option
from polls.saving import raise_host_revision, raise_version, save_change
from polls.selectors import get_poll_for
from polls.visibility import is_visible, may
from workspaces.permissions import Action
from workspaces.selectors import read_role

# Of one person in one poll: suggestions that wait, and these together with their options.
MAX_WAITING_PER_PERSON = 5
MAX_PER_PERSON = 20
# Of a poll.
MAX_WAITING = 200
# Of one person, in all polls together.
ADDITIONS_PER_MINUTE = 20
# Bounds the time that normalizing takes.
_MAX_CHARS_IN_ONE = 4


def suggest_option(*, actor: Actor, poll_id: UUID, text: str) -> Option | Suggestion:
    """Add an option to a poll, or suggest it where the host approves options first.

    What people who may edit the poll add is shown at once. Positions of other options stand, so
    that votes can be cast meanwhile.

    :raises AuthenticationRequiredError, TokenInvalidError, AccountSuspendedError: see ``Actor``.
    :raises TooManyRequestsError: for more than ``ADDITIONS_PER_MINUTE``.
    :raises PollNotFoundError: as in ``get_poll_for``.
    :raises PollClosedError, PollNotOpenError, PollHiddenError: if the poll accepts no votes.
    :raises OptionsNotTakenError: if participants cannot add options here.
    :raises ValidationFailedError: for a text that cannot be that of an option.
    :raises OptionExistsError, TooManyOptionsError, TooManyOwnOptionsError: if it cannot be added.
    """
    SharedLimit("options", ADDITIONS_PER_MINUTE, 60).count(str(actor.signed_in_id()))
    text = _check_text(text)
    with transaction.atomic():
        poll = Poll.objects.select_for_update().filter(id=poll_id).first()
        role = None if poll is None else read_role(poll.project_id, actor)
        if poll is None or not is_visible(poll, actor, role):
            raise PollNotFoundError
        author_id = _lock_author(actor)
        now = timezone.now()
        check_accepts_votes(poll, now)
        waits = needs_approval(poll) and not may(poll, actor, role, Action.EDIT_POLLS)
        _check_is_new(poll, text, author_id)
        _check_bounds_of_person(poll, author_id, waits=waits)
        if not waits:
            return add_option(poll, text, author_id, now)
        if poll.suggestions.count() >= MAX_WAITING:
            raise TooManyOptionsError("Too many suggestions wait for approval. Try again later.")
        raise_host_revision(poll)
        return Suggestion.objects.create(poll=poll, author_id=author_id, text=text, created_at=now)


def needs_approval(poll: Poll) -> bool:
    """Return whether options of participants wait for a host.

    :raises OptionsNotTakenError: if participants cannot add options.
    """
    if poll.kind == PollKind.QUESTIONS:
        return bool(poll.settings.get("needsApproval", False))
    is_choice = poll.kind in {PollKind.SINGLE, PollKind.MULTIPLE}
    if not is_choice or poll.participant_options == ParticipantOptions.NONE:
        raise OptionsNotTakenError
    return poll.participant_options == ParticipantOptions.APPROVAL


def list_own_suggestions(actor: Actor, poll_id: UUID) -> Sequence[Suggestion]:
    """Return what the actor has suggested and no host has decided about, oldest first.

    :raises AuthenticationRequiredError: for a visitor.
    :raises PollNotFoundError: as in ``get_poll_for``.
    """
    author_id = actor.signed_in_id()
    poll = get_poll_for(actor, poll_id)
    return list(poll.suggestions.filter(author_id=author_id).order_by("id"))


def add_option(
    poll: Poll, text: str, author_id: UUID | None, now: datetime, *, id_: UUID | None = None
) -> Option:
    """Add the last option of a locked poll, and publish it.

    :raises TooManyOptionsError: if it has ``MAX_OPTIONS`` already.
    """
    if poll.options.count() >= MAX_OPTIONS:
        raise TooManyOptionsError
    last = Option.with_removed.filter(poll=poll).aggregate(last=Max("position"))["last"]
    option = Option(
        poll=poll,
        text=text,
        position=0 if last is None else last + 1,
        added_at=now,
        added_by_id=author_id,
    )
    if id_ is not None:
        option.id = id_
    option.save(force_insert=True)
    publish_options(poll, now)
    return option


def publish_options(poll: Poll, now: datetime) -> None:
    """Save a locked poll whose options have changed, and publish head and tally."""
    save_change(poll, now)
    publish_poll_update(poll, "edited", now)
    raise_version(poll)
    publish_vote_update(poll)


def _check_text(text: str) -> str:
    """Return the text in the form in which options are stored."""
    if len(text) > OPTION_MAX_CHARS * _MAX_CHARS_IN_ONE:
        raise ValidationFailedError.of("text", f"At most {OPTION_MAX_CHARS} characters.")
    text = normalized(text)
    if (problem := find_problem_of_option(text)) is not None:
        raise ValidationFailedError.of("text", problem)
    if len(text) > OPTION_MAX_CHARS:
        raise ValidationFailedError.of("text", f"At most {OPTION_MAX_CHARS} characters.")
    return text


def _lock_author(actor: Actor) -> UUID:
    """Return who the author is: of a guest that was merged, the account."""
    users = User.objects.select_for_update(no_key=True)
    person = users.filter(id=actor.signed_in_id()).first()
    if person is None:
        raise TokenInvalidError
    if not person.is_active:
        raise AccountSuspendedError
    return person.merged_into_id or person.id


def _check_is_new(poll: Poll, text: str, author_id: UUID) -> None:
    """Refuse texts of options and of the author's suggestions.

    Not those of other people's suggestions, because nobody may learn about them.
    """
    options = Option.with_removed.filter(poll=poll).values_list("text", flat=True)
    own = poll.suggestions.filter(author_id=author_id).values_list("text", flat=True)
    wanted = comparable(text)
    if any(comparable(each) == wanted for each in [*options, *own]):
        raise OptionExistsError


def _check_bounds_of_person(poll: Poll, author_id: UUID, *, waits: bool) -> None:
    waiting = poll.suggestions.filter(author_id=author_id).count()
    added = Option.with_removed.filter(poll=poll, added_by_id=author_id).count()
    is_over = waits and waiting >= MAX_WAITING_PER_PERSON
    if is_over or waiting + added >= MAX_PER_PERSON:
        raise TooManyOwnOptionsError


@merge_contributions.register
def merge_suggestions(guest_id: UUID, account_id: UUID) -> None:
    """Make a merged guest's options and suggestions those of its account."""
    Suggestion.objects.filter(author_id=guest_id).update(author_id=account_id)
    Option.with_removed.filter(added_by_id=guest_id).update(added_by_id=account_id)


@erase_writings.register
def erase_suggestions(user_id: UUID, pulse: Pulse) -> None:
    """Erase what a person has suggested or added, except options that have votes.

    Those are part of the result, as votes are; they lose their author.
    """
    remove_suggestions_of(user_id, pulse)


def remove_suggestions_of(user_id: UUID, pulse: Pulse = lambda: None) -> None:
    """Delete a person's suggestions, and their options without votes; a transaction per poll."""
    suggested = Suggestion.objects.filter(author_id=user_id)
    concerned = list(suggested.values_list("poll_id", flat=True).distinct().order_by())
    suggested.delete()
    Poll.objects.filter(id__in=concerned).update(host_revision=F("host_revision") + 1)
    unused = Option.with_removed.filter(added_by_id=user_id, vote_count=0).order_by()
    for poll_id in list(unused.values_list("poll_id", flat=True).distinct()):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is not None:
                _remove_unused(poll, user_id)
        pulse()


def _remove_unused(poll: Poll, user_id: UUID) -> None:
    """Delete a person's options without votes from a locked poll."""
    unused = Option.with_removed.filter(poll=poll, added_by_id=user_id, vote_count=0)
    removed = unused.exclude(removed_at=None).count()
    if unused.delete()[0]:
        poll.removed_option_count -= removed
        publish_options(poll, timezone.now())

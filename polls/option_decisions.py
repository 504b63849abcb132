"""What hosts decide about options of participants: suggestions, questions, and removed options."""

from datetime import datetime
from uuid import UUID

from apikit.text import comparable
from polls.errors import (
    NothingToDecideError,
    OptionExistsError,
    PollOptionNotFoundError,
    SuggestionNotFoundError,
    TooManyDecisionsError,
    TooManyOptionsError,
)
from polls.host_models import Suggestion
from polls.models import MAX_OPTIONS, Option, Poll, PollKind
from polls.publishing import publish_decision, publish_poll_update
from polls.saving import raise_host_revision, save_change
from polls.suggestions import add_option, publish_options

# Of one poll. Removed options keep their votes, so their rows stay.
MAX_REMOVED = 200


def approve_suggestion(poll: Poll, suggestion_id: UUID, now: datetime) -> None:
    """Make a suggestion an option with the same id, and drop others with the same text.

    :raises SuggestionNotFoundError: if there is none.
    :raises OptionExistsError, TooManyOptionsError: if it cannot be an option.
    """
    suggestion = _find_suggestion(poll, suggestion_id)
    wanted = comparable(suggestion.text)
    texts = Option.with_removed.filter(poll=poll).values_list("text", flat=True)
    if any(comparable(each) == wanted for each in texts):
        raise OptionExistsError
    same = [each for each in poll.suggestions.all() if comparable(each.text) == wanted]
    Suggestion.objects.filter(id__in=[each.id for each in same]).delete()
    publish_decision(poll, same, "shown")
    add_option(poll, suggestion.text, suggestion.author_id, now, id_=suggestion.id)


def refuse_suggestion(poll: Poll, suggestion_id: UUID, now: datetime) -> None:
    """Delete a suggestion.

    :raises SuggestionNotFoundError: if there is none.
    """
    suggestion = _find_suggestion(poll, suggestion_id)
    publish_decision(poll, [suggestion], "refused")
    suggestion.delete()
    raise_host_revision(poll)


def pin_question(poll: Poll, option_id: UUID, now: datetime, *, is_pinned: bool) -> bool:
    """Pin a question, or stop that; return whether anything changed. Several can be pinned.

    :raises NothingToDecideError, PollOptionNotFoundError: if there is no such question.
    """
    question = _find_question(poll, option_id)
    if question.is_pinned == is_pinned:
        return False
    question.is_pinned = is_pinned
    question.save(update_fields=["is_pinned"])
    _publish_head(poll, now)
    return True


def answer_question(poll: Poll, option_id: UUID, now: datetime, *, is_answered: bool) -> bool:
    """Mark a question as answered, or as open again; return whether anything changed.

    :raises NothingToDecideError, PollOptionNotFoundError: if there is no such question.
    """
    question = _find_question(poll, option_id)
    if (question.answered_at is not None) == is_answered:
        return False
    question.answered_at = now if is_answered else None
    question.save(update_fields=["answered_at"])
    _publish_head(poll, now)
    return True


def remove_option(poll: Poll, option_id: UUID, now: datetime) -> bool:
    """Remove a question, or an option that a participant added; return whether anything changed.

    Its votes stay in the ballots and are not counted in totals and shares of votes. The people who
    cast them stay voters.

    :raises NothingToDecideError: for an option of the host.
    :raises PollOptionNotFoundError: if there is none.
    :raises TooManyDecisionsError: for more than ``MAX_REMOVED``.
    """
    option = _find_option(poll, option_id)
    if poll.kind != PollKind.QUESTIONS and option.added_at is None:
        raise NothingToDecideError("Only options that participants have added can be removed.")
    if option.removed_at is not None:
        return False
    if poll.removed_option_count >= MAX_REMOVED:
        raise TooManyDecisionsError
    option.removed_at = now
    option.save(update_fields=["removed_at"])
    poll.removed_option_count += 1
    publish_options(poll, now)
    return True


def restore_option(poll: Poll, option_id: UUID, now: datetime) -> bool:
    """Undo :func:`remove_option`, with all votes; return whether anything changed.

    :raises PollOptionNotFoundError: if there is none.
    :raises TooManyOptionsError: if the poll has ``MAX_OPTIONS`` others.
    """
    option = _find_option(poll, option_id)
    if option.removed_at is None:
        return False
    if poll.options.count() >= MAX_OPTIONS:
        raise TooManyOptionsError
    option.removed_at = None
    option.save(update_fields=["removed_at"])
    poll.removed_option_count -= 1
    publish_options(poll, now)
    return True


def _find_suggestion(poll: Poll, suggestion_id: UUID) -> Suggestion:
    suggestion = poll.suggestions.filter(id=suggestion_id).first()
    if suggestion is None:
        raise SuggestionNotFoundError
    return suggestion


def _find_option(poll: Poll, option_id: UUID) -> Option:
    option = Option.with_removed.filter(poll=poll, id=option_id).first()
    if option is None:
        raise PollOptionNotFoundError
    return option


def _find_question(poll: Poll, option_id: UUID) -> Option:
    if poll.kind != PollKind.QUESTIONS:
        raise NothingToDecideError
    return _find_option(poll, option_id)


def _publish_head(poll: Poll, now: datetime) -> None:
    """Save a locked poll and publish it; its tally is the same."""
    save_change(poll, now)
    publish_poll_update(poll, "edited", now)

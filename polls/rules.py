"""Validation rules for polls."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from apikit.errors import FieldError, ValidationFailedError
from apikit.text import comparable, has_control_characters, is_invisible
from polls.kinds.registry import KINDS
from polls.models import MAX_OPTIONS, OPTION_MAX_LIMIT, ParticipantOptions, PollKind

# The earliest opening time.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
CONTROL_CHARACTERS = "Control characters are not allowed."


def check_question(text: str) -> None:
    """Validate a question.

    :raises ValidationFailedError: for control characters other than line feeds.
    """
    if has_control_characters(text, allowed="\n"):
        raise ValidationFailedError.of("question", CONTROL_CHARACTERS)


def check_options(texts: Sequence[str], kind: PollKind = PollKind.SINGLE) -> None:
    """Validate the texts of the options of a poll of this kind.

    :raises ValidationFailedError: for too few or too many options, options that look alike, and
        invisible or invalid texts.
    """
    check_option_count(kind, len(texts))
    seen: set[str] = set()
    errors = []
    for index, text in enumerate(texts):
        if (problem := find_problem_of_option(text)) is not None:
            errors.append(FieldError(f"options.{index}", problem))
        elif comparable(text) in seen:
            errors.append(FieldError(f"options.{index}", "This option is a duplicate."))
        seen.add(comparable(text))
    if errors:
        raise ValidationFailedError(errors=errors)


def find_problem_of_option(text: str) -> str | None:
    """Return what is wrong with the text of an option, as a sentence, or None."""
    if is_invisible(text):
        return "This field may not be blank."
    return CONTROL_CHARACTERS if has_control_characters(text) else None


def check_option_count(kind: PollKind, count: int) -> None:
    """Check how many options a poll has.

    :raises ValidationFailedError: for too few or too many options for the kind.
    """
    least, most = KINDS[kind].min_options, KINDS[kind].max_options
    if not least <= count <= most:
        message = f"A poll must have {least} to {most} options."
        if most == 0:
            message = "A poll of this kind has no options."
        elif kind not in {PollKind.SINGLE, PollKind.MULTIPLE}:
            message = f"A poll of this kind must have {least} to {most} options."
        raise ValidationFailedError.of("options", message)


def check_limits(kind: PollKind, limits: Sequence[int | None]) -> None:
    """Check the limits of the options of a poll of this kind.

    :raises ValidationFailedError: for a kind without places, and a limit that is out of bounds.
    """
    errors = []
    for index, limit in enumerate(limits):
        if limit is None:
            continue
        if not KINDS[kind].has_places:
            message = "Only options of single and multiple choice and of dates have a limit."
            errors.append(FieldError(f"options.{index}.limit", message))
        elif not 1 <= limit <= OPTION_MAX_LIMIT:
            message = f"Must be from 1 to {OPTION_MAX_LIMIT}, or null."
            errors.append(FieldError(f"options.{index}.limit", message))
    if errors:
        raise ValidationFailedError(errors=errors)


def check_poll_picture(kind: PollKind, picture_id: UUID | None) -> None:
    """Refuse a picture of the poll itself unless people mark places on it.

    :raises ValidationFailedError: for other kinds.
    """
    if picture_id is not None and not KINDS[kind].has_picture:
        raise ValidationFailedError.of(
            "pictureId", "Only hotspots have a picture; others have pictures of their options."
        )


def settle_max_choices(
    kind: PollKind,
    max_choices: int | None,
    option_count: int,
    participant_options: ParticipantOptions = ParticipantOptions.NONE,
) -> int:
    """Return how many options a person can choose; by default all of them.

    :raises ValidationFailedError: for a number that does not fit the kind or the options.
    """
    if kind == PollKind.SINGLE:
        if max_choices not in {None, 1}:
            raise ValidationFailedError.of(
                "maxChoices", "Must be 1 for a poll with a single choice."
            )
        return 1
    is_growing = kind == PollKind.MULTIPLE and participant_options != ParticipantOptions.NONE
    if kind == PollKind.QUESTIONS or is_growing:
        # Participants add options.
        return max_choices or MAX_OPTIONS
    if kind != PollKind.MULTIPLE:
        if max_choices not in {None, 1}:
            raise ValidationFailedError.of("maxChoices", "Only for several choices.")
        return 1
    if max_choices is None:
        return option_count
    if max_choices > option_count:
        raise ValidationFailedError.of("maxChoices", f"There are only {option_count} options.")
    return max_choices


def check_participant_options(kind: PollKind, participant_options: ParticipantOptions) -> None:
    """Check whether participants can add options.

    :raises ValidationFailedError: if the kind does not allow it, or settles it by itself.
    """
    allows = kind in {PollKind.SINGLE, PollKind.MULTIPLE}
    if not allows and participant_options != ParticipantOptions.NONE:
        message = "Only for single and multiple choice."
        if kind == PollKind.QUESTIONS:
            message = "Participants ask the questions; see settings.needsApproval."
        raise ValidationFailedError.of("participantOptions", message)


def check_opens_late_enough(opens_at: datetime | None) -> None:
    """Refuse times like year 1, which mean "unset" in some languages and which exports lack.

    :raises ValidationFailedError: for a time before 1970.
    """
    if opens_at is not None and opens_at < EARLIEST:
        raise ValidationFailedError.of("opensAt", "Must be 1970 or later, or null.")


def check_times(opens_at: datetime | None, closes_at: datetime | None) -> None:
    """Check the order of the times.

    :raises ValidationFailedError: for a poll that would close before it opens.
    """
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        raise ValidationFailedError.of("closesAt", "A poll must open before it closes.")


def check_closes_later(closes_at: datetime | None, now: datetime) -> None:
    """Check that a closing time is in the future.

    :raises ValidationFailedError: for a time that has passed.
    """
    if closes_at is not None and closes_at <= now:
        raise ValidationFailedError.of("closesAt", "Must be in the future.")

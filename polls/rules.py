"""What a poll may look like: the rules between its fields."""

from collections.abc import Sequence
from datetime import UTC, datetime

from apikit.errors import FieldError, ValidationFailedError
from apikit.text import comparable, has_control_characters, is_invisible
from polls.models import MAX_OPTIONS, MIN_OPTIONS, PollKind

# The earliest time to open.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
CONTROL_CHARACTERS = "Control characters are not allowed."


def check_question(text: str) -> None:
    """:raises ValidationFailedError: for control characters other than the ends of lines."""
    if has_control_characters(text, allowed="\n"):
        raise ValidationFailedError.of("question", CONTROL_CHARACTERS)


def check_options(texts: Sequence[str]) -> None:
    """:raises ValidationFailedError: for too few, too many, two that look alike, or what can't be
    shown.
    """
    if not MIN_OPTIONS <= len(texts) <= MAX_OPTIONS:
        raise ValidationFailedError.of(
            "options", f"A poll has {MIN_OPTIONS} to {MAX_OPTIONS} options."
        )
    seen: set[str] = set()
    errors = []
    for index, text in enumerate(texts):
        if is_invisible(text):
            errors.append(FieldError(f"options.{index}", "This field may not be blank."))
        elif has_control_characters(text):
            errors.append(FieldError(f"options.{index}", CONTROL_CHARACTERS))
        elif comparable(text) in seen:
            errors.append(FieldError(f"options.{index}", "This option is there already."))
        seen.add(comparable(text))
    if errors:
        raise ValidationFailedError(errors=errors)


def settle_max_choices(kind: PollKind, max_choices: int | None, option_count: int) -> int:
    """How many options one person may choose; as many as there are, unless told.

    :raises ValidationFailedError: for a number that doesn't fit the kind or the options.
    """
    if kind == PollKind.SINGLE:
        if max_choices not in {None, 1}:
            raise ValidationFailedError.of("maxChoices", "A single choice is one choice.")
        return 1
    if max_choices is None:
        return option_count
    if max_choices > option_count:
        raise ValidationFailedError.of(
            "maxChoices", f"There are only {option_count} options to choose from."
        )
    return max_choices


def check_opens_late_enough(opens_at: datetime | None) -> None:
    """Refuses times that mean "unset" in some language, as year 1 does, and exports cannot carry.

    :raises ValidationFailedError: for a time before 1970.
    """
    if opens_at is not None and opens_at < EARLIEST:
        raise ValidationFailedError.of("opensAt", "Choose a time from 1970 on, or null.")


def check_times(opens_at: datetime | None, closes_at: datetime | None) -> None:
    """:raises ValidationFailedError: for a poll that would close before it opens."""
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        raise ValidationFailedError.of("closesAt", "A poll has to open before it closes.")


def check_closes_later(closes_at: datetime | None, now: datetime) -> None:
    """:raises ValidationFailedError: for a time that has passed."""
    if closes_at is not None and closes_at <= now:
        raise ValidationFailedError.of("closesAt", "This time has passed already.")

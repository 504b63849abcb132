"""The settings of a poll, as its kind checks and stores them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from apikit.errors import FieldError, ValidationFailedError
from apikit.wire import adapter_of, encode, to_wire
from polls.kinds.registry import CHOICES, KINDS
from polls.models import PollKind
from realtime.field_errors import explain

# Fifty slots take five thousand bytes. Of larger settings, which files can have, each wrong value
# would take memory.
SETTINGS_MAX_BYTES = 16 * 1024


def check_settings(kind: PollKind, value: Mapping[str, Any], option_count: int) -> dict[str, Any]:
    """Return settings that were sent as JSON in the form in which they are stored.

    With defaults for what they leave out, so that a later default does not change old polls.

    :raises ValidationFailedError: naming the fields below ``settings``.
    """
    kind_class = KINDS[kind]
    try:
        # As JSON, where strict validation still takes lists, ids and times.
        settings = adapter_of(kind_class.settings_class).validate_json(_encoded(value), strict=True)
    except ValidationError as error:
        raise ValidationFailedError(
            errors=[
                FieldError(f"settings.{each.field}", each.message) for each in explain(error, value)
            ]
        ) from error
    kind_class.check_settings(settings, option_count)
    if kind in CHOICES and settings == kind_class.settings_class():
        # Nothing to look at for each vote, as in polls from before there were settings.
        return {}
    return to_wire(settings)


def _encoded(value: Mapping[str, Any]) -> str:
    """Return settings as JSON.

    :raises ValidationFailedError: if they are too large, or nested too deeply.
    """
    try:
        text = encode(dict(value))
    except ValueError as error:
        raise ValidationFailedError.of("settings", "Is nested too deeply.") from error
    if len(text.encode()) > SETTINGS_MAX_BYTES:
        message = f"At most {SETTINGS_MAX_BYTES:,} bytes of JSON are allowed."
        raise ValidationFailedError.of("settings", message)
    return text


def complete_settings(kind: PollKind, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of a kind by their names on the wire; what is missing has its default."""
    return to_wire(adapter_of(KINDS[kind].settings_class).validate_python(dict(stored)))


def check_min_choices(settings: Mapping[str, Any], max_choices: int) -> None:
    """Check that the minimum of choices in stored ``settings`` is not above the maximum.

    :raises ValidationFailedError: naming ``settings.minChoices``, as nobody could vote.
    """
    if settings.get("minChoices", 1) > max_choices:
        raise ValidationFailedError.of(
            "settings.minChoices", f"Must be at most maxChoices, which is {max_choices}."
        )

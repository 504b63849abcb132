"""The settings of a workspace: a small JSON object with a fixed schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from django.db import models
from pydantic import AfterValidator, Field, StrictBool, ValidationError

from apikit.errors import FieldError, ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized
from apikit.wire import Wire, adapter_of, to_wire
from realtime.field_errors import explain

DESCRIPTION_MAX_CHARS = 500


class LabelColor(models.TextChoices):
    """The color of a workspace's label; pages choose shades with enough contrast."""

    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"


class DefaultKind(models.TextChoices):
    """The kinds of polls; polls are above this app, and a test compares the words."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    RATING = "rating"
    RANKING = "ranking"
    POINTS = "points"
    NUMERIC = "numeric"
    WORD_CLOUD = "word_cloud"
    OPEN_TEXT = "open_text"
    HOTSPOT = "hotspot"
    DATES = "dates"
    QUESTIONS = "questions"


class DefaultVisibility(models.TextChoices):
    """When others see the results of a poll; a test compares the words with those of polls."""

    ALWAYS = "always"
    AFTER_VOTE = "after_vote"
    AFTER_CLOSE = "after_close"
    OWNER = "owner"


def _check_description(text: str) -> str:
    text = normalized(text.replace("\r\n", "\n"))
    if has_control_characters(text, allowed="\n"):
        raise ValueError("without control characters")
    return "" if is_invisible(text) else text


Description = Annotated[
    str, Field(max_length=DESCRIPTION_MAX_CHARS), AfterValidator(_check_description)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDefaults(Wire):
    """What new polls of the workspace have, unless the request says otherwise; null: no default.

    A poll whose options do not fit the default ``kind`` is a single choice.
    """

    kind: DefaultKind | None = None
    allow_change: StrictBool | None = None
    results_visibility: DefaultVisibility | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings(Wire):
    """The settings of a workspace.

    ``description`` is plain text, ``color`` that of its label. ``poll_defaults`` are for polls that
    are created later.
    """

    description: Description = ""
    color: LabelColor | None = None
    poll_defaults: PollDefaults = field(default_factory=PollDefaults)


def check_settings(value: Any) -> WorkspaceSettings:
    """Return settings that were sent as JSON, with defaults for what they leave out.

    :raises ValidationFailedError: naming the fields below ``settings``.
    """
    if not isinstance(value, Mapping):
        raise ValidationFailedError.of("settings", "Must be an object.")
    try:
        settings: WorkspaceSettings = adapter_of(WorkspaceSettings).validate_python(dict(value))
    except ValidationError as error:
        raise ValidationFailedError(
            errors=[
                FieldError(f"settings.{each.field}", each.message) for each in explain(error, value)
            ]
        ) from error
    return settings


def read_settings(stored: Mapping[str, Any]) -> WorkspaceSettings:
    """Return stored settings; older ones may lack fields, which then have their defaults."""
    settings: WorkspaceSettings = adapter_of(WorkspaceSettings).validate_python(dict(stored))
    return settings


def store_settings(settings: WorkspaceSettings) -> dict[str, Any]:
    """Return settings as they are stored, with their names on the wire."""
    return to_wire(settings)

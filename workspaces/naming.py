"""Rules for the names and descriptions of projects and workspaces."""

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized
from workspaces.models import DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS

# Far beyond what can be stored, and short enough to normalize quickly.
_INPUT_MAX_CHARS = 2_000


def check_name(text: str) -> str:
    """Return a normalized name of a project or workspace.

    :raises ValidationFailedError: for a name that is too long, invisible, or has control
        characters.
    """
    name = _check(text, "name", NAME_MAX_CHARS)
    if is_invisible(name):
        raise ValidationFailedError.of("name", "This field may not be blank.")
    return name


def check_description(text: str) -> str:
    """Return a normalized description, which can have line breaks; empty if nothing is visible.

    :raises ValidationFailedError: for a text that is too long or has control characters.
    """
    text = text[:_INPUT_MAX_CHARS].replace("\r\n", "\n")
    description = _check(text, "description", DESCRIPTION_MAX_CHARS, allowed="\n")
    return "" if is_invisible(description) else description


def _check(text: str, field: str, max_chars: int, *, allowed: str = "") -> str:
    text = normalized(text[:_INPUT_MAX_CHARS])
    if len(text) > max_chars:
        message = f"Ensure this field has no more than {max_chars} characters."
        raise ValidationFailedError.of(field, message)
    if has_control_characters(text, allowed=allowed):
        raise ValidationFailedError.of(field, "Control characters are not allowed.")
    return text
